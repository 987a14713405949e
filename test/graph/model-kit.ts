import type protobuf from "protobufjs/light.js";
import { rng } from "../../src/base/index.ts";
import { findEngine, openSession } from "../../src/engine/index.ts";
import { fromOnnx, type ReadOptions, toOnnx } from "../../src/graph/index.ts";
import { ATTRIBUTE, MODEL } from "../../src/graph/proto.ts";

/** A value of an attribute: a whole number, a list of them, `{ float }`, a text, or `{ raw }`, a tensor. */
export type Value =
  | number
  | readonly number[]
  | { readonly float: number }
  | string
  | { readonly raw: object };

export interface Spec {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, Value>>;
  /** Dimensions of each input that is given when it runs; "" is one that is left out; numbers are fixed ones. */
  readonly inputs: readonly (readonly number[] | "" | Fixed)[];
  readonly outputs?: number;
  readonly opset?: number;
  /** How numbers are drawn; normal ones by default. */
  readonly draw?: (random: ReturnType<typeof rng>) => number;
}

/** A tensor that is part of the model, of int64 unless it says floats. */
export interface Fixed {
  readonly values: readonly number[];
  readonly dims?: readonly number[];
  readonly type?: "float" | "int64";
}

export const fixed = (...values: number[]): Fixed => ({ values });

function attributeOf(name: string, value: Value): object {
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE.int };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE.string };
  if (Array.isArray(value)) return { name, ints: value, type: ATTRIBUTE.ints };
  if ("raw" in value) return { name, t: value.raw, type: ATTRIBUTE.tensor };
  return { name, f: (value as { float: number }).float, type: ATTRIBUTE.float };
}

export function tensorOf(name: string, { values, dims = [values.length], type = "int64" }: Fixed): object {
  return type === "float"
    ? { name, dims, dataType: 1, floatData: values }
    : { name, dims, dataType: 7, int64Data: values };
}

function isFixed(own: Spec["inputs"][number]): own is Fixed {
  return typeof own === "object" && !Array.isArray(own);
}

function valueInfo(name: string, dims: readonly number[] | null): object {
  const open = dims && { dim: dims.map((dimValue) => ({ dimValue })) };
  return { name, type: { tensorType: { elemType: 1, ...(open && { shape: open }) } } };
}

/** The bytes of a model as they are given. */
export function bytesOf(model: object): Uint8Array {
  return MODEL.encode(MODEL.fromObject(model) as protobuf.Message).finish();
}

/** A model of one node. */
export function modelOf({ op, attributes = {}, inputs, outputs = 1, opset = 17 }: Spec): Uint8Array {
  const name = (k: number) => (inputs[k] === "" ? "" : `x${k}`);
  const results = Array.from({ length: outputs }, (_, k) => `y${k}`);
  return bytesOf({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "test",
      node: [
        {
          opType: op,
          name: "node",
          input: inputs.map((_, k) => name(k)),
          output: results,
          attribute: Object.entries(attributes).map(([key, value]) => attributeOf(key, value)),
        },
      ],
      initializer: inputs.flatMap((own, k) => (isFixed(own) ? [tensorOf(name(k), own)] : [])),
      input: inputs.flatMap((own, k) => (Array.isArray(own) ? [valueInfo(name(k), own)] : [])),
      output: results.map((result) => valueInfo(result, null)),
    },
  });
}

/** What ONNX Runtime makes of a model, and what it makes of the model once we have read it and written it again. */
export async function bothWays(
  bytes: Uint8Array,
  seed: number,
  draw: Spec["draw"] = (random) => random.normal(),
  options: ReadOptions = {},
): Promise<readonly (readonly [original: Float32Array, ours: Float32Array])[]> {
  const { graph, inputs } = fromOnnx(bytes, options);
  const random = rng(seed);
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const dims = shape as number[];
      const size = dims.reduce((product, dim) => product * dim, 1);
      return [name, { data: Float32Array.from({ length: size }, () => draw(random)), dims }];
    }),
  );
  const engine = await findEngine({ threads: 1 });
  const run = async (model: Uint8Array) => {
    const session = await openSession(model, engine);
    const outputs = Object.fromEntries(
      Object.entries(graph.outputs).map(([name, { shape }]) => {
        const dims = shape as number[];
        return [name, { data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims }];
      }),
    );
    await session.run(feeds, outputs);
    await session.close();
    return Object.values(outputs).map(({ data }) => data);
  };
  const [original, ours] = [await run(bytes), await run(toOnnx(graph))];
  return original.map((values, k) => [values, ours[k]!] as const);
}
