import {
  abs,
  add,
  div,
  type Expression,
  exp,
  gemm,
  log,
  matMul,
  mul,
  node,
  reshape,
  scalar,
  sqrt,
  sub,
} from "../expression.ts";
import type { OpName } from "../ops/index.ts";
import { fromStart } from "../places.ts";
import type { Reader } from "./readers.ts";
import { needed, numbersOf, refused, type Source, sizes } from "./source.ts";

const like = (x: Expression, value: number) => scalar(value, x.type);

function mean(x: Expression, axes: readonly number[]): Expression {
  return node("ReduceMean", [x], { axes: { ints: axes } });
}

/** (x - mean) / sqrt(variance + epsilon) over some axes. */
function standardized(x: Expression, axes: readonly number[], epsilon: number): Expression {
  const centred = sub(x, mean(x, axes));
  return div(centred, sqrt(add(mean(mul(centred, centred), axes), like(x, epsilon))));
}

/** A number for each channel, in the shape that meets x: C x 1 x ... x 1. */
function perChannel(values: Expression, x: Expression): Expression {
  return reshape(values, [values.shape[0]!, ...x.shape.slice(2).map(() => 1)]);
}

function scaledAndShifted(
  x: Expression,
  scale: Expression | undefined,
  bias: Expression | undefined,
): Expression {
  const scaled = scale ? mul(x, scale) : x;
  return bias ? add(scaled, bias) : scaled;
}

function batchNormalization(source: Source): Expression {
  if (source.int("training_mode", 0) === 1)
    throw refused(source, "it normalises by its batch, as in training");
  const [x, scale, bias, average, variance] = [0, 1, 2, 3, 4].map((k) => needed(source, k)) as [
    Expression,
    Expression,
    Expression,
    Expression,
    Expression,
  ];
  const factor = div(scale, sqrt(add(variance, like(x, source.float("epsilon", 1e-5)))));
  const shift = sub(bias, mul(average, factor));
  return add(mul(x, perChannel(factor, x)), perChannel(shift, x));
}

function layerNormalization(source: Source): Expression {
  const x = needed(source, 0);
  const [axis] = fromStart([source.int("axis", -1)], x.shape.length) as [number];
  const axes = x.shape.flatMap((_, k) => (k >= axis ? [k] : []));
  const normal = standardized(x, axes, source.float("epsilon", 1e-5));
  return scaledAndShifted(normal, source.inputs[1], source.inputs[2]);
}

function rmsNormalization(source: Source): Expression {
  const x = needed(source, 0);
  const [axis] = fromStart([source.int("axis", -1)], x.shape.length) as [number];
  const axes = x.shape.flatMap((_, k) => (k >= axis ? [k] : []));
  const size = sqrt(add(mean(mul(x, x), axes), like(x, source.float("epsilon", 1e-5))));
  return scaledAndShifted(div(x, size), source.inputs[1], undefined);
}

function instanceNormalization(source: Source): Expression {
  const x = needed(source, 0);
  const axes = x.shape.flatMap((_, k) => (k >= 2 ? [k] : []));
  const normal = standardized(x, axes, source.float("epsilon", 1e-5));
  return scaledAndShifted(normal, perChannel(needed(source, 1), x), perChannel(needed(source, 2), x));
}

function groupNormalization(source: Source): Expression {
  const x = needed(source, 0);
  const [n, channels, ...spatial] = sizes(source, x) as [number, number, ...number[]];
  const groups = source.int("num_groups", 1);
  const apart = reshape(x, [n, groups, channels / groups, ...spatial]);
  const axes = apart.shape.flatMap((_, k) => (k >= 2 ? [k] : []));
  const normal = reshape(standardized(apart, axes, source.float("epsilon", 1e-5)), x.shape);
  // Until operator set 21 a number stood for a group.
  const spread = (values: Expression) => {
    if (values.shape[0] !== groups || groups === channels) return perChannel(values, x);
    const repeated = mul(reshape(values, [groups, 1]), constantOnes(x, channels / groups));
    return perChannel(reshape(repeated, [channels]), x);
  };
  return scaledAndShifted(normal, spread(needed(source, 1)), spread(needed(source, 2)));
}

function constantOnes(x: Expression, count: number): Expression {
  return node("Expand", [like(x, 1)], { shape: { ints: [1, count] } });
}

/** Dimensions that a reduction goes over: by an attribute, or since operator set 18 (sums: 13) by an input. Undefined: it does nothing. */
function reducedAxes(source: Source): readonly number[] | undefined {
  const given = source.ints("axes") ?? numbersOf(source, 1);
  if (given && given.length > 0) return given;
  return source.int("noop_with_empty_axes", 0) === 1 ? undefined : needed(source, 0).shape.map((_, k) => k);
}

const reduction =
  (
    op: OpName,
    before: (x: Expression) => Expression = (x) => x,
    after: (y: Expression) => Expression = (y) => y,
  ): Reader =>
  (source) => {
    const x = needed(source, 0);
    const axes = reducedAxes(source);
    if (!axes) return x;
    const attributes = { axes: { ints: axes }, keepdims: { int: source.int("keepdims", 1) } };
    return after(node(op, [before(x)], attributes));
  };

/** ln sum exp, by the largest: no overflow. */
function logSumExp(source: Source): Expression {
  const x = needed(source, 0);
  const axes = reducedAxes(source);
  if (!axes) return x;
  const most = node("ReduceMax", [x], { axes: { ints: axes } });
  const rest = node("ReduceSum", [exp(sub(x, most))], { axes: { ints: axes } });
  const kept = add(log(rest), most);
  if (source.int("keepdims", 1) === 1) return kept;
  const left = fromStart(axes, x.shape.length);
  return reshape(
    kept,
    kept.shape.filter((_, k) => !left.includes(k)),
  );
}

function softmax(op: "Softmax" | "LogSoftmax"): Reader {
  return (source) => node(op, [needed(source, 0)], { axis: { int: source.int("axis", -1) } });
}

/** Matrix products; a list of numbers is a row before one, a column behind. */
function matMulOf(source: Source): Expression {
  const [a, b] = [needed(source, 0), needed(source, 1)];
  const [isRow, isColumn] = [a.shape.length === 1, b.shape.length === 1];
  const product = matMul(isRow ? reshape(a, [1, ...a.shape]) : a, isColumn ? reshape(b, [...b.shape, 1]) : b);
  const shape = product.shape.filter((_, k) => {
    const fromEnd = product.shape.length - k;
    return !(isColumn && fromEnd === 1) && !(isRow && fromEnd === 2);
  });
  return isRow || isColumn ? reshape(product, shape) : product;
}

function gemmOf(source: Source): Expression {
  const [a, b] = [needed(source, 0), needed(source, 1)];
  const beta = source.float("beta", 1);
  const c = source.inputs[2];
  return gemm(a, b, {
    alpha: source.float("alpha", 1),
    transA: source.int("transA", 0) === 1,
    transB: source.int("transB", 0) === 1,
    ...(c && { c: beta === 1 ? c : mul(c, like(c, beta)) }),
  });
}

function argMax(source: Source): Expression {
  if (source.int("select_last_index", 0) === 1)
    throw refused(source, "the last of equal places is not known here");
  const attributes = { axis: { int: source.int("axis", 0) }, keepdims: { int: source.int("keepdims", 1) } };
  const x = needed(source, 0);
  return node("ArgMax", [source.op === "ArgMin" ? sub(like(x, 0), x) : x], attributes);
}

export const NORMALIZATION_READERS: Readonly<Record<string, Reader>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  ReduceSum: reduction("ReduceSum"),
  ReduceMean: reduction("ReduceMean"),
  ReduceMax: reduction("ReduceMax"),
  ReduceMin: reduction("ReduceMin"),
  ReduceL1: reduction("ReduceSum", abs),
  ReduceL2: reduction("ReduceSum", (x) => mul(x, x), sqrt),
  ReduceSumSquare: reduction("ReduceSum", (x) => mul(x, x)),
  ReduceLogSum: reduction("ReduceSum", (x) => x, log),
  ReduceLogSumExp: logSumExp,
  ArgMax: argMax,
  ArgMin: argMax,
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
  MatMul: matMulOf,
  Gemm: gemmOf,
};
