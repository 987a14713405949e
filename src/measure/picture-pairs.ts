import { quantile, type Rng, throwIfAborted, type Watch } from "../base/index.ts";
import { exactOrder, lengthOf, measuresAnyPair, slotRow, slotsOf } from "../neighbors/index.ts";
import type { SweptEvidence } from "./compare.ts";

/** Pairs drawn for the density and the bands; all pairs where there are no more. */
const PAIRS = 200_000;

/** Near pairs looked at: neighbours of as many slots. */
const NEAR_PAIRS = 100_000;

/** Cells of the density, across and up. */
const CELLS = [64, 44] as const;

/** Bins of the stretch. */
const BINS = 72;

/** A column's median is told from this many pairs on. */
const ENOUGH = 40;

/** Original against latent lengths, counted in cells of equal size from (0, 0). */
export interface LengthDensity {
  readonly cells: readonly [across: number, up: number];
  /** Lengths at the right and the upper edge. */
  readonly most: readonly [original: number, latent: number];
  /** `up x across`, the lowest row first. */
  readonly counts: readonly number[];
  /** Pairs beyond an edge. */
  readonly outside: number;
  /** Median latent length of the pairs of each column; null where there are few. */
  readonly medians: readonly (number | null)[];
  /** The column with the most pairs: original lengths from and to, and the 5 % and 95 % quantiles of the latent ones. */
  readonly busiest: {
    readonly original: readonly [number, number];
    readonly latent: readonly [number, number];
  };
}

/** Histogram of the stretch of the pairs of a band. */
export interface BandHistogram {
  readonly name: "near" | "middle" | "far";
  /** Pairs of lengths above 0 in both spaces. */
  readonly n: number;
  readonly counts: readonly number[];
  /** Those below the first and above the last edge. */
  readonly below: number;
  readonly above: number;
}

/** What pairs look like: a picture of the stretch, not its measurement. */
export interface PairPicture {
  readonly pairs: number;
  /** Whether these are all pairs; else they were drawn independently. */
  readonly every: boolean;
  /** The scale that is taken out of the stretch. */
  readonly scale: number;
  readonly density: LengthDensity;
  /** Edges of the bins of all bands, evenly spaced in ln stretch. */
  readonly edges: readonly number[];
  readonly bands: readonly BandHistogram[];
}

interface Lengths {
  readonly x: Float64Array;
  readonly z: Float64Array;
}

/**
 * Draws pairs and counts them. Cost: 200,000 (d_x + d_z), and the latent lengths of at most 100,000 near pairs.
 *
 * @param scale of the stretch; null: the median ratio of the pairs drawn
 */
export function pairPicture(swept: SweptEvidence, scale: number | null, rng: Rng, watch: Watch): PairPicture {
  const { rows } = swept.layout;
  const every = (rows * (rows - 1)) / 2 <= PAIRS && measuresAnyPair(swept.spaces.x, swept.spaces.z);
  const drawn = measurePairs(swept, every ? null : rng, watch);
  const c = scale ?? medianRatio(drawn);
  const sorted = Float64Array.from(drawn.x).sort();
  const far = quantile(sorted, 2 / 3);
  const isFar = (_: number, i: number) => drawn.x[i]! >= far;
  const stretches = {
    near: swept.neighbors ? logStretch(nearLengths(swept, rng), c) : new Float64Array(0),
    middle: logStretch(drawn, c, (x, i) => !isFar(x, i)),
    far: logStretch(drawn, c, isFar),
  };
  const edges = edgesFor(Object.values(stretches));
  return {
    pairs: drawn.x.length,
    every,
    scale: c,
    density: densityOf(drawn, sorted.at(-1)!),
    edges: edges.map(Math.exp),
    bands: (["near", "middle", "far"] as const)
      .filter((name) => stretches[name].length > 0)
      .map((name) => ({ name, n: stretches[name].length, ...histogram(stretches[name], edges) })),
  };
}

/** Lengths of all pairs (no rng), or of pairs drawn with replacement. */
function measurePairs(swept: SweptEvidence, rng: Rng | null, { signal }: Watch): Lengths {
  const { spaces, layout } = swept;
  const { rows } = layout;
  const anyRow = measuresAnyPair(swept.spaces.x, swept.spaces.z);
  const xOrder = exactOrder(spaces.x, spaces.x);
  const zOrder = exactOrder(spaces.z, spaces.z);
  const count = rng ? PAIRS : (rows * (rows - 1)) / 2;
  const x = new Float64Array(count);
  const z = new Float64Array(count);
  let [i, j] = [0, 0];
  for (let p = 0; p < count; p++) {
    if (p % 4096 === 0) throwIfAborted(signal);
    if (rng) {
      i = anyRow ? rng.integer(rows) : slotRow(layout, rng.integer(slotsOf(layout)));
      const other = rng.integer(rows - 1);
      j = other < i ? other : other + 1;
    } else if (++j === rows) j = ++i + 1;
    x[p] = lengthOf(xOrder(i, j), spaces.x);
    z[p] = lengthOf(zOrder(i, j), spaces.z);
  }
  return { x, z };
}

/** Lengths to the k nearest neighbours in the original, of all slots or of evenly spread ones. */
function nearLengths({ neighbors, spaces, layout, k }: SweptEvidence, rng: Rng): Lengths {
  const { ids, orders } = neighbors!.x;
  const zOrder = exactOrder(spaces.z, spaces.z);
  const slots = slotsOf(layout);
  const step = Math.max(1, (slots * k) / NEAR_PAIRS);
  const start = step > 1 ? rng.split("near").uniform() * step : 0;
  const count = Math.floor((slots - 1 - start) / step) + 1;
  const x = new Float64Array(count * k);
  const z = new Float64Array(count * k);
  for (let s = 0; s < count; s++) {
    const slot = Math.floor(start + s * step);
    for (let q = 0; q < k; q++) {
      x[s * k + q] = lengthOf(orders[slot * k + q]!, spaces.x);
      z[s * k + q] = lengthOf(zOrder(slotRow(layout, slot), ids[slot * k + q]!), spaces.z);
    }
  }
  return { x, z };
}

function medianRatio(lengths: Lengths): number {
  const logs = logStretch(lengths, 1).sort();
  return logs.length > 0 ? Math.exp(quantile(logs, 0.5)) : 1;
}

/** ln dz / (c dx) of the pairs of lengths above 0. */
function logStretch({ x, z }: Lengths, c: number, keep?: (x: number, i: number) => boolean): Float64Array {
  const logs = new Float64Array(x.length);
  let count = 0;
  for (let p = 0; p < x.length; p++) {
    if (x[p]! > 0 && z[p]! > 0 && (!keep || keep(x[p]!, p))) logs[count++] = Math.log(z[p]! / (c * x[p]!));
  }
  return logs.subarray(0, count);
}

/** Even edges over all but the outermost 0.2 % of every band, at least from a half to two. */
function edgesFor(bands: readonly Float64Array[]): number[] {
  let low = Math.log(0.5);
  let high = Math.log(2);
  for (const logs of bands) {
    if (logs.length === 0) continue;
    const sorted = Float64Array.from(logs).sort();
    low = Math.min(low, quantile(sorted, 0.002));
    high = Math.max(high, quantile(sorted, 0.998));
  }
  return Array.from({ length: BINS + 1 }, (_, i) => low + ((high - low) * i) / BINS);
}

function histogram(logs: Float64Array, edges: readonly number[]): Omit<BandHistogram, "name" | "n"> {
  const counts = new Array<number>(BINS).fill(0);
  const [low, high] = [edges[0]!, edges.at(-1)!];
  let below = 0;
  let above = 0;
  for (const value of logs) {
    if (value < low) below++;
    else if (value > high) above++;
    else counts[Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS))]!++;
  }
  return { counts, below, above };
}

/** The upper edge leaves out the longest 0.05 % of latent lengths: one far outlier would flatten the rest. */
function densityOf({ x, z }: Lengths, longest: number): LengthDensity {
  const [across, up] = CELLS;
  const highest = quantile(Float64Array.from(z).sort(), 0.9995) || 1;
  const counts = new Array<number>(across * up).fill(0);
  const columns: number[][] = Array.from({ length: across }, () => []);
  let outside = 0;
  for (let p = 0; p < x.length; p++) {
    const column = Math.min(across - 1, Math.floor((x[p]! / longest) * across));
    columns[column]!.push(z[p]!);
    const row = Math.floor((z[p]! / highest) * up);
    if (z[p]! > highest) outside++;
    else counts[Math.min(up - 1, row) * across + column]!++;
  }
  const sorted = columns.map((lengths) => Float64Array.from(lengths).sort());
  const medians = sorted.map((lengths) => (lengths.length < ENOUGH ? null : quantile(lengths, 0.5)));
  const most = sorted.reduce((best, { length }, i) => (length > sorted[best]!.length ? i : best), 0);
  const busiest = {
    original: [(most * longest) / across, ((most + 1) * longest) / across] as const,
    latent: [quantile(sorted[most]!, 0.05), quantile(sorted[most]!, 0.95)] as const,
  };
  return { cells: CELLS, most: [longest, highest], counts, outside, medians, busiest };
}
