import { exactOrder, lengthOf, slotRow } from "../neighbors/index.ts";
import type { Comparison } from "./compare.ts";
import type { RatioPair } from "./extremes.ts";
import type { Witnesses, WitnessPair, WitnessPoint } from "./result.ts";
import { localContinuity, localTrust, recallOf } from "./scores/neighborhood.ts";

/** How many of each kind are named. */
const NAMED = 10;

/** The worst pairs and points that were seen: the rows behind the scores. */
export function witnessesOf(comparison: Comparison, scale: number | null): Witnesses {
  const { pairs } = comparison;
  return {
    stretched:
      pairs && scale !== null ? namePairs(comparison, pairs.counts.extremes.largest.pairs, scale, -1) : [],
    shrunk:
      pairs && scale !== null ? namePairs(comparison, pairs.counts.extremes.smallest.pairs, scale, 1) : [],
    points: comparison.ranks ? worstPoints(comparison) : [],
  };
}

/** Measures candidate pairs exactly and keeps the most extreme; `direction` 1 sorts by ascending stretch. */
function namePairs(
  { spaces }: Comparison,
  seen: readonly RatioPair[],
  scale: number,
  direction: 1 | -1,
): WitnessPair[] {
  const xOrder = exactOrder(spaces.x, spaces.x);
  const zOrder = exactOrder(spaces.z, spaces.z);
  const distinct = new Map(seen.map((pair) => [`${pair.a} ${pair.b}`, pair]));
  return [...distinct.values()]
    .map(({ a, b }) => {
      const original = lengthOf(xOrder(a, b), spaces.x);
      const latent = lengthOf(zOrder(a, b), spaces.z);
      return { a, b, original, latent, stretch: latent / (scale * original) };
    })
    .sort((p, q) => direction * (p.stretch - q.stretch) || p.a - q.a || p.b - q.b)
    .slice(0, NAMED);
}

function worstPoints(comparison: Comparison): WitnessPoint[] {
  const trust = localTrust(comparison);
  const continuity = localContinuity(comparison);
  return Array.from(trust, (_, slot) => slot)
    .sort((a, b) => trust[a]! + continuity[a]! - trust[b]! - continuity[b]! || a - b)
    .slice(0, NAMED)
    .map((slot) => ({
      row: slotRow(comparison.layout, slot),
      trustworthiness: trust[slot]!,
      continuity: continuity[slot]!,
      recall: recallOf(comparison, slot),
    }));
}
