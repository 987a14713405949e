import { checkInteger, IsometerError, type Matrix, powerOfTwoNear } from "../../base/index.ts";

/** Float32, as the values are. */
interface Whole {
  readonly kind: "float32";
  readonly bits: 32;
}

/** IEEE 754 half precision of values times a power of two. */
interface Half {
  readonly kind: "float16";
  readonly bits: 16;
  /** Brings the largest value near 1, so that none leaves the range of half precision. */
  readonly unit: number;
}

/** Equal steps between two limits, per dimension. */
interface Uniform {
  readonly kind: "uniform";
  readonly bits: number;
  /** The lowest level of each dimension, d. */
  readonly low: Float32Array;
  /** From one level to the next, d; 0 where a dimension is constant. */
  readonly step: Float32Array;
}

/** Levels that lie as the values do, per dimension. */
interface LloydMax {
  readonly kind: "lloyd-max";
  readonly bits: number;
  /** `d x 2^bits`, ascending in each dimension. */
  readonly levels: Float32Array;
}

/** How the numbers of a row are rounded, dimension by dimension: to the nearest of the levels that `bits` bits can name. */
export type Quantizer = Whole | Half | Uniform | LloydMax;

/** How levels are placed. */
export type Placement = "uniform" | "lloyd-max";

/** Bits of a number that a quantizer can have. */
export const QUANTIZED_BITS = [32, 16, 8, 4, 2, 1] as const;
export type QuantizedBits = (typeof QUANTIZED_BITS)[number];

/** Bytes of a row of d numbers, packed: ceil(d bits / 8). */
export function bytesOfRow(dims: number, bits: number): number {
  return Math.ceil((dims * bits) / 8);
}

/** Values as they are. */
export const WHOLE: Quantizer = { kind: "float32", bits: 32 };

/**
 * Half precision, scaled by a power of two so that the largest training value is near 1.
 *
 * @param training n x d
 */
export function fitHalf({ data }: Matrix): Quantizer {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { kind: "float16", bits: 16, unit: powerOfTwoNear(largest) };
}

/**
 * Equal steps from the smallest to the largest value of each dimension among training rows: what faiss calls QT_8bit and QT_4bit, but for the levels, which are at the ends of the
 * range here and in the middle of equal cells there.
 *
 * @param training n x d
 * @param bits 1 to 8
 * @throws bad-option
 */
export function fitUniform({ data, rows, cols }: Matrix, bits: number): Quantizer {
  checkInteger("bits", bits, 1, 8);
  const low = new Float32Array(cols).fill(Number.POSITIVE_INFINITY);
  const high = new Float32Array(cols).fill(Number.NEGATIVE_INFINITY);
  for (let at = 0, i = 0; i < rows; i++) {
    for (let k = 0; k < cols; k++, at++) {
      const value = data[at]!;
      if (value < low[k]!) low[k] = value;
      if (value > high[k]!) high[k] = value;
    }
  }
  const steps = 2 ** bits - 1;
  return { kind: "uniform", bits, low, step: low.map((from, k) => (high[k]! - from) / steps) };
}

/** Steps of Lloyd's iteration at most: it settles in far fewer, and what is left to gain is nothing beside the sampling error. */
const MOST_STEPS = 100;
const STILL = 1e-6;

/**
 * The 2^bits levels per dimension with the least squared error on training rows (Lloyd 1982, method I; Max 1960): each level is the mean of the values nearest to it.
 * With one bit these are the means below and above a threshold half-way between them. From quantiles on; a local optimum.
 *
 * Cost n log n to sort a dimension, then O(2^bits log n) a step.
 *
 * @param training n x d; n well above 2^bits
 * @param bits 1 to 8
 * @throws bad-option
 */
export function fitLloydMax({ data, rows, cols }: Matrix, bits: number): Quantizer {
  checkInteger("bits", bits, 1, 8);
  if (rows === 0) throw new IsometerError("too-few-rows", "levels need rows to be fitted to");
  const count = 2 ** bits;
  const levels = new Float32Array(cols * count);
  const sorted = new Float32Array(rows);
  const sums = new Float64Array(rows + 1);
  for (let k = 0; k < cols; k++) {
    for (let i = 0; i < rows; i++) sorted[i] = data[i * cols + k]!;
    sorted.sort();
    for (let i = 0; i < rows; i++) sums[i + 1] = sums[i]! + sorted[i]!;
    levels.set(lloyd(sorted, sums, count), k * count);
  }
  return { kind: "lloyd-max", bits, levels };
}

/** The levels of one dimension. `sums[i]` is that of the first i values. */
function lloyd(sorted: Float32Array, sums: Float64Array, count: number): Float64Array {
  const n = sorted.length;
  const spread = sorted[n - 1]! - sorted[0]!;
  const levels = new Float64Array(count).map((_, l) => sorted[Math.floor(((l + 0.5) / count) * n)]!);
  for (let step = 0; step < MOST_STEPS; step++) {
    let moved = 0;
    for (let l = 0, from = 0; l < count; l++) {
      const to = l + 1 < count ? firstBeyond(sorted, (levels[l]! + levels[l + 1]!) / 2, from) : n;
      // A level that has no values stays where it is.
      const mean = to > from ? (sums[to]! - sums[from]!) / (to - from) : levels[l]!;
      moved = Math.max(moved, Math.abs(mean - levels[l]!));
      levels[l] = mean;
      from = to;
    }
    if (moved <= STILL * spread) break;
  }
  return levels.sort();
}

/** The first place from `from` on whose value is above `limit`. */
function firstBeyond(sorted: Float32Array, limit: number, from: number): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rounds rows of `cols` numbers in place to what a quantizer keeps of them. Cost O(1) a number, O(bits) where levels are sought. */
export function quantize(values: Float32Array, cols: number, quantizer: Quantizer): void {
  if (quantizer.kind === "float16") {
    for (let at = 0; at < values.length; at++)
      values[at] = half(values[at]! * quantizer.unit) / quantizer.unit;
  } else if (quantizer.kind === "uniform") {
    quantizeUniform(values, cols, quantizer);
  } else if (quantizer.kind === "lloyd-max") {
    quantizeLevels(values, cols, quantizer);
  }
}

function quantizeUniform(values: Float32Array, cols: number, { bits, low, step }: Uniform): void {
  const top = 2 ** bits - 1;
  for (let start = 0; start < values.length; start += cols) {
    for (let k = 0; k < cols; k++) {
      const size = step[k]!;
      const place = size > 0 ? Math.round((values[start + k]! - low[k]!) / size) : 0;
      values[start + k] = low[k]! + size * Math.max(0, Math.min(top, place));
    }
  }
}

function quantizeLevels(values: Float32Array, cols: number, { bits, levels }: LloydMax): void {
  const count = 2 ** bits;
  // The lower border of each level; that of the first of a dimension is not looked at.
  const borders = levels.map((level, at) => (levels[Math.max(0, at - 1)]! + level) / 2);
  for (let start = 0; start < values.length; start += cols) {
    for (let k = 0, at = 0; k < cols; k++, at += count) {
      const value = values[start + k]!;
      let level = at;
      // The last level whose lower border is not above the value.
      for (let half = count >> 1; half > 0; half >>= 1) {
        const next = level + half;
        if (value > borders[next]!) level = next;
      }
      values[start + k] = levels[level]!;
    }
  }
}

/** The largest number of half precision. */
const LARGEST_HALF = 65504;
/** Below this, numbers of half precision lie 2^-24 apart. */
const SMALLEST_NORMAL = 2 ** -14;

/** The nearest number of half precision, ties to even; what is beyond its range is the largest. */
function half(value: number): number {
  const size = Math.abs(value);
  if (size >= LARGEST_HALF) return Math.sign(value) * LARGEST_HALF;
  // Float32 sums round to 2^-24 near 1; a product with 2^13 + 1 leaves 11 digits (Veltkamp 1968).
  if (size < SMALLEST_NORMAL) return Math.fround(Math.fround(value + 0.75) - 0.75);
  const shifted = Math.fround(Math.fround(value) * 8193);
  return Math.fround(shifted - Math.fround(shifted - Math.fround(value)));
}
