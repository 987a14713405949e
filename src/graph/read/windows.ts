import {
  constant,
  div,
  type Expression,
  matMul,
  max,
  node,
  scalar,
  transpose,
  where,
} from "../expression.ts";
import type { Attributes } from "../op.ts";
import { placeOf } from "../places.ts";
import { sizeOf } from "../shape.ts";
import type { Reader } from "./readers.ts";
import { bearable, needed, numbersOf, refused, type Source } from "./source.ts";

/** A window that moves over spatial dimensions. */
interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All numbers before, then all after. */
  readonly pads: readonly number[];
}

/** The window of a node over spatial dimensions of these sizes. */
function windowOf(source: Source, kernel: readonly number[], spatial: readonly number[]): Window {
  const ones = kernel.map(() => 1);
  const strides = source.ints("strides") ?? ones;
  const dilations = source.ints("dilations") ?? ones;
  const auto = source.text("auto_pad", "NOTSET");
  if (auto === "VALID") return { kernel, strides, dilations, pads: [...ones, ...ones].fill(0) };
  if (auto === "NOTSET")
    return { kernel, strides, dilations, pads: source.ints("pads") ?? [...ones, ...ones].fill(0) };
  if (auto !== "SAME_UPPER" && auto !== "SAME_LOWER")
    throw refused(source, `the padding ${auto} is not known here`);
  const missing = spatial.map((size, k) => {
    const covered = (kernel[k]! - 1) * dilations[k]! + 1;
    return Math.max(0, (Math.ceil(size / strides[k]!) - 1) * strides[k]! + covered - size);
  });
  const less = missing.map((total) => Math.floor(total / 2));
  const more = missing.map((total) => Math.ceil(total / 2));
  return {
    kernel,
    strides,
    dilations,
    pads: auto === "SAME_UPPER" ? [...less, ...more] : [...more, ...less],
  };
}

function attributesOf({ strides, dilations, pads }: Window, group: number): Attributes {
  return {
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: pads },
    group: { int: group },
  };
}

function conv(source: Source): Expression {
  const inputs = [needed(source, 0), needed(source, 1), ...(source.inputs[2] ? [source.inputs[2]] : [])];
  const [x, w] = inputs as [Expression, Expression];
  const window = windowOf(source, spatialOf(source, w), spatialOf(source, x));
  return node("Conv", inputs, attributesOf(window, source.int("group", 1)));
}

/** The sizes of all dimensions but the first two, which may be unknown. */
function spatialOf(source: Source, x: Expression): number[] {
  return x.shape.slice(2).map((dim) => {
    if (typeof dim === "number") return dim;
    throw refused(source, `the size of dimension ${dim} is not known`);
  });
}

function convTranspose(source: Source): Expression {
  if (source.ints("output_shape") || source.text("auto_pad", "NOTSET") !== "NOTSET")
    throw refused(source, "padding that follows from the size of the result is not known here");
  const inputs = [needed(source, 0), needed(source, 1), ...(source.inputs[2] ? [source.inputs[2]] : [])];
  const [x, w] = inputs as [Expression, Expression];
  const window = windowOf(source, spatialOf(source, w), spatialOf(source, x));
  const more = source.ints("output_padding");
  return node("ConvTranspose", inputs, {
    ...attributesOf(window, source.int("group", 1)),
    ...(more && { output_padding: { ints: more } }),
  });
}

/** With more padding at the end where the last window would stick out, as `ceil_mode` has it. */
function pooled(source: Source, x: Expression): Window {
  const spatial = spatialOf(source, x);
  const window = windowOf(source, source.ints("kernel_shape") ?? [], spatial);
  if (source.int("ceil_mode", 0) === 0) return window;
  const { kernel, strides, dilations, pads } = window;
  const after = spatial.map((size, k) => {
    const [before, own] = [pads[k]!, pads[k + spatial.length]!];
    const covered = (kernel[k]! - 1) * dilations[k]! + 1;
    const count = Math.ceil((size + before + own - covered) / strides[k]!) + 1;
    // A window that would start behind all numbers is none.
    const last = (count - 1) * strides[k]! >= size + before ? count - 1 : count;
    return Math.max(own, (last - 1) * strides[k]! + covered - size - before);
  });
  return { ...window, pads: [...pads.slice(0, spatial.length), ...after] };
}

/** The largest of each window: of as many cut-outs as the window has places. */
function maxPool(source: Source): Expression {
  if (source.outputs > 1) throw refused(source, "the places of the largest numbers are not known here");
  const x = needed(source, 0);
  const { kernel, strides, dilations, pads } = pooled(source, x);
  const padded = paddedWith(x, pads, kernel.length);
  const lengths = kernel.map((size, k) => {
    const covered = (size - 1) * dilations[k]! + 1;
    return Math.floor((Number(padded.shape[k + 2]) - covered) / strides[k]!) + 1;
  });
  const axes = kernel.map((_, k) => k + 2);
  const cuts = Array.from({ length: bearable(source, sizeOf(kernel)) }, (_, at) => {
    const starts = placeOf(at, kernel).map((place, k) => place * dilations[k]!);
    const ends = starts.map((start, k) => start + (lengths[k]! - 1) * strides[k]! + 1);
    return node("Slice", [padded], {
      starts: { ints: starts },
      ends: { ints: ends },
      axes: { ints: axes },
      steps: { ints: strides },
    });
  });
  return cuts.reduce((most, cut) => max(most, cut));
}

/** What no number exceeds: padding that is never the largest. */
const LEAST = -3.4028234663852886e38;

/** Padded with the least number there is: zeros where the padding lies, and then a choice. */
function paddedWith(x: Expression, pads: readonly number[], rank: number): Expression {
  if (pads.every((size) => size === 0)) return x;
  const ints = [0, 0, ...pads.slice(0, rank), 0, 0, ...pads.slice(rank)];
  const zeros = node("Pad", [x], { pads: { ints } });
  const inside = node("Pad", [ofOnes([1, 1, ...x.shape.slice(2).map(Number)])], { pads: { ints } });
  return where(node("Greater", [inside, scalar(0, "float")]), zeros, scalar(LEAST, x.type));
}

function ofOnes(dims: readonly number[]): Expression {
  return constant(new Float32Array(sizeOf(dims)).fill(1), dims);
}

/** The mean of each window: a convolution of each channel by ones, over how many numbers there are. */
function averagePool(source: Source): Expression {
  const x = needed(source, 0);
  const [, channels] = x.shape;
  if (typeof channels !== "number") throw refused(source, "the number of channels is not known");
  const window = pooled(source, x);
  const { kernel } = window;
  bearable(source, channels * sizeOf(kernel));
  const sums = node("Conv", [x, ofOnes([channels, 1, ...kernel])], attributesOf(window, channels));
  if (window.pads.every((size) => size === 0)) return div(sums, scalar(sizeOf(kernel), x.type));
  const spatial = spatialOf(source, x);
  const counted =
    source.int("count_include_pad", 0) === 1
      ? declared(source, spatial, window)
      : { ones: ofOnes([1, 1, ...spatial]), window };
  const counts = node("Conv", [counted.ones, ofOnes([1, 1, ...kernel])], attributesOf(counted.window, 1));
  return div(sums, counts);
}

/** Ones over the numbers and their declared padding, without what `ceil_mode` has put behind. */
function declared(source: Source, spatial: readonly number[], window: Window) {
  const rank = spatial.length;
  const own = windowOf(source, window.kernel, spatial).pads;
  const ones = ofOnes([1, 1, ...spatial.map((size, k) => size + own[k]! + own[k + rank]!)]);
  const pads = window.pads.map((size, k) => size - own[k]!);
  return { ones, window: { ...window, pads } };
}

function globalPool(op: "ReduceMean" | "ReduceMax"): Reader {
  return (source) => {
    const x = needed(source, 0);
    return node(op, [x], { axes: { ints: x.shape.flatMap((_, k) => (k >= 2 ? [k] : [])) } });
  };
}

/**
 * Resizing by nearest or linear places: along each dimension a product with the weights of places.
 */
function resize(source: Source): Expression {
  const x = needed(source, 0);
  const mode = source.text("mode", "nearest");
  if (mode !== "nearest" && mode !== "linear") throw refused(source, `the mode ${mode} is not known here`);
  if (source.int("antialias", 0) === 1)
    throw refused(source, "smoothing before it shrinks is not known here");
  const scales = numbersOf(source, 2) ?? [];
  const target = numbersOf(source, 3) ?? [];
  const axes = source.ints("axes") ?? x.shape.map((_, k) => k);
  return axes.reduce<Expression>((all, axis, k) => {
    const size = all.shape[axis];
    const isKept = target.length > 0 ? target[k] === size : scales[k] === 1;
    if (isKept) return all;
    if (typeof size !== "number") throw refused(source, "it resizes a dimension of unknown size");
    const to = target.length > 0 ? target[k]! : Math.floor(size * scales[k]!);
    const scale = target.length > 0 ? to / size : scales[k]!;
    return along(all, axis, placesOf(source, { mode, size, to, scale }));
  }, x);
}

interface Resizing {
  readonly mode: "nearest" | "linear";
  readonly size: number;
  readonly to: number;
  readonly scale: number;
}

/** Of each place of the result the weights of the places that it comes from, `to x size`. */
function placesOf(source: Source, { mode, size, to, scale }: Resizing): Float32Array {
  const transform = source.text("coordinate_transformation_mode", "half_pixel");
  const rounding = source.text("nearest_mode", "round_prefer_floor");
  const weights = new Float32Array(bearable(source, to * size));
  for (let i = 0; i < to; i++) {
    const at = cameFrom(source, transform, i, { mode, size, to, scale });
    const put = (place: number, weight: number) => {
      weights[i * size + Math.min(size - 1, Math.max(0, place))]! += weight;
    };
    if (mode === "nearest") put(rounded(source, rounding, at), 1);
    else {
      const low = Math.floor(at);
      put(low, 1 - (at - low));
      put(low + 1, at - low);
    }
  }
  return weights;
}

function cameFrom(source: Source, transform: string, i: number, { size, to, scale }: Resizing): number {
  switch (transform) {
    case "half_pixel":
      return (i + 0.5) / scale - 0.5;
    case "half_pixel_symmetric":
      return (size / 2) * (1 - to / (size * scale)) + (i + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return to > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return to > 1 ? (i * (size - 1)) / (to - 1) : 0;
    case "asymmetric":
      return i / scale;
    default:
      throw refused(source, `places by ${transform} are not known here`);
  }
}

function rounded(source: Source, how: string, at: number): number {
  switch (how) {
    case "round_prefer_floor":
      return Math.ceil(at - 0.5);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    default:
      throw refused(source, `rounding by ${how} is not known here`);
  }
}

/** A product along one axis with weights of `to x size`. */
export function along(x: Expression, axis: number, weights: Float32Array): Expression {
  const rank = x.shape.length;
  const size = Number(x.shape[axis]);
  const to = weights.length / size;
  const last = Array.from({ length: rank }, (_, k) => (k === axis ? rank - 1 : k === rank - 1 ? axis : k));
  const columns = new Float32Array(weights.length);
  for (let i = 0; i < to; i++) for (let k = 0; k < size; k++) columns[k * to + i] = weights[i * size + k]!;
  const turned = axis === rank - 1 ? x : transpose(x, last);
  const product = matMul(turned, constant(columns, [size, to]));
  return axis === rank - 1 ? product : transpose(product, last);
}

export const WINDOW_READERS: Readonly<Record<string, Reader>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool("ReduceMean"),
  GlobalMaxPool: globalPool("ReduceMax"),
  Resize: resize,
};
