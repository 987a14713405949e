import { IsometerError, type Matrix, type Points, type Warning, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Metric } from "../neighbors/metric.ts";

/** A baseline for an audit, or none; and what is to be said of it. */
export interface Baseline {
  readonly baseline: { readonly name: string; readonly latent: Matrix } | null;
  /** Of the original, where it was found on the way. */
  readonly covariance: Float64Array | null;
  readonly warnings: readonly Warning[];
}

export const NO_BASELINE: Baseline = { baseline: null, covariance: null, warnings: [] };

/**
 * PCA of the original to as many dimensions as the latent has. Under cosine of the rows scaled to length 1, whose straight distances are the chords
 * that an audit measures. None where the latent is no smaller than the original: then the original itself is a linear map without loss.
 */
export async function pcaBaseline(
  original: Points,
  latent: Points,
  { metric, engine, seed, watch }: { metric: Metric; engine: EngineInfo; seed: number; watch: Watch },
): Promise<Baseline> {
  if (latent.cols >= original.cols) return NO_BASELINE;
  const { principalComponents, project } = await import("../linalg/index.ts");
  const options = { engine, seed, unitRows: metric === "cosine", ...watch };
  try {
    const map = await principalComponents(original, latent.cols, options);
    const warnings: Warning[] = map.converged
      ? []
      : [
          {
            code: "no-convergence",
            message: `PCA of the baseline did not converge: residual ${map.residual}`,
          },
        ];
    return {
      baseline: { name: `PCA to ${latent.cols}`, latent: await project(original, map, options) },
      covariance: "covariance" in map ? map.covariance : null,
      warnings,
    };
  } catch (error) {
    // What PCA cannot take is no fault of an audit.
    if (!(error instanceof IsometerError) || error.code !== "bad-value") throw error;
    return { ...NO_BASELINE, warnings: [{ code: "no-baseline", message: `no baseline: ${error.message}` }] };
  }
}
