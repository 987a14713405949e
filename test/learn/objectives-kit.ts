import { readFileSync } from "node:fs";
import { evaluate } from "../../src/engine/index.ts";
import {
  add,
  type ElementType,
  type Expression,
  type Graph,
  type InputExpression,
  input,
  scalar,
  simplify,
  type Tensor,
  vjp,
} from "../../src/graph/index.ts";
import { type Augment, UNCHANGED } from "../../src/learn/augment.ts";
import { openFeeds } from "../../src/learn/feeds.ts";
import type { Model, Objective } from "../../src/learn/model.ts";
import { mlp, stateless } from "../../src/learn/networks/index.ts";
import { type ContrastiveLoss, contrastive } from "../../src/learn/objectives/contrastive.ts";
import { type DistillLoss, distill } from "../../src/learn/objectives/distill.ts";
import { vae } from "../../src/learn/objectives/vae.ts";
import type { Positives } from "../../src/learn/pairing.ts";

type Numbers = Readonly<Record<string, readonly number[]>>;

/** One case of objectives.json: see make-objectives.py. */
export interface Case {
  readonly objective: "vae" | "contrastive" | "distill";
  readonly options: Readonly<Record<string, unknown>>;
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly encoded: number;
  readonly parameters: Numbers;
  readonly given: Readonly<
    Record<string, { readonly dims: readonly number[]; readonly data: readonly number[] }>
  >;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradients: Numbers;
}

export const { cases: CASES } = JSON.parse(
  readFileSync(new URL("../fixtures/objectives.json", import.meta.url), "utf8"),
) as { readonly cases: readonly Case[] };

/** A neighbour of each row, or two changed images: graphs look at the kind alone. */
export const NEIGHBORS: Positives = { kind: "neighbors", ids: new Int32Array(0) };
export const IMAGES = (augment: Augment = UNCHANGED): Positives => ({
  kind: "augmented",
  image: [1, 8, 8],
  augment,
});

/** The objective of a case, and the networks it is about. */
export function objectiveOf({ objective, options, rows, given }: Case): Objective {
  if (objective === "vae") return vae(options);
  if (objective === "distill")
    return distill(options as { teacher: number; losses: Partial<Record<DistillLoss, number>> });
  const views = (given.positives?.dims[0] ?? 0) / rows;
  const positives = [null, NEIGHBORS, IMAGES()][views]!;
  return contrastive({ ...(options as { loss: ContrastiveLoss }), positives });
}

export function modelOf({ objective, inputs, outputs, encoded }: Omit<Case, "terms" | "gradients">): Model {
  return {
    prepare: stateless((x) => x),
    encoder: mlp("encoder", [inputs, 5, encoded], { activation: "tanh" }),
    decoder: objective === "vae" ? mlp("decoder", [outputs, 4, inputs], { activation: "tanh" }) : null,
    inputs,
    outputs,
  };
}

/** Terms of an objective on a batch, their sum, and its gradient by every parameter. */
export function objectiveGraph(objective: Objective, model: Model, rows: number, type: ElementType): Graph {
  const parameters = [...model.encoder.parameters, ...(model.decoder?.parameters ?? [])].map(
    ({ name, shape }): InputExpression => input(name, shape, type),
  );
  const values = new Map(parameters.map((e) => [e.name, e]));
  const scope = { value: (name: string) => values.get(name)!, isTraining: true, update: () => {} };
  const feeds = openFeeds(type);
  const x = feeds.ask("rows", [rows, model.inputs], { kind: "rows" });
  const { codes, losses, shown } = objective({ model, rows: x, scope, feeds });
  const loss = Object.values(losses).reduce((a, b) => add(a, b));
  const gradients = vjp({ outputs: { loss } }, parameters, { loss: scalar(1, type) });
  const moved = parameters.flatMap(({ name }, k): (readonly [string, Expression])[] =>
    gradients[k] ? [[`gradient:${name}`, gradients[k]]] : [],
  );
  return simplify({ outputs: { loss, codes, ...losses, ...shown, ...Object.fromEntries(moved) } });
}

/** What the graph of a case is given. */
export function feedsOf({ parameters, given, ...of }: Case): Record<string, Tensor> {
  const model = modelOf({ parameters, given, ...of });
  const layers = [...model.encoder.parameters, ...(model.decoder?.parameters ?? [])];
  const own = layers.map(({ name, shape }): [string, Tensor] => [
    name,
    { data: Float64Array.from(parameters[name]!), dims: shape },
  ]);
  const rest = Object.entries(given).map(([name, { dims, data }]): [string, Tensor] => [
    name,
    { data: Float64Array.from(data), dims },
  ]);
  return Object.fromEntries([...own, ...rest]);
}

/** Everything that the reference computes of a case in float64, with other numbers here and there. */
export function evaluated(
  of: Case,
  changed: Readonly<Record<string, Tensor>> = {},
): Record<string, Float64Array> {
  const graph = objectiveGraph(objectiveOf(of), modelOf(of), of.rows, "double");
  const found = evaluate(graph, { ...feedsOf(of), ...changed });
  return Object.fromEntries(
    Object.entries(found).map(([name, { data }]) => [name, Float64Array.from(data as Float64Array)]),
  );
}
