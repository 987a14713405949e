import type { Rng } from "../../base/index.ts";
import { slotsOf } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";
import { nullRecall, nullTrust } from "./null.ts";
import { meanScore } from "./sampling.ts";

/**
 * Trustworthiness: are the neighbours in the latent space true ones? 1 = yes, about 0.5 at random.
 *
 * T(k) = 1 - 2 / (n k (2n - 3k - 1)) sum_i sum_{j in N_Z(i)} max(0, r_X(i, j) - k), with r_X(i, j) the rank of j among
 * the neighbours of i in the original (Venna & Kaski 2001, eq. 4). Equal distances rank by row number.
 */
export function trustworthiness(comparison: Comparison, rng: Rng): Score {
  const random = rng.split("trustworthiness");
  return meanScore(comparison, localTrust(comparison), nullTrust(comparison), random, [0, 1]);
}

/** Continuity: are the neighbours in the original kept? Trustworthiness with the two spaces exchanged. */
export function continuity(comparison: Comparison, rng: Rng): Score {
  const random = rng.split("continuity");
  return meanScore(comparison, localContinuity(comparison), nullTrust(comparison), random, [0, 1]);
}

/** Mean overlap of the k nearest neighbours in both spaces: |N_X(i) & N_Z(i)| / k. 1 = the same, k / (n - 1) at random. */
export function neighborRecall(comparison: Comparison, rng: Rng): Score {
  const random = rng.split("neighborRecall");
  return meanScore(comparison, localRecall(comparison), nullRecall(comparison), random, [0, 1]);
}

/** Each slot's share of trustworthiness: their mean is the score. */
export function localTrust({ ranks, layout, k }: Comparison): Float64Array {
  return rankPenalty(ranks!.x, layout.rows, k);
}

/** Each slot's share of continuity. */
export function localContinuity({ ranks, layout, k }: Comparison): Float64Array {
  return rankPenalty(ranks!.z, layout.rows, k);
}

function rankPenalty(ranks: Int32Array, n: number, k: number): Float64Array {
  const local = new Float64Array(ranks.length / k);
  const worst = (k * (2 * n - 3 * k - 1)) / 2;
  for (let slot = 0; slot < local.length; slot++) {
    let penalty = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) penalty += Math.max(0, ranks[q]! - k);
    local[slot] = 1 - penalty / worst;
  }
  return local;
}

/** Each slot's overlap of neighbourhoods, 0..1. */
export function localRecall(comparison: Comparison): Float64Array {
  return new Float64Array(slotsOf(comparison.layout)).map((_, slot) => recallOf(comparison, slot));
}

/** The overlap of the neighbourhoods of one slot, 0..1. */
export function recallOf({ neighbors, k }: Comparison, slot: number): number {
  const { x, z } = neighbors!;
  const near = x.ids.subarray(slot * k, (slot + 1) * k);
  let shared = 0;
  for (let q = slot * k; q < (slot + 1) * k; q++) if (near.includes(z.ids[q]!)) shared++;
  return shared / k;
}
