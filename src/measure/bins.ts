/**
 * Bins over the bit patterns of non-negative float32 numbers, which order like the numbers: fine where a sample says that
 * the values are, coarse (32 to the octave) elsewhere. Histograms over them give ranks and quantiles of
 * billions of values without a list of them.
 */
export interface Bins {
  /** Bit patterns of [low, high) fall into fine bins of 2^shift patterns each. Both are multiples of 2^18. */
  readonly low: number;
  readonly high: number;
  readonly shift: number;
  readonly count: number;
}

const COARSE_SHIFT = 18;
const FINE_BITS = 17;
/** Bit pattern of Infinity: the last that occurs. */
const INFINITY_BITS = 0x7f800000;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The bit pattern of `value` rounded to float32. */
export function bitsOf(value: number): number {
  scratch[0] = value;
  return scratchBits[0]!;
}

function floatOf(bits: number): number {
  scratchBits[0] = bits;
  return scratch[0]!;
}

/** Bins that are fine from half the smallest positive sampled value to twice the largest. */
export function binsFor(sample: ArrayLike<number>): Bins {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < sample.length; i++) {
    const value = sample[i]!;
    if (value > 0 && value < smallest) smallest = value;
    if (value > largest && value < Number.POSITIVE_INFINITY) largest = value;
  }
  if (largest === 0) return { low: 0, high: 0, shift: 0, count: (INFINITY_BITS >>> COARSE_SHIFT) + 1 };
  const low = (bitsOf(smallest / 2) >>> COARSE_SHIFT) << COARSE_SHIFT;
  const high = Math.min(INFINITY_BITS, ((bitsOf(largest * 2) >>> COARSE_SHIFT) + 1) << COARSE_SHIFT);
  let shift = 0;
  while ((high - low) >>> shift > 2 ** FINE_BITS) shift++;
  const count =
    (low >>> COARSE_SHIFT) + ((high - low) >>> shift) + ((INFINITY_BITS - high) >>> COARSE_SHIFT) + 1;
  return { low, high, shift, count };
}

/** The bin of a bit pattern. Ascends with the value. */
export function binOf({ low, high, shift }: Bins, bits: number): number {
  if (bits < low) return bits >>> COARSE_SHIFT;
  const below = low >>> COARSE_SHIFT;
  if (bits < high) return below + ((bits - low) >>> shift);
  return below + ((high - low) >>> shift) + ((bits - high) >>> COARSE_SHIFT);
}

/** The smallest value of a bin (`bin` may be `count`: the end of the last). */
export function binStart({ low, high, shift }: Bins, bin: number): number {
  const below = low >>> COARSE_SHIFT;
  const fine = (high - low) >>> shift;
  if (bin < below) return floatOf(bin << COARSE_SHIFT);
  if (bin < below + fine) return floatOf(low + ((bin - below) << shift));
  return floatOf(Math.min(INFINITY_BITS, high + ((bin - below - fine) << COARSE_SHIFT)));
}

/**
 * The p-quantile of the binned values, ln-linear between order statistics (NumPy's default on ln values). Each order statistic
 * is off by at most a bin's width: 2^-14 of the value or better where the values lie within eight octaves.
 * NaN when nothing was counted.
 */
export function binnedQuantile(bins: Bins, histogram: ArrayLike<number>, total: number, p: number): number {
  if (total === 0) return Number.NaN;
  const rank = p * (total - 1);
  const below = orderStatistic(bins, histogram, Math.floor(rank));
  const above = orderStatistic(bins, histogram, Math.min(total - 1, Math.floor(rank) + 1));
  return below * (above / below) ** (rank - Math.floor(rank));
}

/** The value of zero-based rank `rank`, its bin's values taken as evenly spread. */
function orderStatistic(bins: Bins, histogram: ArrayLike<number>, rank: number): number {
  let below = 0;
  for (let bin = 0; bin < bins.count; bin++) {
    const count = histogram[bin]!;
    if (below + count > rank) {
      const start = binStart(bins, bin);
      return start + ((rank - below + 0.5) / count) * (binStart(bins, bin + 1) - start);
    }
    below += count;
  }
  return binStart(bins, bins.count);
}

/** The values at the middles of `count` equal shares of what was counted, zeros left out; each to a bin's width. One pass. */
export function middles(bins: Bins, histogram: ArrayLike<number>, count: number): Float64Array {
  const values = new Float64Array(count);
  let total = 0;
  // Zeros, and numbers too small to be told from them, are in the first bin.
  for (let bin = 1; bin < bins.count; bin++) total += histogram[bin]!;
  let below = 0;
  let next = 0;
  for (let bin = 1; bin < bins.count && next < count; bin++) {
    below += histogram[bin]!;
    const middle = (binStart(bins, bin) + binStart(bins, bin + 1)) / 2;
    while (next < count && (next + 0.5) * total <= below * count) values[next++] = middle;
  }
  return values;
}

/** Mid-rank of each bin, scaled to (0, 1): (values below + half of those inside) / total. Ties share their mean rank. */
export function midRanks(histogram: ArrayLike<number>, total: number): Float64Array {
  const ranks = new Float64Array(histogram.length);
  let below = 0;
  for (let bin = 0; bin < histogram.length; bin++) {
    ranks[bin] = (below + histogram[bin]! / 2) / total;
    below += histogram[bin]!;
  }
  return ranks;
}

/** Standard deviation of the mid-ranks of all binned values. */
export function rankDeviation(histogram: ArrayLike<number>, ranks: Float64Array, total: number): number {
  let sum = 0;
  for (let bin = 0; bin < ranks.length; bin++) sum += histogram[bin]! * (ranks[bin]! - 0.5) ** 2;
  return Math.sqrt(sum / total);
}
