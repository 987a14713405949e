import type { Rng } from "../../base/index.ts";
import type { Comparison, Evidence } from "../compare.ts";
import type { Score, ScoreName, Scores } from "../result.ts";
import { distancePearson, distanceSpearman, stress, stressNormalized } from "./distance.ts";
import { distortion } from "./distortion.ts";
import { continuity, lcmc, mrreFalse, mrreMissing, neighborRecall, trustworthiness } from "./neighborhood.ts";
import { stretch } from "./stretch.ts";
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
export const SCORES: { readonly [N in ScoreName]?: ScoreRule<NonNullable<Scores[N]>> } = {
  trustworthiness: { needs: ["neighbors", "ranks"], better: "higher", of: trustworthiness },
  continuity: { needs: ["neighbors", "ranks"], better: "higher", of: continuity },
  neighborRecall: { needs: ["neighbors"], better: "higher", of: neighborRecall },
  lcmc: { needs: ["neighbors"], better: "higher", of: lcmc },
  mrreFalse: { needs: ["neighbors", "ranks"], better: "lower", of: mrreFalse },
  mrreMissing: { needs: ["neighbors", "ranks"], better: "lower", of: mrreMissing },
  distancePearson: { needs: ["pairs"], better: "higher", of: distancePearson },
  distanceSpearman: { needs: ["pairs", "pairRanks"], better: "higher", of: distanceSpearman },
  stretch: { needs: ["neighbors", "pairs", "pairRanks"], better: "lower", of: stretch },
  stress: { needs: ["pairs"], better: "lower", of: stress },
  stressNormalized: { needs: ["pairs"], better: "lower", of: stressNormalized },
  distortion: { needs: ["pairs"], better: "lower", of: distortion },
  tripletAccuracy: { needs: [], better: "higher", of: tripletAccuracy },
  rtdLite: { needs: ["landmarks"], better: "lower", of: rtdLite },
  mstOverlap: { needs: ["landmarks"], better: "higher", of: mstOverlap },
};

/** The scores of these names, of a comparison that has their evidence. */
export function scoresOf(comparison: Comparison, names: readonly ScoreName[], random: Rng): Scores {
  const known = names.flatMap((name) => {
    const score = SCORES[name]!.of(comparison, random);
    return score ? [[name, score] as const] : [];
  });
  return Object.fromEntries(known);
}

export const SCORE_NAMES = Object.keys(SCORES) as readonly ScoreName[];
