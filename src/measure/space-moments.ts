import { covarianceOf, type MomentsOptions, PCA_COLS, type SpectrumTask, spectra } from "../linalg/index.ts";
import type { Space } from "../neighbors/index.ts";
import { gramOf } from "./gram.ts";

/** Second moments of one space about its mean, in scaled units, and their eigenvalues, descending; null where nobody asked for them. */
export type SpaceMoments =
  | {
      readonly kind: "covariance";
      /** `cols x cols`, over all rows. */
      readonly matrix: Float64Array;
      readonly cols: number;
      readonly eigenvalues: Float64Array | null;
    }
  | {
      readonly kind: "gram";
      /** `rows x rows`: inner products of some rows, centred. */
      readonly matrix: Float64Array;
      readonly rows: number;
      readonly eigenvalues: Float64Array | null;
      /** Those of the first JACKKNIFED rows without each group of them; empty when there are no other rows. */
      readonly without: readonly Float64Array[];
    };

/** Parts that landmark rows are cut into, to see how much a number hangs on them. */
export const GRAM_GROUPS = 10;

/** Rows whose eigenvalues are found again without each group: of all landmarks that would cost ten times the rest. */
export const JACKKNIFED = 400;

export interface SpaceMomentsOptions extends MomentsOptions {
  /** Whether eigenvalues are wanted. */
  readonly spectrum: boolean;
}

/**
 * Second moments of a space: over all rows up to PCA_COLS dimensions, else over landmark rows.
 *
 * @param known the covariance, in the units of the data
 */
export function momentsOfSpace(
  space: Space,
  landmarks: Int32Array,
  known: Float64Array | null,
  options: SpaceMomentsOptions,
): Promise<SpaceMoments> {
  return space.cols > PCA_COLS ? fromGram(space, landmarks, options) : fromRows(space, known, options);
}

/** The rows of a space as its metric sees them: of length 1 under cosine, else as they are. */
export function placedRows({ data, stored, rows, cols, scales, centre }: Space) {
  return { data, stored, rows, cols, scale: scales, centre };
}

async function fromRows(
  space: Space,
  known: Float64Array | null,
  options: SpaceMomentsOptions,
): Promise<SpaceMoments> {
  const matrix = known
    ? known.map((value) => value * space.unit ** 2)
    : (await covarianceOf(placedRows(space), options)).covariance;
  const { cols } = space;
  if (!options.spectrum) return { kind: "covariance", matrix, cols, eigenvalues: null };
  const [eigenvalues] = await spectra([{ kind: "eigenvalues", matrix, n: cols }], options);
  return { kind: "covariance", matrix, cols, eigenvalues: eigenvalues! };
}

async function fromGram(
  space: Space,
  landmarks: Int32Array,
  options: SpaceMomentsOptions,
): Promise<SpaceMoments> {
  const rows = landmarks.length;
  const matrix = await gramOf(space, landmarks, options);
  if (!options.spectrum) return { kind: "gram", matrix, rows, eigenvalues: null, without: [] };
  const groups = rows < space.rows ? GRAM_GROUPS : 0;
  const tasks: SpectrumTask[] = [{ kind: "eigenvalues", matrix, n: rows }];
  for (let group = 0; group < groups; group++) {
    const kept = outside(group, Math.min(rows, JACKKNIFED));
    tasks.push({ kind: "eigenvalues", matrix: centredPart(matrix, rows, kept), n: kept.length });
  }
  const [eigenvalues, ...without] = await spectra(tasks, options);
  return { kind: "gram", matrix, rows, eigenvalues: eigenvalues!, without };
}

/** The first `rows` landmarks without a group. They come in random order, and groups are dealt out in turn. */
export function outside(group: number, rows: number): number[] {
  return Array.from({ length: rows }, (_, r) => r).filter((r) => r % GRAM_GROUPS !== group);
}

/** Inner products of the rows that are kept, about their own mean. */
function centredPart(gram: Float64Array, rows: number, kept: readonly number[]): Float64Array {
  const m = kept.length;
  const part = new Float64Array(m * m);
  const means = new Float64Array(m);
  for (let r = 0; r < m; r++) {
    for (let s = 0; s < m; s++) {
      part[r * m + s] = gram[kept[r]! * rows + kept[s]!]!;
      means[r]! += part[r * m + s]! / m;
    }
  }
  const mean = means.reduce((sum, value) => sum + value / m, 0);
  for (let r = 0; r < m; r++) for (let s = 0; s < m; s++) part[r * m + s]! += mean - means[r]! - means[s]!;
  return part;
}
