import { difference, estimate, TOLERANCE } from "./choose.ts";
import type {
  GapChanges,
  GapFigures,
  GapRepair,
  GapScore,
  PartnerChanges,
  PartnerSearch,
} from "./gap-result.ts";
import { harmonicSums, type PartnersFound } from "./gap-search.ts";
import { differenceOf, type PairPieces, pieceEstimate, pooledPiece, rootOf } from "./gap-statistics.ts";
import type { Estimate } from "./result.ts";

/** What was seen of two sides, item by item, in the folds' order. */
export interface Seen {
  /** Of each fold, or of all items at once. */
  readonly pieces: readonly PairPieces[];
  /** Share of an item's rows that were told right. */
  readonly told: Float64Array;
  readonly forward: PartnersFound;
  readonly backward: PartnersFound;
}

/** @param rows that were searched, `k` of recall@k */
export function figuresOf(seen: Seen, rows: number, k: number): GapFigures {
  const { pieces, told } = seen;
  const square = pieceEstimate(pooledPiece(pieces.map((piece) => piece.square)), [-4, 4]);
  const unmatched = pieceEstimate(pooledPiece(pieces.map((piece) => piece.unmatched)), [-1, 1]);
  const plain = Math.sqrt(
    pieces.reduce((sum, own) => sum + (own.matched.length / told.length) * own.plain, 0),
  );
  return {
    gap: { ...scored(rootOf(square), 0), plain },
    separability: scored(estimate(told), 0.5),
    matchedCosine: scored(estimate(matchedOf(seen), [-1, 1]), unmatched.value),
    unmatchedCosine: scored(unmatched, null),
    forward: partnerSearch(seen.forward, rows, k),
    backward: partnerSearch(seen.backward, rows, k),
  };
}

function partnerSearch(found: PartnersFound, rows: number, k: number): PartnerSearch {
  return {
    top1: scored(estimate(found.top1), 1 / rows),
    recall: scored(estimate(found.recall), k / rows),
    mrr: scored(estimate(found.reciprocalRank), harmonicSums(rows)[rows]! / rows),
  };
}

function scored(own: Estimate, chance: number | null): GapScore {
  return { ...own, null: chance };
}

function matchedOf({ pieces }: Seen): Float64Array {
  return Float64Array.from(pieces.flatMap(({ matched }) => Array.from(matched)));
}

interface Looked {
  readonly seen: Seen;
  readonly figures: GapFigures;
}

/** After less before. */
export function changesOf(after: Looked, before: Looked): GapChanges {
  return {
    recall: difference(bothWays(after.seen), bothWays(before.seen)),
    gap: differenceOf(after.figures.gap, before.figures.gap),
    separability: difference(after.seen.told, before.seen.told),
    matchedCosine: cosineDifference(matchedOf(after.seen), matchedOf(before.seen)),
    unmatchedCosine: differenceOf(after.figures.unmatchedCosine, before.figures.unmatchedCosine),
    forward: partnerChanges(after.seen.forward, before.seen.forward),
    backward: partnerChanges(after.seen.backward, before.seen.backward),
  };
}

/** Recall of each item, both ways. */
function bothWays({ forward, backward }: Seen): Float64Array {
  return forward.recall.map((value, i) => (value + backward.recall[i]!) / 2);
}

function cosineDifference(after: Float64Array, before: Float64Array): Estimate {
  return estimate(
    after.map((value, i) => value - before[i]!),
    [-2, 2],
  );
}

function partnerChanges(after: PartnersFound, before: PartnersFound): PartnerChanges {
  return {
    top1: difference(after.top1, before.top1),
    recall: difference(after.recall, before.recall),
    mrr: difference(after.reciprocalRank, before.reciprocalRank),
  };
}

/** What the rule of recommendation asks: see `modalityGap`. */
export function judged(
  after: GapFigures,
  change: GapChanges,
): Pick<GapRepair, "closes" | "keepsRecall" | "findsPartners"> {
  const ways = ["forward", "backward"] as const;
  return {
    closes: change.gap.interval[1] < 0,
    keepsRecall: change.recall.interval[0] > -TOLERANCE,
    findsPartners: ways.every((way) => after[way].recall.interval[0] > after[way].recall.null! + TOLERANCE),
  };
}

/** Values of several folds, one after the other. */
export function joinedPartners(parts: readonly PartnersFound[]): PartnersFound {
  const of = (key: keyof PartnersFound) => Float64Array.from(parts.flatMap((part) => Array.from(part[key])));
  return { top1: of("top1"), recall: of("recall"), reciprocalRank: of("reciprocalRank") };
}
