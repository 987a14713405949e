import type { Rng } from "../../base/index.ts";
import type { Comparison, Evidence } from "../compare.ts";
import type { Score, ScoreName, Scores } from "../result.ts";
import { classContinuity, classTrustworthiness } from "./class-ranks.ts";
import {
  knnAccuracy,
  labelContinuity,
  labelTrustworthiness,
  neighborhoodHit,
  silhouette,
} from "./classes.ts";
import { aucLogRnx } from "./curve.ts";
import { densityCorrelation, densityDistance, klDensity } from "./density.ts";
import { distancePearson, distanceSpearman, stress, stressNormalized } from "./distance.ts";
import { distortion } from "./distortion.ts";
import { cohesiveness, steadiness } from "./groups.ts";
import { distanceKendall, sammon, stressNonMetric } from "./landmark-distances.ts";
import {
  continuity,
  firstNeighborRank,
  lcmc,
  mrreFalse,
  mrreMissing,
  neighborRecall,
  trustworthiness,
} from "./neighborhood.ts";
import { linearCka, localProcrustes, procrustes } from "./representation.ts";
import { calinskiHarabasz, clusterAgreement, daviesBouldin, distanceConsistency } from "./separation.ts";
import { neighborDissimilarity } from "./sharing.ts";
import { stretch } from "./stretch.ts";
import { topographicProduct } from "./topographic.ts";
import { mstOverlap, rtdLite } from "./topology.ts";
import { tripletAccuracy } from "./triplets.ts";

/** A score: what evidence it needs, and the function of that evidence. */
interface ScoreRule<S extends Score> {
  readonly needs: readonly Evidence[];
  /** Which way is better, and so which gate fits: `--fail-under` for higher, `--fail-over` for lower. */
  readonly better: "higher" | "lower";
  /** Null where the score is not defined: of classes without labels. */
  of(comparison: Comparison, rng: Rng): S | null;
}

/** The table of scores. */
export const SCORES: { readonly [N in ScoreName]: ScoreRule<NonNullable<Scores[N]>> } = {
  trustworthiness: { needs: ["neighbors", "ranks"], better: "higher", of: trustworthiness },
  continuity: { needs: ["neighbors", "ranks"], better: "higher", of: continuity },
  neighborRecall: { needs: ["neighbors"], better: "higher", of: neighborRecall },
  lcmc: { needs: ["neighbors"], better: "higher", of: lcmc },
  mrreFalse: { needs: ["neighbors", "ranks"], better: "lower", of: mrreFalse },
  mrreMissing: { needs: ["neighbors", "ranks"], better: "lower", of: mrreMissing },
  firstNeighborRank: { needs: ["neighbors", "ranks"], better: "lower", of: firstNeighborRank },
  aucLogRnx: { needs: ["columns"], better: "higher", of: aucLogRnx },
  distancePearson: { needs: ["pairs"], better: "higher", of: distancePearson },
  distanceSpearman: { needs: ["pairs", "pairRanks"], better: "higher", of: distanceSpearman },
  stretch: { needs: ["neighbors", "pairs", "pairRanks"], better: "lower", of: stretch },
  stress: { needs: ["pairs"], better: "lower", of: stress },
  stressNormalized: { needs: ["pairs"], better: "lower", of: stressNormalized },
  stressNonMetric: { needs: ["landmarks", "orders"], better: "lower", of: stressNonMetric },
  sammon: { needs: ["landmarks"], better: "lower", of: sammon },
  distanceKendall: { needs: ["landmarks", "orders"], better: "higher", of: distanceKendall },
  distortion: { needs: ["pairs"], better: "lower", of: distortion },
  steadiness: { needs: ["groups"], better: "higher", of: steadiness },
  cohesiveness: { needs: ["groups"], better: "higher", of: cohesiveness },
  neighborhoodHit: { needs: ["neighbors", "classes"], better: "higher", of: neighborhoodHit },
  knnAccuracy: { needs: ["neighbors", "classes"], better: "higher", of: knnAccuracy },
  silhouette: { needs: ["classes"], better: "higher", of: silhouette },
  labelTrustworthiness: { needs: ["classes"], better: "higher", of: labelTrustworthiness },
  labelContinuity: { needs: ["classes"], better: "higher", of: labelContinuity },
  tripletAccuracy: { needs: ["triplets"], better: "higher", of: tripletAccuracy },
  rtdLite: { needs: ["landmarks"], better: "lower", of: rtdLite },
  mstOverlap: { needs: ["landmarks"], better: "higher", of: mstOverlap },
  linearCka: { needs: ["moments"], better: "higher", of: linearCka },
  procrustes: { needs: ["moments"], better: "lower", of: procrustes },
  densityCorrelation: { needs: ["neighbors"], better: "higher", of: densityCorrelation },
  klDensity: { needs: ["columns"], better: "lower", of: klDensity },
  densityDistance: { needs: ["columns"], better: "lower", of: densityDistance },
  topographicProduct: { needs: ["neighbors", "ranks", "pairs"], better: "lower", of: topographicProduct },
  localProcrustes: { needs: ["neighbors", "shapes"], better: "lower", of: localProcrustes },
  neighborDissimilarity: { needs: ["landmarks"], better: "lower", of: neighborDissimilarity },
  classTrustworthiness: {
    needs: ["neighbors", "ranks", "classes", "landmarks"],
    better: "higher",
    of: classTrustworthiness,
  },
  classContinuity: { needs: ["neighbors", "ranks", "classes"], better: "higher", of: classContinuity },
  distanceConsistency: { needs: ["classes"], better: "higher", of: distanceConsistency },
  daviesBouldin: { needs: ["classes"], better: "lower", of: daviesBouldin },
  calinskiHarabasz: { needs: ["classes"], better: "higher", of: calinskiHarabasz },
  clusterAgreement: { needs: ["classes"], better: "higher", of: clusterAgreement },
};

/** The evidence that scores are functions of. */
export function evidenceFor(names: readonly ScoreName[]): ReadonlySet<Evidence> {
  return new Set(names.flatMap((name) => SCORES[name].needs));
}

export const SCORE_NAMES = Object.keys(SCORES) as readonly ScoreName[];
