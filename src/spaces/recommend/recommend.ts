import { checkInteger, checkNumber, deepFreeze, mean } from "../../base/index.ts";
import { allBut, chord, largest } from "./co-preference.ts";
import { cosineBetween, type ItemSpace, type Popularity, scoresOf, type Taste } from "./taste.ts";

export interface RecommendOptions {
  /** How many items, default 10. Fewer come where fewer are left. */
  readonly k?: number;
  /** Item numbers that are not recommended. Default: what is liked. */
  readonly exclude?: ArrayLike<number>;
  /** From 0, the best scores, to 1, items unlike each other. Default 0. */
  readonly diversity?: number;
  /** Liked items that are named as reasons, default 3. */
  readonly nReasons?: number;
}

/** A liked item near a recommended one. */
export interface Reason {
  readonly item: number;
  readonly id: string | number;
  /** Chord sqrt(2 - 2 cos) between the two: 0 to 2, sqrt(2) where they have nothing in common. */
  readonly distance: number;
}

export interface Recommendation {
  readonly item: number;
  readonly id: string | number;
  readonly score: number;
  /** Self-information -log2((n_i + 1) / (users + 1)), in bits: 0 for what everybody has. null where popularity is not known. */
  readonly novelty: number | null;
  /** The nearest liked items, the nearest first. */
  readonly reasons: readonly Reason[];
}

export interface Recommendations {
  readonly items: readonly Recommendation[];
  /** Mean chord between two recommended items (intra-list distance; Ziegler et al. 2005); 0 for fewer than two. */
  readonly diversity: number;
  /** Mean novelty; null where popularity is not known, or nothing is recommended. */
  readonly novelty: number | null;
}

/** With diversity, items are taken from the best so many. */
const POOL = 100;

/**
 * What to recommend to a taste, and why.
 *
 * Items are taken one by one by maximal marginal relevance (Carbonell & Goldstein 1998): the next is the largest
 *
 *     (1 - diversity) score / |largest score| - diversity max cos(item, one already taken)
 *
 * among the max(100, 10 k) best scores. Equal ones go by number.
 *
 * Cost n d, and with diversity k max(100, 10 k) d.
 *
 * @throws bad-option
 */
export function recommend(space: ItemSpace, taste: Taste, options: RecommendOptions = {}): Recommendations {
  const { k = 10, exclude = taste.liked, diversity = 0, nReasons = 3 } = options;
  const { items, itemIds, popularity } = space;
  checkInteger("k", k, 1);
  checkInteger("nReasons", nReasons, 0);
  checkNumber("diversity", diversity, 0, 1);
  for (let p = 0; p < exclude.length; p++) checkInteger("excluded item", exclude[p]!, 0, items.rows - 1);
  const scores = scoresOf(space, taste.place);
  const candidates = allBut(items.rows, exclude);
  const pool = largest(candidates, scores, diversity > 0 ? Math.max(POOL, 10 * k) : k);
  const taken = diversity > 0 ? marginal(space, pool, scores, { k, diversity }) : pool;
  const reasonsFor = (item: number): Reason[] => {
    const cosines = Float64Array.from(taste.liked, (liked) => cosineBetween(items, item, liked));
    return largest([...cosines.keys()], cosines, nReasons).map((p) => {
      const liked = taste.liked[p]!;
      return { item: liked, id: itemIds[liked]!, distance: chord(cosines[p]!) };
    });
  };
  const novelties = taken.map((item) => popularity && noveltyOf(popularity, item));
  return deepFreeze({
    items: taken.map((item, at) => ({
      item,
      id: itemIds[item]!,
      score: scores[item]!,
      novelty: novelties[at]!,
      reasons: reasonsFor(item),
    })),
    diversity: meanChord(space, taken),
    novelty: popularity && taken.length > 0 ? mean(novelties as number[]) : null,
  });
}

/** How rare an item is, in bits: see `Recommendation.novelty`. */
export function noveltyOf({ counts, users }: Popularity, item: number): number {
  return Math.log2((users + 1) / (counts[item]! + 1));
}

function marginal(
  { items }: ItemSpace,
  pool: readonly number[],
  scores: Float64Array,
  { k, diversity }: { k: number; diversity: number },
): number[] {
  const unit = Math.abs(scores[pool[0]!] ?? 0) || 1;
  const taken: number[] = [];
  // An item is as like the taken ones as it is like the nearest of them; nothing is like none.
  const nearest = new Float64Array(pool.length).fill(-1);
  const left = new Set(pool.keys());
  while (taken.length < k && left.size > 0) {
    const gain = Float64Array.from(pool, (item, p) => {
      const alike = taken.length > 0 ? nearest[p]! : 0;
      return ((1 - diversity) * scores[item]!) / unit - diversity * alike;
    });
    const [best] = largest([...left], gain, 1);
    left.delete(best!);
    taken.push(pool[best!]!);
    for (const p of left) nearest[p] = Math.max(nearest[p]!, cosineBetween(items, pool[p]!, pool[best!]!));
  }
  return taken;
}

function meanChord({ items }: ItemSpace, list: readonly number[]): number {
  const chords = list.flatMap((a, at) => list.slice(0, at).map((b) => chord(cosineBetween(items, a, b))));
  return chords.length > 0 ? mean(chords) : 0;
}
