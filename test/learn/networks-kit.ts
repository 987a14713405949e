import { readFileSync } from "node:fs";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import { type Expression, endsOf, input, type Tensor, vjp } from "../../src/graph/index.ts";
import type { Layer, Parameter, Scope } from "../../src/learn/networks/index.ts";

/** What PyTorch says of a network: see test/fixtures/make-networks.py. */
export interface Case {
  readonly options: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly running: Readonly<Record<string, readonly number[]>>;
  readonly x: readonly number[];
  readonly u: readonly number[];
  readonly y: readonly number[];
  readonly back: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly evaluated?: readonly number[];
  readonly batches?: readonly (readonly number[])[];
  readonly after?: Readonly<Record<string, readonly number[]>>;
}

export const { batch: BATCH, cases: CASES }: { readonly batch: number; readonly cases: readonly Case[] } =
  JSON.parse(readFileSync(new URL("../fixtures/networks.json", import.meta.url), "utf8"));

export const sizeOf = (shape: readonly number[]): number => shape.reduce((all, dim) => all * dim, 1);

/** A layer on a batch, with everything that it holds as inputs. */
export function held(layer: Layer, rows: number, columns: number, isTraining: boolean) {
  const inputs = new Map(
    [...layer.parameters, ...layer.running].map(({ name, shape }) => [name, input(name, shape, "double")]),
  );
  const next = new Map<string, Expression>();
  const scope: Scope = {
    isTraining,
    value: (name) => inputs.get(name)!,
    update: (name, e) => void next.set(name, e),
  };
  const x = input("x", [rows, columns], "double");
  return { x, y: layer.apply(x, scope), inputs, next };
}

/** Values and gradients in float64: of u . y by x and every parameter. */
export function gradientsOf(layer: Layer, rows: number, columns: number, isTraining: boolean) {
  const { x, y, inputs, next } = held(layer, rows, columns, isTraining);
  const names = layer.parameters.map(({ name }) => name);
  const back = vjp({ outputs: { y } }, [x, ...names.map((name) => inputs.get(name)!)], {
    y: input("u", y.shape, "double"),
  });
  const gradients = names.map((name, k) => [`gradient:${name}`, back[k + 1]!] as const);
  const running = [...next].map(([name, e]) => [`next:${name}`, e] as const);
  return { outputs: { y, back: back[0]!, ...Object.fromEntries([...gradients, ...running]) } };
}

/** Numbers of a layer in float64, with x and what else a graph is given. */
export function feedsOf(
  layer: Layer,
  values: (name: string) => ArrayLike<number>,
  given: Readonly<Record<string, { readonly data: ArrayLike<number>; readonly dims: readonly number[] }>>,
): Record<string, Tensor> {
  const own = [...layer.parameters, ...layer.running].map(({ name, shape }): [string, Tensor] => [
    name,
    { data: Float64Array.from(values(name)), dims: shape },
  ]);
  const rest = Object.entries(given).map(([name, { data, dims }]): [string, Tensor] => [
    name,
    { data: Float64Array.from(data), dims },
  ]);
  return Object.fromEntries([...own, ...rest]);
}

/** A layer as it is used, in float64. */
export function evaluated(
  layer: Layer,
  values: (name: string) => ArrayLike<number>,
  x: ArrayLike<number>,
  columns: number,
): Float64Array {
  const rows = x.length / columns;
  const { y } = held(layer, rows, columns, false);
  const feeds = feedsOf(layer, values, { x: { data: x, dims: [rows, columns] } });
  return evaluate({ outputs: { y } }, feeds).y!.data as Float64Array;
}

/** The output y of a model of rows x in ONNX Runtime. */
export async function runModel(bytes: Uint8Array, x: Float32Array, columns: number): Promise<Float32Array> {
  const rows = x.length / columns;
  const [, outputs] = endsOf(bytes).outputs[0]!.shape as [string | number, number];
  const y = new Float32Array(rows * outputs);
  const session = await openSession(bytes, await findEngine({ threads: 1 }));
  try {
    await session.run({ x: { data: x, dims: [rows, columns] } }, { y: { data: y, dims: [rows, outputs] } });
  } finally {
    await session.close();
  }
  return y;
}

/** Numbers that look random, the same each time. */
export function scattered(length: number, from = 1): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + from)) * 1.3);
}

/** The numbers that parameters of a layer begin with, where they are given, else scattered ones. */
export function beginning(layer: Layer): (name: string) => Float32Array {
  const of = ({ init, shape }: Parameter, k: number) => {
    if (init.kind === "values") return init.data;
    return scattered(sizeOf(shape), 100 * k).map((value) => 0.4 * value + (init.kind === "constant" ? 1 : 0));
  };
  const values = new Map(layer.parameters.map((each, k) => [each.name, of(each, k)]));
  for (const { name, shape } of layer.running)
    values.set(
      name,
      scattered(sizeOf(shape)).map((value) => 1 + 0.3 * value),
    );
  return (name) => values.get(name)!;
}
