import { type Matrix, type Rng, rng } from "../base/index.ts";
import { principalComponents } from "../linalg/index.ts";
import type { NearestResult } from "../neighbors/index.ts";
import type { RowPairs } from "./incidence.ts";
import { type FitOptions, quiet } from "./linear-map.ts";
import { neighborsFor, recallOf } from "./neighbors-for.ts";
import { pairLengths } from "./pair-lengths.ts";
import { drawPairRows } from "./pair-rows.ts";

/** Candidates beyond k, of which scaled distances choose. */
const MORE = 50;

/** A row's own scale is its mean distance to these of its neighbours, counted from 0: not the nearest, which may be copies. */
const SCALE_FROM = 3;
const SCALE_TO = 6;
const LEAST_SCALE = 1e-10;

/** Of so many rows that are drawn the second nearest is a mid-near one. */
const DRAWN = 6;

/** The pairs of PaCMAP (Wang, Huang, Rudin & Shaposhnik 2021, section 4.1): near, mid-near and further ones. */
export interface PacmapPairs {
  readonly near: RowPairs;
  readonly middle: RowPairs;
  readonly further: RowPairs;
  /** What there is to say of the search for neighbours. */
  readonly recall: ReturnType<typeof recallOf>;
}

export interface PairCounts {
  readonly near: number;
  readonly middle: number;
  readonly further: number;
}

/** Draws so many pairs of each kind for every row, fewer where there are not as many other rows. Cost: the neighbours (n^2 D / 2). */
export async function drawPairs(
  points: Matrix,
  counts: PairCounts,
  options: FitOptions,
): Promise<PacmapPairs> {
  const n = points.rows;
  const found = await neighborsFor(points, Math.min(counts.near + MORE, n - 1), options);
  const near = nearPairs(found, counts.near);
  const middle = await middlePairs(points, counts.middle, options);
  const further = furtherPairs(near, n, counts.further, rng(options.seed).split("further"));
  return { near, middle, further, recall: recallOf(found) };
}

/** The `count` neighbours of each row for which distance^2 over the product of both rows' own scales is least: where rows are dense, near means less. */
export function nearPairs(
  { k, ids, distances }: Pick<NearestResult, "k" | "ids" | "distances">,
  count: number,
) {
  const n = ids.length / k;
  const scales = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [from, to] = [i * k + Math.min(SCALE_FROM, k - 1), i * k + Math.min(SCALE_TO, k)];
    let sum = 0;
    for (let at = from; at < to; at++) sum += distances[at]!;
    scales[i] = Math.max(sum / (to - from), LEAST_SCALE);
  }
  const pairs = emptyPairs(n, count);
  const scaled = new Float64Array(k);
  const order = Array.from({ length: k }, (_, at) => at);
  for (let i = 0; i < n; i++) {
    for (let at = 0; at < k; at++) {
      order[at] = at;
      scaled[at] = distances[i * k + at]! ** 2 / scales[ids[i * k + at]!]!;
    }
    order.sort((a, b) => scaled[a]! - scaled[b]! || a - b);
    for (let s = 0; s < count; s++) pairs.tails[i * count + s] = ids[i * k + order[s]!]!;
  }
  return pairs;
}

/** The second nearest of each of `count` groups of rows: of those that follow it in a random order. */
async function middlePairs(points: Matrix, count: number, options: FitOptions): Promise<RowPairs> {
  const { unitRows, seed } = options;
  const n = points.rows;
  const size = Math.min(DRAWN, n - 1);
  const groups = Math.min(count, Math.floor((n - 1) / size));
  if (groups === 0 || size < 2) return emptyPairs(n, 0);
  const { mean } = await principalComponents(points, 1, quiet(options));
  const rows = drawPairRows(points, mean, { unitRows, random: rng(seed).split("middle") });
  const lengths = await pairLengths(rows, groups * size, options);
  const pairs = emptyPairs(n, groups);
  for (let place = 0; place < n; place++) {
    for (let g = 0; g < groups; g++) {
      const first = place * groups * size + g * size;
      const step = 1 + g * size + secondLeast(lengths.subarray(first, first + size));
      pairs.tails[rows.order[place]! * groups + g] = rows.order[(place + step) % n]!;
    }
  }
  return pairs;
}

function secondLeast(lengths: Float32Array): number {
  let [least, second] = [0, 1];
  if (lengths[1]! < lengths[0]!) [least, second] = [1, 0];
  for (let at = 2; at < lengths.length; at++) {
    if (lengths[at]! < lengths[least]!) [least, second] = [at, least];
    else if (lengths[at]! < lengths[second]!) second = at;
  }
  return second;
}

/** Different rows drawn from all that are neither the row itself nor paired with it as near; where no others are, from all others. */
export function furtherPairs({ tails }: RowPairs, n: number, count: number, random: Rng): RowPairs {
  const near = tails.length / n;
  const others = n - 1 - near;
  const width = Math.min(count, others > 0 ? others : n - 1);
  const pairs = emptyPairs(n, width);
  const taken = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    taken[i] = i;
    if (others > 0) for (let s = 0; s < near; s++) taken[tails[i * near + s]!] = i;
    for (let s = 0; s < width; s++) {
      let j = random.integer(n);
      while (taken[j] === i) j = random.integer(n);
      taken[j] = i;
      pairs.tails[i * width + s] = j;
    }
  }
  return pairs;
}

function emptyPairs(n: number, width: number): RowPairs {
  return {
    heads: Int32Array.from({ length: n * width }, (_, at) => Math.floor(at / width)),
    tails: new Int32Array(n * width),
  };
}
