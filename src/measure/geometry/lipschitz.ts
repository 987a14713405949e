import { sharedFloat32, type Watch } from "../../base/index.ts";
import { type EngineInfo, evaluate, kernelUrl, runBlocks } from "../../engine/index.ts";
import {
  type Arrays,
  type ElementType,
  type Expression,
  type Graph,
  inOrder,
  intOf,
  intsOf,
  isReal,
  type NodeExpression,
} from "../../graph/index.ts";
import { EVERYTHING, LARGEST, type Range, rangeOfOne } from "./intervals.ts";
import type { LayerNorm, LinearLayer } from "./norms.kernel.ts";
import type { LipschitzBound } from "./result.ts";
import { narrows, slopeBound } from "./slope.ts";

/** Why there is no bound. */
class NoBound extends Error {}

/** How far a value moves at most for a step of length 1 of the input, in Frobenius norm. @throws NoBound */
type Of = (e: Expression) => number;

interface Walk {
  readonly of: Of;
  /** An upper bound of the norm of a linear layer. */
  readonly norm: (e: NodeExpression, layer: () => LinearLayer) => LayerNorm;
  readonly ranges: ReadonlyMap<Expression, Range>;
  /** Expressions in the order of the graph. */
  readonly order: ReadonlyMap<Expression, number>;
  readonly isConstant: (e: Expression) => boolean;
  readonly parts: { what: string; bound: number }[];
}

/**
 * A certified upper bound of the Lipschitz constant of a network over all float32 inputs: each operation of its graph at its own bound, products along the way, sums where ways
 * meet. Bounds of linear layers are above their spectral norms by Gram iteration with a margin for rounding, those of activations are above their slopes by interval arithmetic;
 * all in exact arithmetic of the stored weights. Where some operation has no bound, no norm is computed.
 */
export async function certifiedLipschitz(
  graph: Graph,
  output: string,
  { engine, ...watch }: Watch & { readonly engine: EngineInfo },
): Promise<LipschitzBound> {
  const layers = new Map<NodeExpression, LinearLayer>();
  const seen = walked(graph, output, (e, layer) => {
    layers.set(e, layer());
    return { bound: 1, isUnfolded: false };
  });
  if (seen.value === null) return seen;
  const { results } = await runBlocks<number, LayerNorm, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./norms.kernel.js", import.meta.url),
    setup: { layers: [...layers.values()], engine },
    tasks: Array.from(layers.keys(), (_, k) => k),
    stage: "certifying",
  });
  const norms = new Map(Array.from(layers.keys(), (e, k) => [e, results[k]!]));
  return walked(graph, output, (e) => norms.get(e)!);
}

/** The bound that follows from norms of the linear layers. */
function walked(graph: Graph, output: string, norm: Walk["norm"]): LipschitzBound {
  const order = inOrder(graph);
  const known = new Map<Expression, number>();
  const walk: Walk = {
    norm,
    ranges: rangesOf(order),
    order: new Map(order.map((e, k) => [e, k])),
    isConstant: constantsOf(order),
    parts: [],
    of(e) {
      const bound = known.get(e) ?? boundOf(e, walk);
      known.set(e, bound);
      return bound;
    },
  };
  try {
    return { value: walk.of(graph.outputs[output]!) * (1 + 1e-9), reason: null, parts: walk.parts };
  } catch (error) {
    if (error instanceof NoBound) return { value: null, reason: error.message, parts: [] };
    throw error;
  }
}

function rangesOf(order: readonly Expression[]): Map<Expression, Range> {
  const ranges = new Map<Expression, Range>();
  const anything = (e: Expression) => (e.kind === "input" ? { low: -LARGEST, high: LARGEST } : EVERYTHING);
  for (const e of order) ranges.set(e, rangeOfOne(e, ranges, anything));
  return ranges;
}

function constantsOf(order: readonly Expression[]): (e: Expression) => boolean {
  const constants = new Set<Expression>();
  for (const e of order) {
    if (e.kind === "constant" || (e.kind === "node" && e.inputs.every((i) => constants.has(i))))
      constants.add(e);
  }
  return (e) => constants.has(e);
}

const sizeOf = (e: Expression) => (e.shape as number[]).reduce((all, dim) => all * dim, 1);
const title = (e: NodeExpression) => `${e.op} to ${(e.shape as number[]).slice(1).join(" x ") || "1"}`;

function boundOf(e: Expression, walk: Walk): number {
  if (walk.isConstant(e)) return 0;
  if (e.kind !== "node") return 1;
  if (!isReal(e.type))
    throw new NoBound(`${title(e)}: whole numbers and truths that depend on the data may jump`);
  const known = normalizationBound(e, walk) ?? activationBound(e, walk);
  if (known !== null) return known;
  const rule = RULES[e.op];
  if (!rule) throw new NoBound(`${title(e)} has no rule for a bound`);
  return rule(e, walk);
}

/** Normalisation, and what it is made of. Both patterns are narrower than the sum of their parts. */
function normalizationBound(e: NodeExpression, { of }: Walk): number | null {
  const [a, b] = e.inputs as [Expression, Expression];
  // x - mean(x): a projection.
  if (e.op === "Sub" && b.kind === "node" && b.op === "ReduceMean" && b.inputs[0] === a) return of(a);
  // a / sqrt(mean(a^2) + epsilon): its derivative is a projection over the divisor, which is at least sqrt(epsilon).
  if (e.op !== "Div" || b.kind !== "node" || b.op !== "Sqrt") return null;
  const [inner] = b.inputs;
  if (inner?.kind !== "node" || inner.op !== "Add") return null;
  const [square, epsilon] = inner.inputs as [Expression, Expression];
  const isSquare =
    square.kind === "node" &&
    square.op === "ReduceMean" &&
    square.inputs[0]!.kind === "node" &&
    square.inputs[0].op === "Mul" &&
    square.inputs[0].inputs.every((i) => i === a);
  if (!isSquare || epsilon.kind !== "constant" || epsilon.data.length !== 1) return null;
  const least = Number(epsilon.data[0]);
  if (!(least > 0)) throw new NoBound(`${title(e)}: normalisation without an epsilon has no bound`);
  return of(a) / Math.sqrt(least);
}

/** A function of one element at a time, of one value: its largest slope. */
function activationBound(e: NodeExpression, { of, ranges, order, isConstant }: Walk): number | null {
  for (const leaf of narrows(e, order, isConstant)) {
    if (sizeOf(leaf) !== sizeOf(e)) continue;
    const slope = slopeBound(e, leaf, ranges.get(leaf)!);
    if (slope !== null) return slope * of(leaf);
  }
  return null;
}

type Rule = (e: NodeExpression, walk: Walk) => number;

/** How often a value is repeated when it is broadcast to a result: lengths grow by the root. */
function spreadBy(part: Expression, e: Expression): number {
  return Math.sqrt(sizeOf(e) / sizeOf(part));
}

/** The bounds of parts of a result that are broadcast to it. */
function partsOf(parts: readonly Expression[], e: Expression, { of }: Walk): number[] {
  return parts.map((part) => of(part) * spreadBy(part, e));
}

const passed: Rule = (e, { of }) => of(e.inputs[0]!);
const added: Rule = (e, walk) => partsOf(e.inputs, e, walk).reduce((sum, part) => sum + part, 0);
/** Each element of the result is one of the parts, or moves no more than the one that moves most. */
const chosen: Rule = (e, walk) => {
  const cuts = overlapOf(e, walk);
  if (cuts) return walk.of(cuts.base) * Math.sqrt(cuts.times);
  return Math.hypot(...partsOf(e.inputs, e, walk));
};

/** The largest of cut-outs of one value (pooling): how many of them an element is in at most. */
function overlapOf(e: NodeExpression, { isConstant }: Walk): { base: Expression; times: number } | null {
  const cuts: NodeExpression[] = [];
  const waiting: Expression[] = [e];
  for (let top = waiting.pop(); top; top = waiting.pop()) {
    if (top.kind === "node" && top.op === e.op) waiting.push(...top.inputs);
    else if (top.kind === "node" && top.op === "Slice") cuts.push(top);
    else if (!isConstant(top)) return null;
  }
  const base = cuts[0]?.inputs[0];
  if (!base || cuts.some((cut) => cut.inputs[0] !== base)) return null;
  // What is not cut is the same for all.
  const axes = new Set(cuts.flatMap((cut) => intsOf(cut.attributes, "axes", [])));
  const shape = (base.shape as number[]).map((dim, k) => (axes.has(k) ? dim : 1));
  const times = new Int32Array(shape.reduce((all, dim) => all * dim, 1));
  const places = Float64Array.from(times.keys());
  for (const cut of cuts) {
    const taken = evaluate(
      { outputs: { taken: { ...cut, inputs: [{ kind: "constant", data: places, shape, type: "double" }] } } },
      {},
    ).taken!;
    for (const place of taken.data as Float64Array) times[place]!++;
  }
  return { base, times: times.reduce((most, count) => Math.max(most, count), 0) };
}

const multiplied: Rule = (e, { ranges, of }) => {
  const [a, b] = e.inputs as [Expression, Expression];
  const size = (i: Expression) => {
    const { low, high } = ranges.get(i)!;
    return Math.max(Math.abs(low), Math.abs(high));
  };
  const part = (moving: Expression, other: Expression) => {
    const bound = of(moving);
    return bound === 0 ? 0 : bound * spreadBy(moving, e) * size(other);
  };
  const bound = part(a, b) + part(b, a);
  if (bound <= 1e30) return bound;
  throw new NoBound(`${title(e)}: a product of two values that move and have no limit`);
};

const divided: Rule = (e, { ranges, isConstant, of }) => {
  const [a, b] = e.inputs as [Expression, Expression];
  const { low, high } = ranges.get(b)!;
  const least = low > 0 ? low : high < 0 ? -high : 0;
  if (least === 0 || !isConstant(b)) throw new NoBound(`${title(e)}: a quotient whose divisor moves`);
  return (of(a) * spreadBy(a, e)) / least;
};

/** The numbers of a constant. */
function numbersOf(e: Expression): Arrays[ElementType] {
  return e.kind === "constant" ? e.data : evaluate({ outputs: { e } }, {}).e!.data;
}

/** Weights where block workers see them. */
function shared(e: Expression): Float32Array {
  const numbers = numbersOf(e);
  const out = sharedFloat32(numbers.length);
  if (numbers instanceof BigInt64Array) out.set(Array.from(numbers, Number));
  else out.set(numbers);
  return out;
}

function matricesOf(w: Expression): LinearLayer {
  // Turning a matrix round leaves its norm.
  if (w.kind === "node" && w.op === "Transpose" && w.shape.length === 2) return matricesOf(w.inputs[0]!);
  const dims = w.shape as number[];
  const [rows, cols] = dims.length === 1 ? [1, dims[0]!] : (dims.slice(-2) as [number, number]);
  const weights = shared(w);
  return { kind: "matrices", weights, count: weights.length / (rows * cols), rows, cols };
}

const product: Rule = (e, walk) => {
  const [a, b, shift] = e.inputs as [Expression, Expression, Expression?];
  const [left, right] = [walk.isConstant(a), walk.isConstant(b)];
  if (!left && !right)
    throw new NoBound(
      `${title(e)}: a product of two values that both move (dot-product attention) has no global bound`,
    );
  const [weights, moving] = left ? [a, b] : [b, a];
  const before = walk.of(moving);
  const norm = walk.norm(e, () => matricesOf(weights)).bound * Math.abs(e.op === "Gemm" ? alphaOf(e) : 1);
  walk.parts.push({ what: title(e), bound: norm });
  // A value that meets several matrices is repeated for each.
  const repeats = Math.max(1, batchOf(e) / batchOf(moving));
  const [shifted = 0] = shift ? partsOf([shift], e, walk) : [];
  return before * norm * Math.sqrt(repeats) + shifted;
};

function alphaOf({ attributes }: NodeExpression): number {
  const { alpha } = attributes;
  return alpha && "float" in alpha ? alpha.float : 1;
}

/** Matrices in a stack. */
function batchOf({ shape }: Expression): number {
  return (shape as number[]).slice(0, -2).reduce((all, dim) => all * dim, 1);
}

const convolved: Rule = (e, walk) => {
  const [x, w, b] = e.inputs as [Expression, Expression, Expression?];
  if (!walk.isConstant(w) || (b && !walk.isConstant(b)))
    throw new NoBound(`${title(e)}: weights that move have no bound`);
  const before = walk.of(x);
  const { bound, isUnfolded } = walk.norm(e, () => convolutionOf(e, x, w));
  walk.parts.push({ what: isUnfolded ? `${title(e)}, unfolded` : title(e), bound });
  return before * bound;
};

function convolutionOf(e: NodeExpression, x: Expression, w: Expression): LinearLayer {
  const ones = w.shape.slice(2).map(() => 1);
  const pads = intsOf(e.attributes, "pads", [...ones, ...ones].fill(0));
  // A transposed convolution is the adjoint of one from its result to its input.
  const from = (e.op === "Conv" ? x : e).shape.slice(2) as number[];
  return {
    kind: "convolution",
    weights: shared(w),
    dims: w.shape as number[],
    group: intOf(e.attributes, "group", 1),
    strides: intsOf(e.attributes, "strides", ones),
    dilations: intsOf(e.attributes, "dilations", ones),
    sizes: from.map((size, k) => size + pads[k]! + pads[k + from.length]!),
  };
}

/** Sums and means over some elements for each of the result. */
const summed =
  (growth: (count: number) => number): Rule =>
  (e, { of }) =>
    of(e.inputs[0]!) * growth(sizeOf(e.inputs[0]!) / sizeOf(e));

/** Elements that are taken several times count as often. */
const gathered: Rule = (e, { isConstant, of }) => {
  const [x, ids] = e.inputs as [Expression, Expression];
  if (!isConstant(ids)) throw new NoBound(`${title(e)}: places that depend on the data may jump`);
  const axis = intOf(e.attributes, "axis", 0);
  const size = Number(x.shape.at(axis));
  const counts = new Map<number, number>();
  for (const given of numbersOf(ids)) {
    const id = given < 0 ? Number(given) + size : Number(given);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return of(x) * Math.sqrt(Math.max(0, ...counts.values()));
};

/** A choice by constant truths. */
const parted: Rule = (e, walk) => {
  const [condition, ...parts] = e.inputs as [Expression, ...Expression[]];
  if (!walk.isConstant(condition))
    throw new NoBound(`${title(e)}: a choice that depends on the data may jump`);
  return Math.hypot(...partsOf(parts, e, walk));
};

const RULES: Readonly<Partial<Record<string, Rule>>> = {
  Add: added,
  Sub: added,
  Mul: multiplied,
  Div: divided,
  Max: chosen,
  Min: chosen,
  Where: parted,
  MatMul: product,
  Gemm: product,
  Conv: convolved,
  ConvTranspose: convolved,
  ReduceMean: summed((count) => 1 / Math.sqrt(count)),
  ReduceSum: summed(Math.sqrt),
  ReduceMax: passed,
  ReduceMin: passed,
  Reshape: passed,
  Transpose: passed,
  Slice: passed,
  Pad: passed,
  Cast: passed,
  Neg: passed,
  Expand: (e, walk) => partsOf(e.inputs, e, walk)[0]!,
  Concat: (e, { of }) => Math.hypot(...e.inputs.map(of)),
  Gather: gathered,
  // The Jacobian diag(p) - p p' is a covariance of unit vectors: its norm is at most 1/2.
  Softmax: (e, { of }) => of(e.inputs[0]!) / 2,
};
