import type { Expression, NodeExpression } from "../expression.ts";
import { type Attributes, type Build, intOf, intsOf, like, type Op, type Tensor } from "../op.ts";
import { offsetOf, placeOf } from "../places.ts";
import { type Shape, shapeError, sizeOf } from "../shape.ts";

/**
 * Convolution: y[n, o, p] = b[o] + sum over c, k of w[o, c, k] x[n, c, p strides + k dilations - pads], within groups of channels, in any number of spatial
 * dimensions. x: N x C x ..., w: O x C / group x ..., b: O. `pads` has all numbers before, then all after.
 */
export const Conv: Op = {
  name: "Conv",
  shape([x, w], attributes) {
    const { strides, pads, dilations, rank, group } = windowOf(w!, attributes);
    fits(x!, w!, known(w!, 1) * group);
    const spatial = strides.map((stride, k) => {
      const covered = (known(w!, k + 2) - 1) * dilations[k]! + 1;
      return Math.floor((known(x!, k + 2) + pads[k]! + pads[k + rank]! - covered) / stride) + 1;
    });
    return [x![0]!, w![0]!, ...spatial];
  },
  value([x, w, b], attributes) {
    const dims = Conv.shape([x!.dims, w!.dims], attributes) as number[];
    const out = new Float64Array(sizeOf(dims));
    overTaps(dims, x!.dims, w!, attributes, ({ small, large, weight }) => {
      out[small]! += Number(x!.data[large]) * Number(w!.data[weight]);
    });
    return withBias(x!, dims, out, b);
  },
  derivative: {
    jvp: (e, [x, w, b], build) => biased(e, x!, w!, b!, build),
    transpose(e, at, cotangent, build) {
      const [x, w] = e.inputs as [Expression, Expression];
      if (at === 2) return ofBias(e, cotangent, build);
      if (at === 1) return ofWeights(e, x, cotangent, w.shape, build);
      const { strides, pads, dilations, rank } = windowOf(w.shape, e.attributes);
      const left = strides.map((stride, k) => {
        const covered = (known(w.shape, k + 2) - 1) * dilations[k]! + 1;
        const reached = (known(e.shape, k + 2) - 1) * stride + covered;
        return known(x.shape, k + 2) + pads[k]! + pads[k + rank]! - reached;
      });
      const padding = { output_padding: { ints: left } };
      return build.node("ConvTranspose", [cotangent, w], { ...e.attributes, ...padding });
    },
  },
};

/**
 * Transposed convolution: y[n, o, q] = b[o] + sum over c, p, k with q = p strides + k dilations - pads of w[c, o, k] x[n, c, p]. x: N x C x ..., w: C x O / group x ...; `output_padding` more
 * places at the end.
 */
export const ConvTranspose: Op = {
  name: "ConvTranspose",
  shape([x, w], attributes) {
    const { strides, pads, dilations, rank, group } = windowOf(w!, attributes);
    fits(x!, w!, known(w!, 0));
    const more = intsOf(
      attributes,
      "output_padding",
      strides.map(() => 0),
    );
    const spatial = strides.map((stride, k) => {
      const covered = (known(w!, k + 2) - 1) * dilations[k]! + 1;
      return (known(x!, k + 2) - 1) * stride + covered + more[k]! - pads[k]! - pads[k + rank]!;
    });
    return [x![0]!, known(w!, 1) * group, ...spatial];
  },
  value([x, w, b], attributes) {
    const dims = ConvTranspose.shape([x!.dims, w!.dims], attributes) as number[];
    const out = new Float64Array(sizeOf(dims));
    overTaps(x!.dims, dims, w!, attributes, ({ small, large, weight }) => {
      out[large]! += Number(x!.data[small]) * Number(w!.data[weight]);
    });
    return withBias(x!, dims, out, b);
  },
  derivative: {
    jvp: (e, [x, w, b], build) => biased(e, x!, w!, b!, build),
    transpose(e, at, cotangent, build) {
      const [x, w] = e.inputs as [Expression, Expression];
      if (at === 2) return ofBias(e, cotangent, build);
      if (at === 1) return ofWeights(e, cotangent, x, w.shape, build);
      const { output_padding: _, ...attributes } = e.attributes;
      // Places that only padding at the end had made are not looked at.
      return build.node("Conv", [cotangent, w], attributes);
    },
  },
};

/** The tangent of a bilinear operation with a bias. */
function biased(
  e: NodeExpression,
  x: Expression | null,
  w: Expression | null,
  b: Expression | null,
  { node, sum, reshape, expandTo }: Build,
): Expression | null {
  const [own, weights] = e.inputs as [Expression, Expression];
  const product = sum(x && node(e.op, [x, weights], e.attributes), w && node(e.op, [own, w], e.attributes));
  const ones = e.shape.slice(2).map(() => 1);
  return sum(product, b && expandTo(reshape(b, [1, b.shape[0]!, ...ones]), e.shape));
}

function ofBias(e: NodeExpression, cotangent: Expression, { reduceSum, reshape }: Build): Expression {
  const others = e.shape.flatMap((_, k) => (k === 1 ? [] : [k]));
  return reshape(reduceSum(cotangent, others), e.inputs[2]!.shape);
}

/**
 * The cotangent of the weights: a convolution of the larger side by the smaller, in which strides and dilations change places. Rows of the batch are its channels, and channels of the
 * larger side a spatial dimension more, over which windows are 1 wide: one wide matrix product makes all weights.
 */
function ofWeights(
  e: NodeExpression,
  large: Expression,
  small: Expression,
  shape: Shape,
  { node, reshape, transpose, slice }: Build,
): Expression {
  const { strides, pads, dilations, rank, group } = windowOf(shape, e.attributes);
  const [n, channels] = [known(large.shape, 0), known(large.shape, 1)];
  const axes = Array.from({ length: rank }, (_, k) => k);
  const apart = reshape(large, [n, group, channels / group, ...large.shape.slice(2)]);
  const turned = group === 1 ? apart : transpose(apart, [1, 0, 2, ...axes.map((k) => k + 3)]);
  const rows = reshape(turned, [1, group * n, channels / group, ...large.shape.slice(2)]);
  const taps = transpose(small, [1, 0, ...axes.map((k) => k + 2)]);
  const flat = reshape(taps, [taps.shape[0]!, n, 1, ...taps.shape.slice(2)]);
  const [before, after] = [pads.slice(0, rank), pads.slice(rank)];
  const unreached = axes.map((k) => {
    const covered = (known(shape, k + 2) - 1) * dilations[k]! + 1;
    const reached = (known(small.shape, k + 2) - 1) * strides[k]! + covered;
    return known(large.shape, k + 2) + before[k]! + after[k]! - reached;
  });
  const attributes = {
    strides: { ints: [1, ...dilations] },
    dilations: { ints: [1, ...strides] },
    pads: { ints: [0, ...before, 0, ...after.map((size, k) => Math.max(0, size - unreached[k]!))] },
    group: { int: group },
  };
  const product = node("Conv", [rows, flat], attributes);
  // Places at the end that no window had reached, beyond the padding, make a few too many.
  const cut = axes.reduce<Expression>((all, k) => slice(all, k + 3, 0, known(shape, k + 2)), product);
  return reshape(cut, shape);
}

/** Weights of as many dimensions as what they weigh, for its channels. */
function fits(x: Shape, w: Shape, channels: number): void {
  if (x.length < 3 || x.length !== w.length || x[1] !== channels)
    throw shapeError("a convolution whose weights do not fit", x, w);
}

function windowOf(w: Shape, attributes: Attributes) {
  const rank = w.length - 2;
  const ones = Array.from({ length: rank }, () => 1);
  return {
    rank,
    strides: intsOf(attributes, "strides", ones),
    dilations: intsOf(attributes, "dilations", ones),
    pads: intsOf(attributes, "pads", [...ones, ...ones].fill(0)),
    group: intOf(attributes, "group", 1),
  };
}

/** Elements that meet: of the side that windows belong to, of the side that they move over, and of the weights. */
interface Tap {
  readonly small: number;
  readonly large: number;
  readonly weight: number;
}

/** Visits each tap of each window. `w` is channels of the small side x channels of the large side per group x ... */
function overTaps(
  small: readonly number[],
  large: readonly number[],
  w: Tensor,
  attributes: Attributes,
  visit: (tap: Tap) => void,
): void {
  const { strides, pads, dilations, group } = windowOf(w.dims, attributes);
  const [perSmall, perLarge] = [small[1]! / group, large[1]! / group];
  for (let i = 0; i < sizeOf(small); i++) {
    const [n, o, ...p] = placeOf(i, small) as [number, number, ...number[]];
    const g = Math.floor(o / perSmall);
    for (let t = 0; t < w.data.length / w.dims[0]!; t++) {
      const [c, ...k] = placeOf(t, w.dims.slice(1)) as [number, ...number[]];
      const q = p.map((at, a) => at * strides[a]! + k[a]! * dilations[a]! - pads[a]!);
      if (q.some((at, a) => at < 0 || at >= large[a + 2]!)) continue;
      visit({
        small: i,
        large: offsetOf([n, g * perLarge + c, ...q], large),
        weight: (o * w.data.length) / w.dims[0]! + t,
      });
    }
  }
}

function withBias(x: Tensor, dims: readonly number[], sums: Float64Array, bias: Tensor | undefined): Tensor {
  const perChannel = sizeOf(dims.slice(2));
  const channel = (i: number) => Math.floor(i / perChannel) % dims[1]!;
  return like(x, dims, (i) => sums[i]! + (bias ? Number(bias.data[channel(i)]) : 0));
}

function known(shape: Shape, axis: number): number {
  const dim = shape[axis]!;
  if (typeof dim === "number") return dim;
  throw shapeError("a convolution along a dimension of unknown size", shape, [dim]);
}
