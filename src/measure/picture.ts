import type { Rng } from "../base/index.ts";
import type { CompareOptions, Comparison } from "./compare.ts";
import { fitSummary, type MapPicture, mapPicture } from "./picture-map.ts";
import { type PairPicture, pairPicture } from "./picture-pairs.ts";

export type { FittedPoint, MapPicture, WrongEdge } from "./picture-map.ts";
export type { BandHistogram, LengthDensity, PairPicture } from "./picture-pairs.ts";

/** What the figures of a report show beyond the scores. Drawn, thinned and rounded: scores are measured elsewhere. */
export interface Picture {
  readonly pairs: PairPicture;
  /** Null where the latent has more dimensions than PCA takes. */
  readonly map: MapPicture | null;
  /** The middle and the 5 % and 95 % quantiles of the local fits on the map. */
  readonly fits: ReturnType<typeof fitSummary>;
}

/**
 * Gathers what figures need, from what a comparison has found and some more.
 *
 * @param scale the scale that is taken out of the stretch, where it is known
 */
export async function pictureOf(
  comparison: Comparison,
  scale: number | null,
  { engine, watch }: Pick<CompareOptions, "engine" | "watch">,
  rng: Rng,
): Promise<Picture> {
  watch.onProgress?.({ stage: "drawing", done: 0, total: 1 });
  const pairs = pairPicture(comparison, scale, rng.split("pairs"), watch);
  const map = await mapPicture(comparison, { engine, rng: rng.split("map"), watch });
  return { pairs, map, fits: map && fitSummary(map.fits) };
}
