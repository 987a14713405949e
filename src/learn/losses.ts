import {
  add,
  type Expression,
  type InputExpression,
  input,
  mul,
  node,
  slice,
  stopGradient,
  sub,
} from "../graph/index.ts";
import { flat, like } from "./algebra.ts";
import type { Feeds } from "./feeds.ts";
import type { FinderName } from "./finders.ts";
import type { Layout, Place } from "./layout.ts";
import type { Model, Objective } from "./model.ts";
import type { Scope } from "./networks/index.ts";
import { PENALTIES, type PenaltyName } from "./penalties/index.ts";
import { pairSite } from "./penalties/pair-site.ts";
import type { MapSite, PairSite, Penalty, PenaltyNumbers, WeightSite } from "./penalties/penalty.ts";

/** A penalty as it is used. */
export interface PenaltyUse {
  readonly name: PenaltyName;
  readonly numbers?: PenaltyNumbers;
  /** Which known distances it keeps, by name; null: those between the rows of the batch. */
  readonly distances: string | null;
}

/** What is minimised over a batch. */
export interface LossSpec {
  readonly model: Model;
  readonly objective: Objective;
  readonly penalties: readonly PenaltyUse[];
  readonly layout: Layout;
  /** B. */
  readonly batch: number;
  /** What distances in the units of the rows are divided by. */
  readonly unit: number;
}

/** A penalty whose feeds are found between a look at the batch and the step. */
export interface Looked {
  readonly finder: FinderName;
  readonly site: PairSite | MapSite | WeightSite;
  readonly numbers: PenaltyNumbers;
}

/** The losses of a batch as expressions. */
export interface Losses {
  /** Their sum, penalties by their weights. */
  readonly loss: Expression;
  /** Losses, penalties without their weights, and what is shown. */
  readonly terms: Readonly<Record<string, Expression>>;
  /** Names of the first loss and of the penalties. */
  readonly balanced: readonly string[];
  readonly parameters: readonly InputExpression[];
  /** Next values of running statistics. */
  readonly updates: ReadonlyMap<string, Expression>;
  readonly looked: readonly Looked[];
}

/** Builds what a step minimises. */
export function buildLosses(spec: LossSpec, feeds: Feeds): Losses {
  const { model, objective, layout, batch } = spec;
  const parameters = layout.parameters.map(inputOf);
  const values = new Map([...parameters, ...layout.running.map(inputOf)].map((e) => [e.name, e]));
  const updates = new Map<string, Expression>();
  const value = (name: string) => values.get(name)!;
  const scope: Scope = { value, isTraining: true, update: (name, next) => void updates.set(name, next) };
  const rows = feeds.ask("rows", [batch, model.inputs], { kind: "rows" });
  const prepared = flat(model.prepare.apply(rows, scope));
  const { codes, losses, shown = {} } = objective({ model, rows: prepared, scope, feeds });
  const still: Scope = { value, isTraining: false, update: () => {} };
  const build = openPenalties(spec, { rows, prepared, codes, scope: still, feeds });
  const built = spec.penalties.map((use) => ({ name: use.name, ...build(use) }));
  const weighted = built.map(({ name, e }) => mul(e, numberFeed(feeds, weightName(name))));
  return {
    loss: [...Object.values(losses), ...weighted].reduce((a, b) => add(a, b)),
    terms: { ...losses, ...Object.fromEntries(built.map(({ name, e }) => [name, e])), ...shown },
    balanced: [Object.keys(losses)[0]!, ...built.map(({ name }) => name)],
    parameters,
    updates,
    looked: built.flatMap(({ looked }) => looked),
  };
}

/** The name of the number that a penalty is multiplied by. */
export const weightName = (penalty: string): string => `weight:${penalty}`;

/** A number that may change from step to step. */
export function numberFeed(feeds: Feeds, name: string): Expression {
  return feeds.ask(name, [], { kind: "number", of: name });
}

export function inputOf({ name, shape }: Place): InputExpression {
  return input(name, shape);
}

interface Batch {
  /** As they are given, and as the encoder takes them. */
  readonly rows: Expression;
  readonly prepared: Expression;
  readonly codes: Expression;
  readonly scope: Scope;
  readonly feeds: Feeds;
}

/** A function that builds a penalty where it is about. */
function openPenalties(spec: LossSpec, batch: Batch) {
  const sites = openSites(spec, batch);
  const { feeds } = batch;
  return ({ name, numbers, distances }: PenaltyUse) => {
    const penalty: Penalty = PENALTIES[name];
    const own = { ...penalty.numbers, ...numbers };
    const known = new Set(feeds.specs.map((feed) => feed.name));
    const { site, e } = builtAt(penalty, sites, distances, own);
    const finders = feeds.specs.flatMap(({ name: feed, from }) =>
      !known.has(feed) && from.kind === "found" ? [from.finder as FinderName] : [],
    );
    const looked = [...new Set(finders)].map((finder): Looked => ({ finder, site, numbers: own }));
    return { e, looked };
  };
}

function builtAt(
  penalty: Penalty,
  sites: ReturnType<typeof openSites>,
  distances: string | null,
  numbers: PenaltyNumbers,
): { readonly site: Looked["site"]; readonly e: Expression } {
  switch (penalty.on) {
    case "pairs": {
      const site = sites.pairs(distances);
      return { site, e: penalty.build(site, numbers) };
    }
    case "weights": {
      const site = sites.weights();
      return { site, e: penalty.build(site, numbers) };
    }
    default: {
      const site = sites[penalty.on]();
      return { site, e: penalty.build(site, numbers) };
    }
  }
}

/** Where penalties look. The same inputs make the same expressions, which are computed once. */
function openSites({ model, batch, unit }: LossSpec, { rows, prepared, codes, scope, feeds }: Batch) {
  const encode = (x: Expression) => slice(flat(model.encoder.apply(x, scope)), 1, 0, model.outputs);
  const decode = (z: Expression) => flat(model.decoder!.apply(z, scope));
  const inverse = { map: encode, at: prepared };
  return {
    pairs(distances: string | null): PairSite {
      const known = distances !== null && {
        dx: feeds.ask(`distances:${distances}`, [batch, batch], { kind: "distances", of: distances }),
      };
      const x = unit === 1 ? rows : mul(rows, like(rows, 1 / unit));
      return pairSite({ x, z: codes, feeds, ...known });
    },
    encoder: (): MapSite => ({
      map: encode,
      inputs: model.inputs,
      outputs: model.outputs,
      at: prepared,
      feeds,
    }),
    decoder: (): MapSite => ({
      map: decode,
      inputs: model.outputs,
      outputs: model.inputs,
      at: mixed(stopGradient(codes), batch, feeds),
      inverse,
      feeds,
    }),
    weights: (): WeightSite => ({
      matrices: [model.encoder, model.decoder]
        .flatMap((layer) => layer?.parameters ?? [])
        .filter(({ isWeight }) => isWeight)
        .map(({ name }) => ({ name, weight: flat(scope.value(name)) })),
      feeds,
    }),
  };
}

/** Mixtures of codes reach this far beyond them (Chen et al. 2020; Lee et al. 2022, section 4). */
const BEYOND = 0.2;

/** Places between codes and somewhat beyond: z' + a (z - z'), a evenly in [-.2, 1.2], z' another row of the batch. */
function mixed(codes: Expression, batch: number, feeds: Feeds): Expression {
  const other = feeds.ask("mixture.other", [batch], { kind: "random", law: "permutation" });
  const share = feeds.ask("mixture.share", [batch, 1], { kind: "random", law: "uniform" });
  const a = sub(mul(share, like(codes, 1 + 2 * BEYOND)), like(codes, BEYOND));
  const others = node("Gather", [codes, other], { axis: { int: 0 } });
  return add(others, mul(a, sub(codes, others)));
}
