import { gatherRows, type Matrix, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { type Algebra, toUnitRows } from "../linalg/index.ts";
import { nearestNeighbors } from "../neighbors/index.ts";
import { hubnessCorrected } from "./csls.ts";
import { frameAnchors } from "./frame.ts";
import { type AlignMap, affineMap, mapRows } from "./map.ts";
import { rotate, scaled } from "./procrustes.ts";
import type { Cloud } from "./unsupervised-cloud.ts";
import { type Refined, turned } from "./unsupervised-refine.ts";

/** Rows of both sides that are held to be the same items. */
export interface BelievedPairs {
  /** Row numbers, side by side, ascending in `from`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Share of the other runs that came to this map and find the same partner, 0 to 1. No probability: all may err alike, and a row without a partner gets a neighbour of it. */
  readonly confidence: Float64Array;
}

export interface Pairing extends Watch {
  readonly engine: EngineInfo;
  readonly algebra: Algebra;
}

/** One side: rows of the space, and its principal axes. */
export interface Side {
  readonly rows: Matrix;
  readonly cloud: Cloud;
}

/**
 * Pairs among all rows given, and the map: mutual neighbours in the principal axes of the best run, orthogonal Procrustes in all dimensions over them, mutual neighbours once more, and Procrustes over those.
 *
 * Cost: 4 exact searches, 2 for each run that agrees; n m d each.
 */
export async function pairUp(
  from: Side,
  to: Side,
  best: Refined,
  agreeing: readonly Refined[],
  how: Pairing,
): Promise<{ readonly pairs: BelievedPairs; readonly map: AlignMap }> {
  const [x, y] = [from.cloud.place(from.rows), to.cloud.place(to.rows)];
  const first = await fitted(
    from.rows,
    to.rows,
    await mutualNeighbors(turned(x, best.rotation), y, how),
    how,
  );
  const mapped = lessMean(await mapRows(first.map, from.rows, how), first.mean);
  const pairs = await mutualNeighbors(mapped, lessMean(to.rows, first.mean), how);
  const confidence = new Float64Array(pairs.from.length);
  for (const { rotation } of agreeing) {
    const ids = await nearestOf(turned(x, rotation), y, how);
    pairs.from.forEach((i, p) => {
      if (ids[i] === pairs.to[p]) confidence[p]! += 1 / agreeing.length;
    });
  }
  const { map } = await fitted(from.rows, to.rows, pairs, how);
  return { pairs: { ...pairs, confidence }, map };
}

async function fitted(
  from: Matrix,
  to: Matrix,
  pairs: Pick<BelievedPairs, "from" | "to">,
  { engine, algebra }: Pairing,
) {
  const [x, y] = [gatherRows(from, pairs.from), gatherRows(to, pairs.to)];
  const anchors = await frameAnchors(x, y, { engine, algebra, unitRows: true });
  const { rotation, scale } = await rotate(anchors, algebra);
  return { map: await affineMap(scaled(rotation, scale), anchors, algebra), mean: anchors.to.mean };
}

/** Rows of length 1 less a mean: cosines tell them apart where all rows point one way. */
function lessMean({ data, rows, cols }: Matrix, mean: Float64Array): Matrix {
  const out = data.slice();
  toUnitRows(out, cols);
  for (let at = 0; at < out.length; at++) out[at]! -= mean[at % cols]!;
  return { data: out, rows, cols };
}

async function mutualNeighbors(a: Matrix, b: Matrix, how: Pairing) {
  const [there, back] = [await nearestOf(a, b, how), await nearestOf(b, a, how)];
  const from = Int32Array.from(there.keys()).filter((i) => back[there[i]!] === i);
  return { from, to: from.map((i) => there[i]!) };
}

/** The nearest row of b under CSLS, for each row of a. */
async function nearestOf(a: Matrix, b: Matrix, { engine, signal }: Pairing): Promise<Int32Array> {
  const watch = { ...(signal && { signal }) };
  const { queries, rows } = await hubnessCorrected(a, b, { engine, ...watch });
  return (await nearestNeighbors(queries, rows, { nNeighbors: 1, threads: engine.threads, ...watch })).ids;
}
