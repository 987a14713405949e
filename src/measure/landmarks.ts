import { type Rng, sampleWithoutReplacement } from "../base/index.ts";
import { allLengths, measuresAnyPair, type Space, slotRow, slotsOf } from "../neighbors/index.ts";
import type { SweptEvidence } from "./compare.ts";
import type { StudyOptions } from "./studies.ts";

/** Rows that stand for all where all pairs of rows would be too many. */
export const LANDMARKS = 1000;

/** The landmarks of an audit, ascending: the same for every study of theirs, and for the map that shows what is achievable. */
export function drawLandmarks(rows: number, rng: Rng, count = LANDMARKS): Int32Array {
  if (rows <= count) return Int32Array.from({ length: rows }, (_, i) => i);
  return sampleWithoutReplacement(rng.split("landmarks"), rows, count);
}

/** The lengths of all pairs of some rows, in both spaces. */
export interface LandmarkEvidence {
  /** Row numbers, ascending, m of them: all rows up to 1,000, else drawn without replacement. */
  readonly rows: Int32Array;
  /** `m x m` each, in the units of the data, float64 from the points as given. */
  readonly x: Float64Array;
  readonly z: Float64Array;
}

/** Draws the landmarks and measures them. Cost m^2 (d_x + d_z) / 2, 16 m^2 bytes. */
export async function gatherLandmarks(
  { spaces, layout }: SweptEvidence,
  { rng, engine, watch, once, known }: StudyOptions,
): Promise<LandmarkEvidence> {
  const { x, z } = spaces;
  // Of geodesics only those from anchors are known.
  const reach = measuresAnyPair(x, z) ? x.rows : slotsOf(layout);
  const rows = drawLandmarks(reach, rng).map((at) => (reach === x.rows ? at : slotRow(layout, at)));
  const lengths = async (space: Space) => {
    if (known?.lengths && known.of === space && sameNumbers(known.lengths.rows, rows))
      return known.lengths.lengths;
    return once(space, `lengths between landmarks of ${reach}`, () => allLengths(space, rows, engine, watch));
  };
  return { rows, x: await lengths(x), z: await lengths(z) };
}

/** Whether two lists hold the same numbers in the same order. */
export function sameNumbers(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
