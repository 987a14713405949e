import { sampleWithoutReplacement } from "../base/index.ts";
import { allLengths, measuresAnyPair, type Space, slotRow, slotsOf } from "../neighbors/index.ts";
import type { SweptEvidence } from "./compare.ts";
import type { StudyOptions } from "./studies.ts";

/** Rows of which all pairs are looked at. */
export const LANDMARKS = 1000;

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
  { rng, engine, watch, once }: StudyOptions,
): Promise<LandmarkEvidence> {
  const { x, z } = spaces;
  const random = rng.split("landmarks");
  // Of geodesics only those from anchors are known.
  const known = measuresAnyPair(x, z) ? x.rows : slotsOf(layout);
  const rows = (
    known <= LANDMARKS
      ? Int32Array.from({ length: known }, (_, i) => i)
      : sampleWithoutReplacement(random, known, LANDMARKS)
  ).map((at) => (known === x.rows ? at : slotRow(layout, at)));
  const lengths = (space: Space) =>
    once(space, `lengths between landmarks of ${known}`, () => allLengths(space, rows, engine, watch));
  return { rows, x: await lengths(x), z: await lengths(z) };
}
