import {
  add,
  constant,
  div,
  type Expression,
  type InputExpression,
  inOrder,
  min,
  mul,
  node,
  reshape,
  simplify,
  sqrt,
  toOnnx,
  vjp,
} from "../graph/index.ts";
import type { Optimizer } from "../optim/index.ts";
import { like, square, sumAll } from "./algebra.ts";
import { type FeedSpec, openFeeds } from "./feeds.ts";
import { FINDERS, type FinderName } from "./finders.ts";
import type { Place } from "./layout.ts";
import { buildLosses, inputOf, type Looked, type Losses, type LossSpec, numberFeed } from "./losses.ts";

/** What a step is made of. */
export interface StepSpec extends LossSpec {
  /** Null: the step gives gradients, and changes nothing. */
  readonly optimizer: Optimizer | null;
  /** Penalties whose weights are balanced. */
  readonly shares?: Readonly<Record<string, number>>;
  /** The largest norm of the gradient of all parameters; longer ones are shortened. Null: any. */
  readonly clip: number | null;
}

/** A graph as the engine takes it, and what it has to be given. */
export interface Compiled {
  readonly model: Uint8Array;
  readonly inputs: readonly string[];
}

/** A step of training as one graph. Plain data: a worker runs it. */
export interface StepPlan {
  readonly step: Compiled;
  readonly batch: number;
  readonly feeds: readonly FeedSpec[];
  /** Names of the numbers that a step tells: the loss, its parts, penalties without their weights, what is shown, the norm of the gradient. */
  readonly terms: readonly string[];
  /** What is looked at before the step: finders make feeds of it. Null: nothing is. */
  readonly look: LookPlan | null;
  /** Norms of the gradients of single terms: what weights are balanced by. Null: none are. */
  readonly balance: { readonly graph: Compiled; readonly terms: readonly string[] } | null;
}

/** A look at a batch: values for finders. */
export interface LookPlan {
  readonly graph: Compiled;
  readonly values: readonly {
    readonly name: string;
    readonly finder: FinderName;
    readonly key: string;
    readonly shape: readonly number[];
  }[];
}

/** Builds the graph of a step: losses and penalties, their gradient, and the optimiser's update of every tensor. */
export function planStep(spec: StepSpec): StepPlan {
  const { layout, optimizer, clip, batch } = spec;
  const feeds = openFeeds();
  const losses = buildLosses(spec, feeds);
  const { loss, terms, parameters, updates } = losses;
  const gradients = gradientOf(loss, parameters);
  const norm = clip === null ? null : lengthOf(gradients);
  const factor = norm && clip !== null && min(div(like(loss, clip), norm), like(loss, 1));
  const told = { loss, ...terms, ...(norm && { gradient: norm }) };
  const outputs: Record<string, Expression> = { told: row(Object.values(told)) };
  parameters.forEach((p, k) => {
    if (!optimizer) {
      outputs[gradientName(layout.parameters[k]!)] = gradients[k]!;
      return;
    }
    const slots = layout.slots.map((places) => inputOf(places[k]!));
    const gradient = factor ? mul(gradients[k]!, factor) : gradients[k]!;
    const updated = optimizer.update(p, gradient, slots, (name) => numberFeed(feeds, name));
    outputs[nextName(layout.parameters[k]!)] = updated.next;
    updated.slots.forEach((next, s) => {
      outputs[nextName(layout.slots[s]![k]!)] = next;
    });
  });
  for (const place of optimizer ? layout.running : [])
    outputs[nextName(place)] = updates.get(place.name) ?? inputOf(place);
  return {
    step: compiled(outputs),
    batch,
    feeds: feeds.specs,
    terms: Object.keys(told),
    look: planLook(losses.looked),
    balance: spec.shares ? planBalance(losses) : null,
  };
}

/** The name under which a step without an optimiser gives the gradient of a parameter. */
export const gradientName = ({ name }: Place): string => `gradient:${name}`;

/** The name under which a step gives the next value of a tensor. */
export const nextName = ({ name }: Place): string => `next:${name}`;

function compiled(outputs: Readonly<Record<string, Expression>>): Compiled {
  const graph = simplify({ outputs });
  const inputs = inOrder(graph).flatMap((e) => (e.kind === "input" ? [e.name] : []));
  return { model: toOnnx(graph), inputs };
}

/** Numbers of shape [] as one tensor. */
function row(numbers: readonly Expression[]): Expression {
  return node(
    "Concat",
    numbers.map((e) => reshape(e, [1])),
    { axis: { int: 0 } },
  );
}

function lengthOf(gradients: readonly Expression[]): Expression {
  return sqrt(gradients.map((g) => sumAll(square(g))).reduce((a, b) => add(a, b)));
}

function gradientOf(given: Expression, parameters: readonly InputExpression[]): readonly Expression[] {
  const one = constant(Float32Array.of(1), []);
  // What is computed twice would be differentiated twice.
  const { outputs } = simplify({
    outputs: { loss: given, ...Object.fromEntries(parameters.map((p) => [p.name, p])) },
  });
  const own = parameters.map(({ name }) => outputs[name] as InputExpression);
  return vjp({ outputs: { loss: outputs.loss! } }, own, { loss: one }).map(
    (g, k) => g ?? mul(parameters[k]!, like(parameters[k]!, 0)),
  );
}

function planLook(looked: readonly Looked[]): LookPlan | null {
  const first = new Map(looked.toReversed().map((each) => [each.finder, each]));
  const all = [...first].flatMap(([finder, { site, numbers }]) =>
    Object.entries(FINDERS[finder].look(site as never, numbers)).map(([key, e]) => ({
      finder,
      key,
      e,
      name: `${finder}:${key}`,
    })),
  );
  if (all.length === 0) return null;
  return {
    graph: compiled(Object.fromEntries(all.map(({ name, e }) => [name, e]))),
    values: all.map(({ name, finder, key, e }) => ({ name, finder, key, shape: e.shape as number[] })),
  };
}

function planBalance({ terms, balanced, parameters }: Losses): StepPlan["balance"] {
  const norms = balanced.map((name) => lengthOf(gradientOf(terms[name]!, parameters)));
  return { graph: compiled({ norms: row(norms) }), terms: balanced };
}
