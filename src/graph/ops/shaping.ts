import type { Expression, NodeExpression } from "../expression.ts";
import { type Attributes, type Build, intOf, intsOf, like, type Op } from "../op.ts";
import { broadcastOffset, fromStart, offsetOf, placeOf } from "../places.ts";
import { broadcast, type Dim, type Shape, sameDim, shapeError } from "../shape.ts";

/** The same numbers in other dimensions, `shape`: 0 copies a dimension of the input, -1 is what is left. */
export const Reshape: Op = {
  name: "Reshape",
  operands: ["shape"],
  shape: ([x], attributes) => reshaped(x!, intsOf(attributes, "shape", [])),
  value: ([x], attributes) => ({
    data: x!.data,
    dims: reshaped(x!.dims, intsOf(attributes, "shape", [])) as number[],
  }),
  derivative: {
    jvp: (e, [t], { node }) => node("Reshape", [t!], e.attributes),
    transpose: (e, _, cotangent, { reshape }) => reshape(cotangent, e.inputs[0]!.shape),
  },
};

function reshaped(x: Shape, wanted: readonly number[]): Shape {
  const copied = new Set(wanted.flatMap((dim, k) => (dim === 0 ? [k] : [])));
  const shape: Dim[] = wanted.map((dim, k) => (dim === 0 ? x[k]! : dim));
  const product = (dims: Shape) =>
    dims.reduce<number>((all, dim, k) => (copied.has(k) || dim === -1 ? all : all * Number(dim)), 1);
  const left = shape.indexOf(-1);
  const [had, has] = [product(x), product(shape)];
  if (left >= 0) shape[left] = had / has;
  const fits = left >= 0 ? Number.isInteger(had / has) : had === has;
  if (!fits) throw shapeError("Reshape to another number of elements", x, wanted);
  return shape;
}

/** Dimension k of the result is dimension perm[k] of the input. Default: all reversed. */
export const Transpose: Op = {
  name: "Transpose",
  shape: ([x], attributes) => permOf(x!.length, attributes).map((from) => x![from]!),
  value([x], attributes) {
    const perm = permOf(x!.dims.length, attributes);
    const dims = perm.map((from) => x!.dims[from]!);
    return like(x!, dims, (i) => {
      const place = placeOf(i, dims);
      const source = x!.dims.map((_, k) => place[perm.indexOf(k)]!);
      return Number(x!.data[offsetOf(source, x!.dims)]);
    });
  },
  derivative: {
    jvp: (e, [t], { node }) => node("Transpose", [t!], e.attributes),
    transpose(e, _, cotangent, { transpose }) {
      const perm = permOf(e.shape.length, e.attributes);
      return transpose(
        cotangent,
        perm.map((__, k) => perm.indexOf(k)),
      );
    },
  },
};

function permOf(rank: number, attributes: Attributes): readonly number[] {
  const reversed = Array.from({ length: rank }, (_, k) => rank - 1 - k);
  return intsOf(attributes, "perm", reversed);
}

/** Repeated along dimensions that are 1, to what it broadcasts to with `shape`. */
export const Expand: Op = {
  name: "Expand",
  operands: ["shape"],
  shape: ([x], attributes) => broadcast(x!, intsOf(attributes, "shape", [])),
  value([x], attributes) {
    const dims = broadcast(x!.dims, intsOf(attributes, "shape", [])) as number[];
    return like(x!, dims, (i) => Number(x!.data[broadcastOffset(placeOf(i, dims), x!.dims)]));
  },
  derivative: {
    jvp: (e, [t], { node }) => node("Expand", [t!], e.attributes),
    transpose: (e, _, cotangent, { sumTo }) => sumTo(cotangent, e.inputs[0]!.shape),
  },
};

/** One after the other along `axis`. */
export const Concat: Op = {
  name: "Concat",
  shape(inputs, attributes) {
    const [first] = inputs as [Shape];
    const axis = axisOf(first, attributes);
    for (const other of inputs) {
      for (const [k, dim] of first.entries()) if (k !== axis) sameDim("Concat", dim, other[k]!);
    }
    const along = inputs.reduce((sum, shape) => sum + sized(shape, axis, "Concat"), 0);
    return first.map((dim, k) => (k === axis ? along : dim));
  },
  value(inputs, attributes) {
    const axis = axisOf(inputs[0]!.dims, attributes);
    const dims = Concat.shape(
      inputs.map((x) => x.dims),
      attributes,
    ) as number[];
    return like(inputs[0]!, dims, (i) => {
      const place = placeOf(i, dims);
      let which = 0;
      while (place[axis]! >= inputs[which]!.dims[axis]!) place[axis]! -= inputs[which++]!.dims[axis]!;
      return Number(inputs[which]!.data[offsetOf(place, inputs[which]!.dims)]);
    });
  },
  derivative: {
    jvp: (e, tangents, { node, zeros }) =>
      node(
        "Concat",
        tangents.map((t, at) => t ?? zeros(e.inputs[at]!)),
        e.attributes,
      ),
    transpose(e, at, cotangent, { slice }) {
      const axis = axisOf(e.shape, e.attributes);
      const before = e.inputs.slice(0, at).reduce((sum, x) => sum + sized(x.shape, axis, "Concat"), 0);
      return slice(cotangent, axis, before, before + sized(e.inputs[at]!.shape, axis, "Concat"));
    },
  },
};

/** Of each of `axes` the places from `starts` up to `ends`, every `steps`-th. Counted from the start, within the input, steps above 0. */
export const Slice: Op = {
  name: "Slice",
  operands: ["starts", "ends", "axes", "steps"],
  shape([x], attributes) {
    const shape = [...x!];
    for (const { axis, start, end, step } of cutsOf(attributes)) {
      shape[axis] = Math.max(0, Math.ceil((Math.min(end, sized(x!, axis, "Slice")) - start) / step));
    }
    return shape;
  },
  value([x], attributes) {
    const dims = Slice.shape([x!.dims], attributes) as number[];
    const cuts = cutsOf(attributes);
    return like(x!, dims, (i) => {
      const place = placeOf(i, dims);
      for (const { axis, start, step } of cuts) place[axis] = start + place[axis]! * step;
      return Number(x!.data[offsetOf(place, x!.dims)]);
    });
  },
  derivative: {
    jvp: (e, [t], { node }) => node("Slice", [t!], e.attributes),
    transpose: (e, _, cotangent, build) =>
      cutsOf(e.attributes).reduce(
        (back, { axis, start, step }) =>
          putBack(spaced(back, axis, step, build), axis, start, e.inputs[0]!, build),
        cotangent,
      ),
  },
};

function cutsOf(attributes: Attributes) {
  const [starts, ends, axes, steps] = ["starts", "ends", "axes", "steps"].map((name) =>
    intsOf(attributes, name, []),
  );
  return axes!.map((axis, k) => ({ axis, start: starts![k]!, end: ends![k]!, step: steps![k]! }));
}

/** With `step - 1` zeros after each place of an axis. */
function spaced(x: Expression, axis: number, step: number, { reshape, pad }: Build): Expression {
  if (step === 1) return x;
  const apart = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const padded = pad(reshape(x, apart), axis + 1, 0, step - 1);
  return reshape(
    padded,
    x.shape.map((dim, k) => (k === axis ? sized(x.shape, axis, "Slice") * step : dim)),
  );
}

/** From `start` on along an axis as long as that of `whole`, zeros elsewhere. */
function putBack(x: Expression, axis: number, start: number, whole: Expression, build: Build): Expression {
  const length = sized(whole.shape, axis, "Slice");
  // What spacing has put behind the last place may stick out.
  const kept = build.slice(x, axis, 0, Math.min(sized(x.shape, axis, "Slice"), length - start));
  return build.pad(kept, axis, start, length - start - sized(kept.shape, axis, "Slice"));
}

/** With zeros before and after each dimension: `pads` has all numbers before, then all after. */
export const Pad: Op = {
  name: "Pad",
  operands: ["pads"],
  shape([x], attributes) {
    const pads = intsOf(attributes, "pads", []);
    return x!.map((dim, k) => {
      const more = pads[k]! + pads[k + x!.length]!;
      return more === 0 ? dim : sized(x!, k, "Pad") + more;
    });
  },
  value([x], attributes) {
    const pads = intsOf(attributes, "pads", []);
    const dims = Pad.shape([x!.dims], attributes) as number[];
    return like(x!, dims, (i) => {
      const place = placeOf(i, dims).map((at, k) => at - pads[k]!);
      const isInside = place.every((at, k) => at >= 0 && at < x!.dims[k]!);
      return isInside ? Number(x!.data[offsetOf(place, x!.dims)]) : 0;
    });
  },
  derivative: {
    jvp: (e, [t], { node }) => node("Pad", [t!], e.attributes),
    transpose(e, _, cotangent, { slice }) {
      const pads = intsOf(e.attributes, "pads", []);
      return e.inputs[0]!.shape.reduce<Expression>((back, dim, k) => {
        const more = pads[k]! + pads[k + e.shape.length]!;
        return more === 0 ? back : slice(back, k, pads[k]!, pads[k]! + Number(dim));
      }, cotangent);
    },
  },
};

/** The places along `axis` that the second input names. */
export const Gather: Op = {
  name: "Gather",
  shape([x, ids], attributes) {
    const axis = axisOf(x!, attributes);
    return [...x!.slice(0, axis), ...ids!, ...x!.slice(axis + 1)];
  },
  value([x, ids], attributes) {
    const axis = axisOf(x!.dims, attributes);
    const dims = Gather.shape([x!.dims, ids!.dims], attributes) as number[];
    return like(x!, dims, (i) => {
      const place = placeOf(i, dims);
      const which = place.slice(axis, axis + ids!.dims.length);
      const id = Number(ids!.data[offsetOf(which, ids!.dims)]);
      const from = id < 0 ? id + x!.dims[axis]! : id;
      const source = [...place.slice(0, axis), from, ...place.slice(axis + ids!.dims.length)];
      return Number(x!.data[offsetOf(source, x!.dims)]);
    });
  },
  derivative: {
    jvp: (e, [t], { node }) => node("Gather", [t!, e.inputs[1]!], e.attributes),
    transpose: (e, _, cotangent, build) => scattered(e, cotangent, build),
  },
};

/** Sums of the cotangents that went to the same place: a product with the truths of which place is which. */
function scattered(e: NodeExpression, cotangent: Expression, build: Build): Expression {
  const [x, ids] = e.inputs as [Expression, Expression];
  const axis = axisOf(x.shape, e.attributes);
  const size = (dims: Shape) => dims.reduce<number>((all, _, k) => all * sized(dims, k, "Gather"), 1);
  const [before, along, after] = [
    size(x.shape.slice(0, axis)),
    sized(x.shape, axis, "Gather"),
    size(x.shape.slice(axis + 1)),
  ];
  const places = build.constant(
    BigInt64Array.from({ length: along }, (_, k) => BigInt(k)),
    [along, 1],
  );
  const flat = build.reshape(ids, [1, size(ids.shape)]);
  const counted = build.where(
    build.less(flat, build.constant(BigInt64Array.of(0n), [])),
    build.add(flat, build.constant(BigInt64Array.of(BigInt(along)), [])),
    flat,
  );
  const is = build.cast(build.equal(places, counted), e.type);
  const summed = build.matMul(is, build.reshape(cotangent, [before, size(ids.shape), after]));
  return build.reshape(summed, x.shape);
}

function axisOf(shape: Shape, attributes: Attributes): number {
  return fromStart([intOf(attributes, "axis", 0)], shape.length)[0]!;
}

/** A dimension that has to be known. */
function sized(shape: Shape, axis: number, what: string): number {
  const dim = shape[axis]!;
  if (typeof dim === "number") return dim;
  throw shapeError(`${what} along a dimension of unknown size`, shape, [dim]);
}
