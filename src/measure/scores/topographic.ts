import { mean, normalInterval, standardError } from "../../base/index.ts";
import { lengthOf, slotsOf } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { TopographicScore } from "../result.ts";
import { logShares } from "./null.ts";
import { populationOf, samplingOf } from "./sampling.ts";

/**
 * Topographic product: mean over rows i and sizes l = 1 ... k of 1 / (2 l) sum over j = 1 ... l of ln (Q1 Q2), where with N_X(i, j) the j-th nearest of i in the
 * original Q1 = dX(i, N_Z(i, j)) / dX(i, N_X(i, j)) and Q2 = dZ(i, N_Z(i, j)) / dZ(i, N_X(i, j)) (Bauer & Pawelzik 1992, eq. 8 to 11).
 *
 * 0 = the same neighbours in the same order. `product` is below 0 where neighbours of the original are torn apart (there Q2 is small), above 0 where neighbours of the
 * latent are false (Q1 is large); both at once cancel, so 0 alone is no proof. `value` is its size. Rows with an equal one among these have no logarithm: they are left out, and
 * `n` is how many rows remain. Chance (to about 1 %): ln Q1 + ln Q2 with the far ends of N_Z anywhere in the original, and the other way round.
 */
export function topographicProduct(comparison: Comparison): TopographicScore | null {
  const local = localProducts(comparison).filter(Number.isFinite);
  if (local.length === 0) return null;
  const product = mean(local);
  const isExact = comparison.layout.kind === "all";
  const error = isExact ? 0 : standardError(local, populationOf(comparison));
  const [low, high] = normalInterval(product, error, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  const ends = [Math.abs(low), Math.abs(high)] as const;
  return {
    value: Math.abs(product),
    interval: [low <= 0 && high >= 0 ? 0 : Math.min(...ends), Math.max(...ends)],
    n: local.length,
    unit: "points",
    ...samplingOf(comparison),
    ideal: 0,
    null: Math.abs(nullProduct(comparison)),
    baseline: null,
    product,
  };
}

/** What ln (Q1 Q2) of the j-th neighbour weighs in the mean over l: sum over l = j ... k of 1 / (2 l k), j from 0. */
function weightsOf(k: number): Float64Array {
  const weights = new Float64Array(k + 1);
  for (let j = k - 1; j >= 0; j--) weights[j] = weights[j + 1]! + 1 / (2 * (j + 1) * k);
  return weights.subarray(0, k);
}

/** Each slot's share of the product; not finite where a length is 0. */
function localProducts({ neighbors, ranks, spaces, layout, k }: Comparison): Float64Array {
  const { x, z } = neighbors!;
  const weights = weightsOf(k);
  const ln = (order: number, side: "x" | "z") => Math.log(lengthOf(order, spaces[side]));
  return new Float64Array(slotsOf(layout)).map((_, slot) => {
    let sum = 0;
    for (let j = 0; j < k; j++) {
      const p = slot * k + j;
      const [inX, inZ] = [
        ranks!.x.ids.indexOf(z.ids[p]!, slot * k),
        ranks!.z.ids.indexOf(x.ids[p]!, slot * k),
      ];
      const first = ln(ranks!.x.orders[inX]!, "x") - ln(x.orders[p]!, "x");
      const second = ln(z.orders[p]!, "z") - ln(ranks!.z.orders[inZ]!, "z");
      sum += weights[j]! * (first + second);
    }
    return sum;
  });
}

/** Shuffled, a neighbour of one space lies anywhere in the other. */
function nullProduct(comparison: Comparison): number {
  const { neighbors, spaces, layout, k } = comparison;
  const weights = weightsOf(k);
  const near = (side: "x" | "z") => {
    const { orders } = neighbors![side];
    const local = new Float64Array(slotsOf(layout)).map((_, slot) => {
      let sum = 0;
      for (let j = 0; j < k; j++) {
        sum += weights[j]! * Math.log(lengthOf(orders[slot * k + j]!, spaces[side]));
      }
      return sum;
    });
    return mean(local.filter(Number.isFinite));
  };
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const anywhere = (side: "x" | "z") => total * mean(logShares(comparison, side));
  return anywhere("x") - near("x") - (anywhere("z") - near("z"));
}
