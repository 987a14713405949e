import { checkFinite, checkSameRows, type Matrix, quantile, type Watch } from "../../base/index.ts";
import { type EngineOptions, findEngine } from "../../engine/index.ts";
import type { StraightMetric } from "../../neighbors/index.ts";
import { openNormal } from "./nearness.ts";
import { fitStretch } from "./stretch.ts";

/** What a latent space does to lengths near some points, from rows whose originals are known. */
export interface LatentScale {
  /** c(p): 1 where lengths are as elsewhere, m numbers. */
  near(points: Matrix, watch?: Watch): Promise<Float64Array>;
}

/**
 * How a latent space scales lengths near a point p, as a share of what is usual in it. With the k nearest known codes j of p, and m(i) = median over the k nearest i' of i of ln(|z_i - z_i'| / |x_i - x_i'|),
 *
 *     c(p) = exp(median over j of m(j) - median over all of m)
 *
 * in (0, inf), 1 everywhere in a space that is locally isometric up to a scale. Distances between codes mean something else where it is far from 1: where it is large rows look further from others
 * than they are, where it is small (and across a tear) nearer. Cost n^2 d / 2 and n k D, and m n d for m points.
 *
 * @param codes n x d
 * @param originals what they are codes of, n x D
 * @throws row-count-mismatch; non-finite; bad-option k outside [1, n - 1]
 */
export async function openLatentScale(
  codes: Matrix,
  originals: Matrix,
  options: EngineOptions & Watch & { readonly metric?: StraightMetric; readonly nNeighbors?: number } = {},
): Promise<LatentScale> {
  checkSameRows(codes, originals, ["codes", "originals"]);
  checkFinite(codes, "codes");
  checkFinite(originals, "originals");
  const { metric = "euclidean", nNeighbors: k = Math.max(1, Math.min(10, codes.rows - 1)) } = options;
  const { provider, threads, signal } = options;
  const engine = await findEngine({ ...(provider && { provider }), ...(threads && { threads }) });
  const search = { engine, ...(signal && { signal }) };
  const { model } = await fitStretch(codes, originals, { metric, nNeighbors: k }, search);
  const usual = quantile(model.stretch.toSorted(), 0.5);
  const searched = await openNormal(model, search);
  return {
    async near(points, watch = {}) {
      const { ids } = await searched.nearest(points, k, watch);
      return Float64Array.from({ length: points.rows }, (_, i) => {
        const scales = Float64Array.from(ids.subarray(i * k, (i + 1) * k), (id) => model.stretch[id]!);
        return Math.exp(quantile(scales.sort(), 0.5) - usual);
      });
    },
  };
}
