import { checkNumber, IsometerError, type Matrix, ranges } from "../../base/index.ts";
import {
  type Algebra,
  type Dense,
  PCA_COLS,
  pca,
  principalComponents,
  symmetricEigenvalues,
} from "../../linalg/index.ts";
import { BLOCK_ROWS, centred, lengthAt } from "./covariance.ts";
import type { Fitted } from "./model.ts";
import type { Search } from "./nearness.ts";

/** |x - m - V V' (x - m)|: what the principal components V of the normal rows leave (Jackson & Mudholkar 1979, the root of Q). */
export interface ReconstructionModel {
  readonly method: "reconstruction";
  readonly mean: Float64Array;
  /** `components x d`, orthonormal rows. */
  readonly components: Float32Array;
  readonly nComponents: number;
}

export interface ComponentsOptions {
  /** How many components; default: as few as have `variance`. */
  readonly nComponents?: number | undefined;
  /** Share of the variance that the components have, default 0.9. */
  readonly variance?: number | undefined;
  readonly seed?: number | undefined;
}

/**
 * Cost 2 n d^2, and n d c for the scores.
 *
 * @throws bad-option nComponents outside [1, d], variance outside (0, 1], or d > 2048 without nComponents
 */
export async function fitReconstruction(
  rows: Matrix,
  { nComponents, variance = 0.9, seed = 0 }: ComponentsOptions,
  algebra: Algebra,
  search: Search,
): Promise<Fitted<ReconstructionModel>> {
  const options = { ...search, seed };
  const count = nComponents ?? (await componentsFor(rows, variance, options));
  const { mean, components } = await principalComponents(rows, count, options);
  const model: ReconstructionModel = { method: "reconstruction", mean, components, nComponents: count };
  return { model, own: () => reconstructionScores(model, rows, algebra) };
}

export async function reconstructionScores(
  model: ReconstructionModel,
  points: Matrix,
  algebra: Algebra,
): Promise<Float64Array> {
  const scores = new Float64Array(points.rows);
  for (const [start, end] of ranges(points.rows, BLOCK_ROWS)) {
    const left = await leftovers(model, centred(points, model.mean, start, end), algebra);
    for (let i = start; i < end; i++) scores[i] = lengthAt(left, (i - start) * points.cols, points.cols);
  }
  return scores;
}

/** What each dimension adds to the squared score. */
export async function reconstructionParts(
  model: ReconstructionModel,
  point: Matrix,
  algebra: Algebra,
): Promise<Float64Array> {
  const left = await leftovers(model, centred(point, model.mean, 0, 1), algebra);
  return left.map((value) => value * value);
}

async function leftovers(
  { components, nComponents }: ReconstructionModel,
  rows: Dense,
  algebra: Algebra,
): Promise<Float64Array> {
  const basis: Dense = { data: Float64Array.from(components), rows: nComponents, cols: rows.cols };
  const codes = await algebra.multiply(rows, basis, { transB: true });
  const back = await algebra.multiply(codes, basis);
  return rows.data.map((value, at) => value - back.data[at]!);
}

/** The fewest components that have a share of the variance. */
async function componentsFor(
  rows: Matrix,
  variance: number,
  options: Search & { readonly seed: number },
): Promise<number> {
  checkNumber("variance", variance, Number.MIN_VALUE, 1);
  const d = rows.cols;
  if (d > PCA_COLS) {
    throw new IsometerError(
      "bad-option",
      `rows of more than ${PCA_COLS} dimensions need nComponents, got ${d}`,
      {
        hint: "Say how many principal components are kept.",
      },
    );
  }
  const { covariance } = await pca(rows, 1, options);
  const values = symmetricEigenvalues(covariance, d);
  const wanted = variance * values.reduce((sum, value) => sum + Math.max(0, value), 0);
  let had = 0;
  const enough = values.findIndex((value) => {
    had += Math.max(0, value);
    return had >= wanted;
  });
  return enough < 0 ? d : enough + 1;
}
