import { readFileSync } from "node:fs";
import { type Rng, rng } from "../../src/base/index.ts";
import { evaluate } from "../../src/engine/index.ts";
import {
  constant,
  type ElementType,
  type Expression,
  elu,
  type Graph,
  gemm,
  type InputExpression,
  input,
  simplify,
  type Tensor,
  tanh,
  vjp,
} from "../../src/graph/index.ts";
import type { RowMap } from "../../src/learn/directional.ts";
import { type FeedSpec, openFeeds } from "../../src/learn/feeds.ts";
import { biLipschitzLook } from "../../src/learn/penalties/bi-lipschitz.ts";
import { extremeDirections } from "../../src/learn/penalties/extreme-directions.ts";
import { PENALTIES, type PenaltyName } from "../../src/learn/penalties/index.ts";
import type { MapSite, Penalty, PenaltyNumbers } from "../../src/learn/penalties/penalty.ts";

/** Networks, points and directions, with PyTorch's values and gradients: see test/fixtures/make-penalties-jacobian.py. */
export interface Setting {
  readonly rows: number;
  readonly d: number;
  readonly D: number;
  readonly width: number;
  readonly function: "tanh" | "elu";
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly at: readonly number[];
  readonly x: readonly number[];
  readonly feeds: Readonly<Record<string, readonly number[]>>;
  readonly penalties: Readonly<
    Record<string, { readonly value: number; readonly gradient: readonly number[] }>
  >;
}

interface Fixture {
  readonly numbers: PenaltyNumbers;
  readonly names: readonly string[];
  readonly settings: readonly Setting[];
}

const { numbers, names, settings }: Fixture = JSON.parse(
  readFileSync(new URL("../fixtures/penalties-jacobian.json", import.meta.url), "utf8"),
);
export const SETTINGS = settings;
export const NUMBERS = numbers;

export const ON_MAPS = [
  "relaxedDistortion",
  "isometricDecoder",
  "flatMetric",
  "areaUniform",
  "biLipschitz",
  "orthogonal",
  "contractive",
  "gradientPenalty",
] as const satisfies readonly PenaltyName[];
export const JACOBIAN = [...ON_MAPS, "spectral"] as const satisfies readonly PenaltyName[];
export type JacobianName = (typeof JACOBIAN)[number];

/** A penalty as an expression, what it is given, and what it is differentiated by. */
export interface Built {
  readonly loss: Expression;
  readonly parameters: readonly InputExpression[];
  readonly specs: readonly FeedSpec[];
  /** The metrics that directions have to be found of. */
  readonly look: Expression | null;
}

const shapeOf = ({ d, D, width }: Setting, name: string): readonly number[] => {
  const ends = name.startsWith("decoder") ? [d, D] : [D, d];
  const [from, to] = name.includes(".0.") ? [ends[0]!, width] : [width, ends[1]!];
  return name.endsWith("weight") ? [from, to] : [1, to];
};

const FUNCTIONS = { tanh, elu: (x: Expression) => elu(x) };

/** The networks of a setting, their weights made by `value`. */
export function networks({ function: f }: Setting, value: (name: string) => Expression) {
  const layer = (name: string, x: Expression) =>
    gemm(x, value(`${name}.weight`), { c: value(`${name}.bias`) });
  const network = (name: string) => (x: Expression) =>
    layer(`${name}.1`, FUNCTIONS[f](layer(`${name}.0`, x)));
  return { decoder: network("decoder"), encoder: network("encoder") };
}

/** A penalty on the networks of a setting. */
export function onSetting(
  name: JacobianName,
  setting: Setting,
  type: ElementType = "double",
  more: PenaltyNumbers = {},
): Built {
  const { rows, d, D } = setting;
  const parameters = names.map((each) => input(each, shapeOf(setting, each), type));
  const weights = new Map(parameters.map((e) => [e.name, e]));
  const { decoder, encoder } = networks(setting, (each) => weights.get(each)!);
  const [at, x] = [input("codes", [rows, d], type), input("x", [rows, D], type)];
  const feeds = openFeeds(type);
  const penalty: Penalty = PENALTIES[name];
  const own = { ...penalty.numbers, ...numbers, ...more };
  if (penalty.on === "weights") {
    const matrices = parameters.flatMap((weight) =>
      weight.name.endsWith("weight") ? [{ name: weight.name, weight }] : [],
    );
    return { loss: penalty.build({ matrices, feeds }, own), parameters, specs: feeds.specs, look: null };
  }
  const site: MapSite =
    penalty.on === "encoder"
      ? { map: encoder, inputs: D, outputs: d, at: x, feeds }
      : { map: decoder, inputs: d, outputs: D, at, inverse: { map: encoder, at: x }, feeds };
  return { ...onMap(name, site, own), parameters };
}

/** A penalty on a map. */
export function onMap(
  name: JacobianName,
  site: MapSite,
  own: PenaltyNumbers = {},
): Omit<Built, "parameters"> {
  const penalty: Penalty = PENALTIES[name];
  if (penalty.on !== "decoder" && penalty.on !== "encoder") throw new Error(`${name} is not about maps`);
  const all = { ...penalty.numbers, ...own };
  const loss = penalty.build(site, all);
  const { specs } = site.feeds;
  const isFound = specs.some(({ from }) => from.kind === "found");
  return { loss, specs, look: isFound ? biLipschitzLook(site, all) : null };
}

export type Numbers = Readonly<Record<string, Tensor>>;

const doubles = (data: readonly number[], dims: readonly number[]): Tensor => ({
  data: Float64Array.from(data),
  dims,
});

/** The stored inputs of a setting, weights first. */
export function numbersOf(setting: Setting, specs: readonly FeedSpec[]): Record<string, Tensor> {
  const { rows, d, D, feeds } = setting;
  const weights = names.map(
    (name) => [name, doubles(setting.weights[name]!, shapeOf(setting, name))] as const,
  );
  const given = specs.flatMap(({ name, shape, from }) => {
    if (from.kind !== "random") return [];
    const key = {
      sphere: name.endsWith(".w") ? "w" : "u",
      uniform: "share",
      permutation: "other",
      normal: name.slice(9),
    };
    const data = feeds[key[from.law]]!;
    if (from.law !== "permutation") return [[name, doubles(data, shape)] as const];
    return [[name, { data: BigInt64Array.from(data, BigInt), dims: shape }] as const];
  });
  return {
    ...Object.fromEntries([...weights, ...given]),
    codes: doubles(setting.at, [rows, d]),
    x: doubles(setting.x, [rows, D]),
  };
}

/** What a step is given at random, drawn anew. */
export function drawn(specs: readonly FeedSpec[], random: Rng): Record<string, Tensor> {
  return Object.fromEntries(
    specs.flatMap(({ name, shape, from }) => {
      if (from.kind !== "random") return [];
      const [rows, columns = 1] = shape as [number, number?];
      const normals = Array.from({ length: rows * columns }, () => random.normal());
      if (from.law === "sphere") return [[name, doubles(unitRows(normals, columns), shape)]];
      if (from.law === "uniform")
        return [
          [
            name,
            doubles(
              normals.map(() => random.uniform()),
              shape,
            ),
          ],
        ];
      const order = BigInt64Array.from({ length: rows }, (_, i) => BigInt((i + 1) % rows));
      return [[name, from.law === "normal" ? doubles(normals, shape) : { data: order, dims: shape }]];
    }),
  );
}

function unitRows(values: readonly number[], columns: number): number[] {
  return values.map((value, i) => {
    const from = i - (i % columns);
    return value / Math.hypot(...values.slice(from, from + columns));
  });
}

/** Directions that are found at the present numbers, as a step would be given them. */
export function withFound({ look, specs }: Omit<Built, "parameters">, given: Numbers): Numbers {
  if (!look) return given;
  const { metrics } = evaluate({ outputs: { metrics: look } }, given);
  const [count, d] = metrics!.dims as [number, number];
  const found = extremeDirections(Float32Array.from(metrics!.data as Float64Array), count, d);
  // Of float32 they are of length 1 to 1e-7, which differences would see; what they point at is wrong by the square of that.
  const unit = (v: Float32Array) => unitRows([...v], d);
  const own = specs.flatMap(({ name, shape, from }) =>
    from.kind === "found" ? [[name, doubles(unit(found[from.of as "max" | "min"]), shape)] as const] : [],
  );
  return { ...given, ...Object.fromEntries(own) };
}

/** The value of a penalty by the reference, in float64. */
export function valueAt(built: Omit<Built, "parameters">, given: Numbers): number {
  return evaluate({ outputs: { loss: built.loss } }, withFound(built, given)).loss!.data[0] as number;
}

/** A penalty and its gradient, as a step has it: made simple before it is turned round. */
export function withGradient({ loss, parameters }: Pick<Built, "loss" | "parameters">): Graph {
  const simple = simplify({ outputs: { loss } });
  const one = constant(loss.type === "double" ? Float64Array.of(1) : Float32Array.of(1), []);
  const gradients = vjp(simple, parameters, { loss: one });
  const parts = gradients.flatMap((g, k) => (g ? [[`d:${parameters[k]!.name}`, g] as const] : []));
  return simplify({ outputs: { ...simple.outputs, ...Object.fromEntries(parts) } });
}

/** Gradients as one list, in the order of the parameters; what has none has 0. */
export function gradientList(
  parameters: readonly InputExpression[],
  found: Readonly<Record<string, Tensor>>,
): number[] {
  return parameters.flatMap(({ name, shape }) => {
    const own = found[`d:${name}`]?.data;
    const size = (shape as number[]).reduce((all, dim) => all * dim, 1);
    return own ? Array.from(own as Float64Array) : Array.from({ length: size }, () => 0);
  });
}

/** |a - b| / |b|; |a| where b is 0. */
export function apart(a: readonly number[], b: readonly number[]): number {
  const size = Math.hypot(...b);
  return Math.hypot(...a.map((value, i) => value - b[i]!)) / (size || 1);
}

/** d orthonormal rows of length D, times c. */
export function orthonormal(d: number, D: number, c: number, seed: number): number[][] {
  const random = rng(seed);
  const rows: number[][] = [];
  while (rows.length < d) {
    let row = Array.from({ length: D }, () => random.normal());
    for (const other of [...rows, ...rows]) {
      const along = other.reduce((sum, value, k) => sum + value * row[k]!, 0);
      row = row.map((value, k) => value - along * other[k]!);
    }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows.map((row) => row.map((value) => c * value));
}

/** A place where a map between codes and data is looked at, in float64, with its numbers. */
export function place(map: RowMap, inputs: number, outputs: number, rows = 24, seed = 1) {
  const random = rng(seed);
  const at = input("codes", [rows, inputs], "double");
  const site: MapSite = { map, inputs, outputs, at, feeds: openFeeds("double") };
  const codes = doubles(
    Array.from({ length: rows * inputs }, () => random.normal()),
    [rows, inputs],
  );
  return { site, codes };
}

/** The value of a penalty on a map at random places. */
export function onPlaces(
  name: JacobianName,
  where: ReturnType<typeof place>,
  own: PenaltyNumbers = {},
): number {
  const built = onMap(name, where.site, own);
  return valueAt(built, { codes: where.codes, ...drawn(built.specs, rng(7)) });
}
