import { type Points, type Rng, throwIfAborted, type Watch } from "../../base/index.ts";
import { type EngineInfo, gatherPoints, openPlaces } from "../../engine/index.ts";
import { nearestIn } from "../../neighbors/exact.ts";
import { lengthOf, makeSpace, openSearched, type Space, type StraightMetric } from "../../neighbors/index.ts";

/** Rows, their nearest in the original, and where each belongs in the space. */
export interface Nearby {
  readonly k: number;
  /** Nearest originals, `n x k`, and their distances. */
  readonly ids: Int32Array;
  readonly lengths: Float64Array;
  /** Cluster of each row; noise goes with the cluster whose row is nearest in the space. */
  readonly homes: Int32Array;
  /** The space, for cuts through it. */
  readonly space: Space;
}

/** The nearest originals of all rows, and the homes of noise. */
export async function nearbyOf(
  original: Points,
  space: Points,
  labels: Int32Array,
  how: {
    readonly k: number;
    readonly metrics: { readonly original: StraightMetric; readonly space: StraightMetric };
    readonly engine: EngineInfo;
    readonly watch: Watch;
  },
): Promise<Nearby> {
  const { k, metrics, engine, watch } = how;
  const place = await makeSpace(original, metrics.original, { engine, name: "the original" });
  const { ids, orders } = await nearestIn(place, place, k, engine, watch);
  throwIfAborted(watch.signal);
  return {
    ...{ k, ids },
    lengths: Float64Array.from(orders, (order) => lengthOf(order, place)),
    homes: await homesOf(space, labels, metrics.space, engine),
    space: await makeSpace(space, metrics.space, { engine, name: "the space" }),
  };
}

async function homesOf(
  space: Points,
  labels: Int32Array,
  metric: StraightMetric,
  engine: EngineInfo,
): Promise<Int32Array> {
  const rows = Int32Array.from(labels.keys());
  const [noise, members] = [rows.filter((i) => labels[i]! < 0), rows.filter((i) => labels[i]! >= 0)];
  const homes = labels.slice();
  if (noise.length === 0 || members.length === 0) return homes;
  const searched = await openSearched(gatherPoints(space, members), { metric, engine, name: "members" });
  const { ids } = await searched.nearest(gatherPoints(space, noise), 1);
  noise.forEach((i, at) => {
    homes[i] = labels[members[ids[at]!]!]!;
  });
  return homes;
}

/** Directions along which a cluster is halved. */
const CUTS = 16;

/**
 * The share of nearest originals that halving some rows parts: rows are cut at the median along random directions of the space, mean over 16 of them.
 *
 * @param rows row numbers; only neighbours among them count
 */
export function halvingShare({ ids, k, space }: Nearby, rows: Int32Array, random: Rng): number {
  const { values, place } = openPlaces(space);
  const { cols, scales } = space;
  // 1 and 2: the halves.
  const half = new Uint8Array(space.rows);
  let parted = 0;
  for (let cut = 0; cut < CUTS; cut++) {
    const direction = Float64Array.from({ length: cols }, () => random.normal());
    const along = Float64Array.from(rows, (i) => {
      const at = place(i);
      return direction.reduce((sum, weight, c) => sum + weight * values[at + c]! * scales[i]!, 0);
    });
    const middle = along.slice().sort()[along.length >> 1]!;
    rows.forEach((i, at) => {
      half[i] = along[at]! < middle ? 1 : 2;
    });
    for (const i of rows) {
      for (let p = i * k; p < (i + 1) * k; p++) if (half[i]! + half[ids[p]!]! === 3) parted++;
    }
  }
  return parted / (CUTS * k * rows.length);
}

/** Nearest originals of some rows that are among others, by their number: the larger share of the two sides. */
export function crossingShare({ ids, k }: Nearby, rows: Int32Array, others: Int32Array, n: number): number {
  const side = new Uint8Array(n);
  for (const i of rows) side[i] = 1;
  for (const i of others) side[i] = 2;
  const out = [0, 0, 0];
  for (const i of [...rows, ...others]) {
    for (let p = i * k; p < (i + 1) * k; p++) if (side[i]! + side[ids[p]!]! === 3) out[side[i]!]!++;
  }
  return Math.max(out[1]! / (k * Math.max(1, rows.length)), out[2]! / (k * Math.max(1, others.length)));
}

/**
 * Intrinsic dimension around some rows: maximum likelihood (Levina & Bickel 2004), averaged as MacKay & Ghahramani (2005). Null where no two distances differ.
 */
export function dimensionAround({ k, lengths }: Nearby, rows: Int32Array): number | null {
  let sum = 0;
  for (const i of rows) {
    const last = lengths[i * k + k - 1]!;
    for (let p = i * k; p < (i + 1) * k - 1; p++) if (lengths[p]! > 0) sum += Math.log(last / lengths[p]!);
  }
  return sum > 0 ? (rows.length * (k - 2)) / sum : null;
}
