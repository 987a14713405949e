import { permutation } from "../base/index.ts";
import {
  crossCovariancesOf,
  type MomentsOptions,
  PCA_COLS,
  type SpectrumTask,
  spectra,
} from "../linalg/index.ts";
import type { SweptEvidence } from "./compare.ts";
import { gramOf } from "./gram.ts";
import { drawLandmarks } from "./landmarks.ts";
import { momentsOfSpace, placedRows, type SpaceMoments } from "./space-moments.ts";
import type { StudyOptions } from "./studies.ts";

/** What orthogonal maps see of two spaces. */
export interface Alignment {
  /** Sum of squares of the covariances between the columns of both, and the sum of their singular values. */
  readonly squares: number;
  readonly nuclear: number;
  /** The same sum of singular values with the rows of z shuffled: mean over `shuffles`. */
  readonly shuffled: number;
  readonly shuffles: number;
  /** Sum of the variances of all columns. */
  readonly variances: { readonly x: number; readonly z: number };
}

/** Second moments within and between the spaces, over all rows whatever the anchors. Rows of length 1 under cosine, else as they are. */
export interface MomentEvidence {
  readonly x: SpaceMoments;
  readonly z: SpaceMoments;
  /** Null where the matrix of covariances between the spaces is too large to hold. */
  readonly alignment: Alignment | null;
  /** Inner products of the same rows of both, where one of the spaces has too many dimensions for a covariance matrix. */
  readonly grams: { readonly landmarks: number; readonly x: Float64Array; readonly z: Float64Array } | null;
}

/** Elements of the largest matrix of covariances between two spaces. */
const CROSS_SIZE = 2 ** 23;

/** Steps that shuffling may cost, and how often it is done at most. */
const SHUFFLE_WORK = 2 ** 24;
const MOST_SHUFFLES = 8;

export async function gatherMoments(
  { spaces, layout }: SweptEvidence,
  { engine, watch, rng, once, known, wants }: StudyOptions,
): Promise<MomentEvidence> {
  const { x, z } = spaces;
  const options: MomentsOptions = { ...watch, engine, stage: "second moments" };
  const drawn = drawLandmarks(layout.rows, rng);
  // In random order, as groups of them are left out in turn; all rows as they come.
  const landmarks =
    drawn.length === layout.rows
      ? drawn
      : permutation(rng.split("moments"), drawn.length).map((place) => drawn[place]!);
  const found = { ...options, spectrum: wants.has("spectra") };
  const covariance = known?.of === x ? known.covariance : null;
  const large = Math.max(x.cols, z.cols) > PCA_COLS;
  const shuffles = (count: number) =>
    Array.from({ length: count }, (_, i) => permutation(rng.split(`moments shuffled ${i}`), layout.rows));
  // Side by side: eigenvalues keep one thread busy, products the others.
  const [ofX, ofZ, alignment] = await Promise.all([
    once(x, "second moments", () => momentsOfSpace(x, landmarks, covariance, found)),
    once(z, "second moments", () => momentsOfSpace(z, landmarks, null, found)),
    align(spaces, shuffles, options),
  ]);
  const own = { x: ofX, z: ofZ };
  const gram = (side: "x" | "z") =>
    own[side].kind === "gram"
      ? own[side].matrix
      : once(spaces[side], "gram", () => gramOf(spaces[side], landmarks, options));
  return {
    ...own,
    alignment,
    grams: large ? { landmarks: landmarks.length, x: await gram("x"), z: await gram("z") } : null,
  };
}

async function align(
  { x, z }: SweptEvidence["spaces"],
  shuffles: (count: number) => Int32Array[],
  options: MomentsOptions,
): Promise<Alignment | null> {
  if (x.cols * z.cols > CROSS_SIZE || Math.min(x.cols, z.cols) > PCA_COLS) return null;
  // Values are put in place, multiplied (a hundred times as fast) and their products reduced to singular values.
  const each = x.rows * (x.cols + z.cols) + x.cols * z.cols * (x.rows / 100 + Math.min(x.cols, z.cols));
  const count = Math.floor(SHUFFLE_WORK / each);
  const orders = shuffles(Math.max(1, Math.min(MOST_SHUFFLES, count)));
  const { matrices, variances } = await crossCovariancesOf(
    placedRows(x),
    placedRows(z),
    [null, ...orders],
    options,
  );
  const squares = matrices[0]!.reduce((sum, value) => sum + value * value, 0);
  const tasks = matrices.map(
    (matrix): SpectrumTask => ({ kind: "singularValues", matrix, rows: x.cols, cols: z.cols }),
  );
  const [nuclear, ...shuffled] = (await spectra(tasks, options)).map((values) =>
    values.reduce((sum, value) => sum + value, 0),
  );
  return {
    squares,
    nuclear: nuclear!,
    shuffled: shuffled.reduce((sum, value) => sum + value / shuffled.length, 0),
    shuffles: orders.length,
    variances: { x: variances.left, z: variances.right },
  };
}
