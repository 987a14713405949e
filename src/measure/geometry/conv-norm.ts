import { type Batch, largestSingularBound, type Multiplier } from "./spectral-norm.ts";

/** A convolution: its weights `channels out x channels in / group x ...`, and the sizes that it moves over. */
export interface Convolution {
  readonly weights: ArrayLike<number>;
  readonly dims: readonly number[];
  readonly group: number;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Spatial sizes of its input, padding included. */
  readonly sizes: readonly number[];
}

export interface ConvolutionBound {
  readonly bound: number;
  readonly by: "frequencies" | "unfolding";
}

/** Multiplications of the Gram matrices of all frequencies up to which they are looked at one by one. */
const MOST_WORK = 4e10;

/** Numbers of the frequencies that are looked at together. */
const CHUNK_NUMBERS = 2 ** 21;

/**
 * An upper bound of the norm of a convolution as a linear map. With zeros around, it is part of the circular convolution on a grid large enough that nothing meets itself again, whose norm is the
 * largest over the frequencies of the grid (Sedghi et al. 2019). A stride makes channels of the places within it. Where that is too much work, it is
 * sqrt(taps) times the norm of the weights as one matrix (Singla & Feizi 2021).
 */
export async function convolutionBound(conv: Convolution, multiplier: Multiplier): Promise<ConvolutionBound> {
  const [out, inner] = conv.dims as [number, number];
  const phases = conv.strides.reduce((all, stride) => all * stride, 1);
  const grid = gridOf(conv);
  const frequencies = grid.reduce((all, size) => all * size, 1) / 2 + 1;
  const [rows, cols] = [out / conv.group, inner * phases];
  const work = 4 * frequencies * conv.group * Math.min(rows, cols) * rows * cols;
  if (work > MOST_WORK) return { bound: await unfolded(conv, multiplier), by: "unfolding" };
  const all = placesOf(grid).filter((frequency) => isFirstOfPair(frequency, grid));
  const chunk = Math.max(1, Math.floor(CHUNK_NUMBERS / (2 * conv.group * rows * cols)));
  let [bound, least] = [0, 0];
  for (let from = 0; from < all.length; from += chunk) {
    const part = transformed(conv, grid, all.slice(from, from + chunk));
    const found = await largestSingularBound(part, multiplier, { least, isComplex: true });
    bound = Math.max(bound, found.bound);
    least = Math.max(least, found.reached);
  }
  return { bound, by: "frequencies" };
}

/** Places along each dimension of the grid, in strides. */
function gridOf({ dims, strides, dilations, sizes }: Convolution): number[] {
  return sizes.map((size, k) => {
    const covered = (dims[k + 2]! - 1) * dilations[k]! + 1;
    return Math.ceil((size + covered - 1) / strides[k]!);
  });
}

/** The complex matrix of each frequency and group, X next to -Y. */
function transformed(
  conv: Convolution,
  grid: readonly number[],
  frequencies: readonly (readonly number[])[],
): Batch {
  const { weights, dims, group, strides, dilations } = conv;
  const [out, inner, ...kernel] = dims as [number, number, ...number[]];
  const own = out / group;
  const phases = strides.reduce((all, stride) => all * stride, 1);
  const wide = inner * phases;
  const taps = kernel.reduce((all, size) => all * size, 1);
  const places = placesOf(kernel).map((place) => place.map((at, k) => at * dilations[k]!));
  const phaseOf = places.map((place) =>
    place.reduce((all, at, k) => all * strides[k]! + (at % strides[k]!), 0),
  );
  const steps = places.map((place) => place.map((at, k) => Math.floor(at / strides[k]!)));
  const data = new Float64Array(frequencies.length * out * 2 * wide);
  frequencies.forEach((frequency, f) => {
    const angles = steps.map((step) =>
      step.reduce((sum, at, k) => sum + (2 * Math.PI * at * frequency[k]!) / grid[k]!, 0),
    );
    const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
    for (let o = 0; o < out; o++) {
      const row = (f * out + o) * 2 * wide;
      for (let c = 0; c < inner; c++) {
        for (let t = 0; t < taps; t++) {
          const weight = weights[(o * inner + c) * taps + t]!;
          const column = row + c * phases + phaseOf[t]!;
          data[column]! += weight * cosines[t]!;
          data[column + wide]! -= weight * sines[t]!;
        }
      }
    }
  });
  return { data, count: frequencies.length * group, rows: own, cols: 2 * wide };
}

/** Of a frequency and its opposite, whose matrices are conjugate, the one that comes first. */
function isFirstOfPair(frequency: readonly number[], grid: readonly number[]): boolean {
  const opposite = frequency.map((at, k) => (grid[k]! - at) % grid[k]!);
  for (const [k, at] of frequency.entries()) if (at !== opposite[k]) return at < opposite[k]!;
  return true;
}

/** All places of a grid. */
function placesOf(grid: readonly number[]): number[][] {
  return grid.reduce<number[][]>(
    (places, size) => places.flatMap((place) => Array.from({ length: size }, (_, at) => [...place, at])),
    [[]],
  );
}

async function unfolded({ weights, dims, group }: Convolution, multiplier: Multiplier): Promise<number> {
  const [out, inner, ...kernel] = dims as [number, number, ...number[]];
  const taps = kernel.reduce((all, size) => all * size, 1);
  const own = out / group;
  const data = Float64Array.from(weights);
  const { bound } = await largestSingularBound(
    { data, count: group, rows: own, cols: inner * taps },
    multiplier,
  );
  return bound * Math.sqrt(taps);
}
