import { IsometerError, type Points } from "../base/index.ts";
import { PCA_COLS, type PcaSolver, principalComponents, shiftTo, usualSolver } from "../linalg/index.ts";
import type { FitOptions, LinearFit } from "./linear-map.ts";

/** PCA's own options. */
export interface PcaFitOptions extends FitOptions {
  readonly whiten: boolean;
  /** Default: exact up to 2,048 dimensions, randomized beyond. */
  readonly solver?: PcaSolver | undefined;
}

/**
 * Principal component analysis: the orthonormal directions of largest variance (Jolliffe 2002). With `whiten` each coordinate has variance 1: angles and lengths change.
 *
 * Cost: exact n D^2, one pass over the rows, D <= 2,048; randomized 4 n D (d + 10) in each of some 3 to 8 passes, any D; `details.passes` is there then.
 *
 * @throws bad-option exact where D > 2,048
 */
export async function fitPca(
  points: Points,
  nComponents: number,
  { whiten, solver = usualSolver(points.cols), ...options }: PcaFitOptions,
): Promise<LinearFit> {
  const { cols } = points;
  if (solver === "exact" && cols > PCA_COLS) {
    throw new IsometerError(
      "bad-option",
      `solver must be randomized beyond ${PCA_COLS} dimensions: exact holds a covariance matrix, here of ${cols} x ${cols} numbers`,
      {
        got: "exact",
        hint: "Leave the solver out: randomized, which reads the rows a few times, is the usual one there.",
      },
    );
  }
  const found = await principalComponents(points, nComponents, { ...options, solver });
  const { mean, components, variances, totalVariance, converged, iterations, residual } = found;
  const scale = Float64Array.from(variances, (variance) =>
    whiten && variance > 0 ? 1 / Math.sqrt(variance) : 1,
  );
  const weights = new Float32Array(cols * nComponents);
  for (let k = 0; k < nComponents; k++) {
    for (let a = 0; a < cols; a++) weights[a * nComponents + k] = components[k * cols + a]! * scale[k]!;
  }
  const shift = shiftTo(mean, weights, nComponents);
  const explained = variances.reduce((sum, variance) => sum + variance, 0);
  return {
    map: { inputs: cols, outputs: nComponents, weights, shift, unitRows: options.unitRows, unitCodes: false },
    converged,
    iterations,
    objective: { name: "explained variance", value: totalVariance > 0 ? explained / totalVariance : 1 },
    details: {
      explainedVarianceRatio: Array.from(variances, (variance) =>
        totalVariance > 0 ? variance / totalVariance : 0,
      ),
      residual,
      ...(solver === "randomized" && { passes: iterations }),
    },
  };
}
