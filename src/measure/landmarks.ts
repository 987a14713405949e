import { sampleWithoutReplacement } from "../base/index.ts";
import { allLengths } from "../neighbors/index.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";

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
  { spaces }: SweptEvidence,
  { rng, engine, watch }: CompareOptions,
): Promise<LandmarkEvidence> {
  const n = spaces.x.rows;
  const rows =
    n <= LANDMARKS
      ? Int32Array.from({ length: n }, (_, i) => i)
      : sampleWithoutReplacement(rng.split("landmarks"), n, LANDMARKS);
  return {
    rows,
    x: await allLengths(spaces.x, rows, engine, watch),
    z: await allLengths(spaces.z, rows, engine, watch),
  };
}
