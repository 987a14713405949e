import type { Expression, NodeExpression } from "../expression.ts";
import { type Attributes, type Build, intOf, intsOf, like, type Op, type Tensor } from "../op.ts";
import { fromStart, offsetOf, placeOf } from "../places.ts";
import { type Shape, sizeOf } from "../shape.ts";

/** y = sum over some dimensions, all without `axes`. They stay as 1 unless `keepdims` is 0. */
export const ReduceSum: Op = {
  ...reduction("ReduceSum", (values) => values.reduce((sum, value) => sum + value, 0)),
  operands: ["axes"],
  derivative: {
    jvp: (e, [t], { node }) => node("ReduceSum", [t!], e.attributes),
    transpose: (e, _, cotangent, build) => spread(e, cotangent, build),
  },
};

/** y = mean over some dimensions. */
export const ReduceMean: Op = {
  ...reduction("ReduceMean", (values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  derivative: {
    jvp: (e, [t], { node }) => node("ReduceMean", [t!], e.attributes),
    transpose: (e, _, cotangent, build) =>
      build.div(spread(e, cotangent, build), build.scalar(countOf(e), e.type)),
  },
};

/** y = largest over some dimensions. Where several are, it moves with their mean. */
export const ReduceMax: Op = {
  ...reduction("ReduceMax", (values) => values.reduce((most, value) => Math.max(most, value))),
  derivative: { jvp: (e, [t], build) => atExtreme(e, t!, build) },
};

/** y = smallest over some dimensions. Where several are, it moves with their mean. */
export const ReduceMin: Op = {
  ...reduction("ReduceMin", (values) => values.reduce((least, value) => Math.min(least, value))),
  derivative: { jvp: (e, [t], build) => atExtreme(e, t!, build) },
};

function atExtreme(e: NodeExpression, t: Expression, build: Build): Expression {
  const [x] = e.inputs as [Expression];
  const { where, equal, scalar, div, node } = build;
  const zero = scalar(0, e.type);
  const is = equal(x, spread(e, e, build));
  const summed = (of: Expression) => node("ReduceSum", [of], e.attributes);
  const count = summed(where(is, build.expandTo(scalar(1, e.type), x.shape), zero));
  return div(summed(where(is, t, zero)), count);
}

/** A result spread out over what it was reduced from. */
function spread(e: NodeExpression, value: Expression, { reshape, expandTo }: Build): Expression {
  const kept = shapeOf(e.inputs[0]!.shape, axesOf(e.inputs[0]!.shape, e.attributes), true);
  const keeps = intOf(e.attributes, "keepdims", 1) === 1;
  return expandTo(keeps ? value : reshape(value, kept), e.inputs[0]!.shape);
}

function countOf(e: NodeExpression): number {
  const { shape } = e.inputs[0]!;
  return sizeOf(axesOf(shape, e.attributes).map((axis) => Number(shape[axis])));
}

function axesOf(shape: Shape, attributes: Attributes): number[] {
  const all = shape.map((_, k) => k);
  return fromStart(intsOf(attributes, "axes", all), shape.length);
}

function shapeOf(shape: Shape, axes: readonly number[], keeps: boolean): Shape {
  return keeps
    ? shape.map((dim, k) => (axes.includes(k) ? 1 : dim))
    : shape.filter((_, k) => !axes.includes(k));
}

function reduction(name: string, of: (values: readonly number[]) => number): Omit<Op, "derivative"> {
  return {
    name,
    shape: ([x], attributes) => shapeOf(x!, axesOf(x!, attributes), intOf(attributes, "keepdims", 1) === 1),
    value([x], attributes) {
      const axes = axesOf(x!.dims, attributes);
      const kept = shapeOf(x!.dims, axes, true) as number[];
      const groups: number[][] = Array.from({ length: sizeOf(kept) }, () => []);
      for (let i = 0; i < x!.data.length; i++) {
        const place = placeOf(i, x!.dims).map((at, k) => (axes.includes(k) ? 0 : at));
        groups[offsetOf(place, kept)]!.push(Number(x!.data[i]));
      }
      const dims = shapeOf(x!.dims, axes, intOf(attributes, "keepdims", 1) === 1) as number[];
      return like(x!, dims, (i) => of(groups[i]!));
    },
  };
}

/** The place of the largest along `axis`, the first of equal ones, in int64. It does not move. */
export const ArgMax: Op = {
  name: "ArgMax",
  type: "int64",
  shape: ([x], attributes) => shapeOf(x!, argAxis(x!, attributes), intOf(attributes, "keepdims", 1) === 1),
  value([x], attributes) {
    const axes = argAxis(x!.dims, attributes);
    const kept = shapeOf(x!.dims, axes, true) as number[];
    const best = new BigInt64Array(sizeOf(kept)).fill(-1n);
    const most = new Float64Array(best.length).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < x!.data.length; i++) {
      const place = placeOf(i, x!.dims);
      const to = offsetOf(
        place.map((at, k) => (axes.includes(k) ? 0 : at)),
        kept,
      );
      if (best[to]! >= 0n && !(Number(x!.data[i]) > most[to]!)) continue;
      most[to] = Number(x!.data[i]);
      best[to] = BigInt(place[axes[0]!]!);
    }
    const dims = shapeOf(x!.dims, axes, intOf(attributes, "keepdims", 1) === 1) as number[];
    return { data: best, dims } satisfies Tensor;
  },
  derivative: "constant",
};

function argAxis(shape: Shape, attributes: Attributes): number[] {
  return fromStart([intOf(attributes, "axis", 0)], shape.length);
}
