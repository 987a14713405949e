import { expect } from "vitest";
import { type Rng, rng } from "../../src/base/index.ts";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import {
  type Expression,
  type Graph,
  type InputExpression,
  inOrder,
  input,
  jvp,
  simplify,
  type Tensor,
  toOnnx,
  vjp,
} from "../../src/graph/index.ts";

/** A function to be differentiated: its inputs, how to draw them, and its result. */
export interface Case {
  readonly of: readonly InputExpression[];
  readonly y: Expression;
  /** Draws one number of an input; about 1 in size by default. */
  readonly draw?: (random: Rng) => number;
  /** The function has kinks: no second derivatives. */
  readonly kinks?: boolean;
}

type Numbers = Readonly<Record<string, Tensor>>;

const normal = (random: Rng) => random.normal();

function drawn(inputs: readonly InputExpression[], random: Rng, draw = normal): Numbers {
  const tensorOf = ({ shape }: InputExpression): Tensor => {
    const dims = shape as number[];
    const size = dims.reduce((product, dim) => product * dim, 1);
    return { data: Float64Array.from({ length: size }, () => draw(random)), dims };
  };
  return Object.fromEntries(inputs.map((x) => [x.name, tensorOf(x)]));
}

function one(y: Expression, feeds: Numbers): Float64Array {
  return Float64Array.from(evaluate({ outputs: { y } }, feeds).y!.data as Float64Array);
}

function moved(feeds: Numbers, directions: Numbers, step: number): Numbers {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => {
      const along = directions[name]!.data as Float64Array;
      return [name, { data: (data as Float64Array).map((v, i) => v + step * along[i]!), dims }];
    }),
  );
}

function norm(values: Float64Array): number {
  return Math.hypot(...values);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0);
}

/** Relative error of derivatives by central differences, where they are 1 in size. */
const DIFFERENCES = 1e-6;

/**
 * Checks all derivatives of a function at a random place: forward against central differences in float64, backward against forward, second derivatives against
 * differences of the first, and both graphs in ONNX Runtime against the reference.
 */
export async function checkDerivatives({ of, y, draw, kinks = false }: Case, seed: number): Promise<void> {
  const random = rng(seed);
  const feeds = drawn(of, random.split("at"), draw);
  const tangents = of.map((x) => input(`t:${x.name}`, x.shape, x.type));
  const directions = drawn(of, random.split("along"));
  const given = Object.fromEntries(of.map((x) => [`t:${x.name}`, directions[x.name]!]));
  const along = new Map(of.map((x, k) => [x, tangents[k]!]));
  const { y: forward } = jvp({ outputs: { y } }, along);
  expect(forward, "moves").not.toBeNull();
  expect(forward!.shape).toEqual(y.shape);
  const all = { ...feeds, ...given };
  const found = one(forward!, all);
  near(
    found,
    difference((at) => one(y, at), feeds, directions),
    "forward against central differences",
  );

  const cotangent = input("u", y.shape, y.type);
  const u = drawn([cotangent], random.split("back"));
  const back = vjp({ outputs: { y } }, of, { y: cotangent });
  const sums = back.map((e, k) => {
    if (!e) return 0;
    expect(e.shape).toEqual(of[k]!.shape);
    return dot(one(e, { ...all, ...u }), directions[of[k]!.name]!.data as Float64Array);
  });
  const total = sums.reduce((a, b) => a + b, 0);
  const size = norm(found) * norm(u.u!.data as Float64Array);
  expect(
    Math.abs(total - dot(found, u.u!.data as Float64Array)) / (size || 1),
    "u'Jv both ways",
  ).toBeLessThan(1e-10);

  if (!kinks) {
    const { y: second } = jvp({ outputs: { y: forward! } }, along);
    const wanted = difference((at) => one(forward!, { ...at, ...given }), feeds, directions);
    near(second ? one(second, all) : wanted.map(() => 0), wanted, "second derivatives");
  }
  const outputs = Object.fromEntries(back.flatMap((e, k) => (e ? [[`back${k}`, e]] : [])));
  await runsAlike(simplify({ outputs: { y, forward: forward!, ...outputs } }), { ...all, ...u });
}

function difference(f: (at: Numbers) => Float64Array, feeds: Numbers, directions: Numbers): Float64Array {
  const step = 1e-5;
  const [up, down] = [f(moved(feeds, directions, step)), f(moved(feeds, directions, -step))];
  return up.map((v, i) => (v - down[i]!) / (2 * step));
}

function near(found: Float64Array, wanted: Float64Array, what: string): void {
  const apart = norm(found.map((v, i) => v - wanted[i]!));
  expect(apart / Math.max(1, norm(wanted)), what).toBeLessThan(DIFFERENCES);
}

/** ONNX Runtime gives what the reference does, to float32. */
export async function runsAlike(graph: Graph, doubles: Numbers): Promise<void> {
  const used = new Set(inOrder(graph).flatMap((e) => (e.kind === "input" ? [e.name] : [])));
  const feeds = Object.fromEntries(
    Object.entries(doubles).flatMap(([name, { data, dims }]) =>
      used.has(name) ? [[name, { data: Float32Array.from(data as Float64Array), dims }]] : [],
    ),
  );
  const truth = evaluate(graph, feeds);
  const session = await openSession(toOnnx(graph), await findEngine({ threads: 1 }));
  const outputs = Object.fromEntries(
    Object.entries(truth).map(([name, { data, dims }]) => [
      name,
      { data: new Float32Array(data.length), dims },
    ]),
  );
  await session.run(feeds, outputs);
  for (const [name, { data }] of Object.entries(truth)) {
    const [wanted, found] = [Float64Array.from(data as Float32Array), Float64Array.from(outputs[name]!.data)];
    const apart = norm(found.map((v, i) => v - wanted[i]!));
    expect(apart / Math.max(1, norm(wanted)), `${name} in ONNX Runtime`).toBeLessThan(1e-5);
  }
  await session.close();
}
