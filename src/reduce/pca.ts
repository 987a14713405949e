import type { Points } from "../base/index.ts";
import { pca } from "../linalg/index.ts";
import { type FitOptions, type LinearFit, shiftTo } from "./linear-map.ts";

/**
 * Principal component analysis: the orthonormal directions of largest variance (Jolliffe 2002). With `whiten` each coordinate has variance 1: angles and lengths change.
 *
 * Cost n D^2, one pass over the rows, D <= 2,048.
 */
export async function fitPca(
  points: Points,
  nComponents: number,
  { whiten, ...options }: FitOptions & { readonly whiten: boolean },
): Promise<LinearFit> {
  const { cols } = points;
  const found = await pca(points, nComponents, options);
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
    },
  };
}
