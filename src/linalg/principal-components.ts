import type { Points } from "../base/index.ts";
import { PCA_COLS, type Pca, type PcaOptions, type PrincipalComponents, pca } from "./pca.ts";
import { randomizedPca } from "./randomized-pca.ts";

/** By the covariance matrix of all dimensions, or by passes over the rows. */
export const PCA_SOLVERS = ["exact", "randomized"] as const;
export type PcaSolver = (typeof PCA_SOLVERS)[number];

/** The solver for rows of that width: exact where a covariance matrix can be held. */
export function usualSolver(cols: number): PcaSolver {
  return cols <= PCA_COLS ? "exact" : "randomized";
}

/** Principal components of rows of any width, by one solver or the other; default `usualSolver`. */
export function principalComponents(
  points: Points,
  nComponents: number,
  { solver = usualSolver(points.cols), ...options }: PcaOptions & { readonly solver?: PcaSolver | undefined },
): Promise<PrincipalComponents | Pca> {
  return solver === "exact" ? pca(points, nComponents, options) : randomizedPca(points, nComponents, options);
}
