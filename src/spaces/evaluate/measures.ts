import { IsometerError } from "../../base/index.ts";

/** Grades of documents for a query: 0 is not relevant. Documents that are not there were not judged. */
export type Grades = ReadonlyMap<string, number>;

/** How much a grade is worth in nDCG: the grade itself, as in trec_eval, or 2^grade - 1 (Burges et al. 2005). */
export const GAINS = ["linear", "exponential"] as const;
export type Gain = (typeof GAINS)[number];

/** Every measure of a ranking, 0 to 1, more is better. */
export const RETRIEVAL_MEASURES = ["ndcg", "recall", "precision", "mrr", "map"] as const;
export type RetrievalMeasure = (typeof RETRIEVAL_MEASURES)[number];
export type RetrievalScores = Readonly<Record<RetrievalMeasure, number>>;

export interface MeasureOptions {
  /** k: places that count, but for map. */
  readonly nNeighbors: number;
  /** The least grade that is relevant. */
  readonly relevant: number;
  readonly gain: Gain;
}

const gainOf = (grade: number, gain: Gain): number =>
  grade <= 0 ? 0 : gain === "linear" ? grade : 2 ** grade - 1;

/** What place i, from 0, takes off a gain: 1 / log2(i + 2) (Jarvelin & Kekalainen 2002). */
const discount = (place: number): number => 1 / Math.log2(place + 2);

/** Relevant documents among those that were judged. */
export function relevantCount(grades: Grades, { relevant }: Pick<MeasureOptions, "relevant">): number {
  let count = 0;
  for (const grade of grades.values()) if (grade >= relevant) count++;
  return count;
}

/**
 * The measures of one ranking, as trec_eval 9 has them. A document that was not judged is not relevant; where nothing is relevant every measure is 0.
 *
 * - `recall`: relevant among the first k / all relevant; `precision`: relevant among the first k / k
 * - `mrr`: 1 / place of the first relevant one, 0 beyond k
 * - `ndcg`: sum over i < k of gain / log2(i + 2), over that of the best order of all judged documents
 * - `map`: mean over all relevant of the precision at their places, 0 for those that are not in the ranking, which counts to its end
 *
 * Cost r + j log j for r places and j judged documents.
 *
 * @param ranking names of documents, best first, each once
 * @throws duplicate-id
 */
export function scoreRanking(
  ranking: readonly string[],
  grades: Grades,
  options: MeasureOptions,
): RetrievalScores {
  const { nNeighbors: k, relevant, gain } = options;
  const all = relevantCount(grades, options);
  let [found, foundFirst, precisions, gains, first] = [0, 0, 0, 0, 0];
  if (new Set(ranking).size < ranking.length)
    throw new IsometerError("duplicate-id", "a document stands twice in a ranking");
  ranking.forEach((document, place) => {
    const grade = grades.get(document);
    if (grade === undefined) return;
    if (place < k) gains += gainOf(grade, gain) * discount(place);
    if (grade < relevant) return;
    found++;
    precisions += found / (place + 1);
    if (place < k) foundFirst++;
    if (first === 0 && place < k) first = 1 / (place + 1);
  });
  const best = bestGain(grades, options);
  return {
    ndcg: best > 0 ? gains / best : 0,
    recall: all > 0 ? foundFirst / all : 0,
    precision: foundFirst / k,
    mrr: first,
    map: all > 0 ? precisions / all : 0,
  };
}

/** Discounted gain of the best order of the judged documents. */
function bestGain(grades: Grades, { nNeighbors: k, gain }: MeasureOptions): number {
  const gains = Array.from(grades.values(), (grade) => gainOf(grade, gain)).sort((a, b) => b - a);
  return gains.slice(0, k).reduce((sum, own, place) => sum + own * discount(place), 0);
}

/** A ranking of shuffled documents. */
export interface Shuffled {
  /** n: documents that are shuffled. */
  readonly documents: number;
  /** Places of the ranking, at most n. */
  readonly depth: number;
  /** Grades of those documents that are among the n. */
  readonly present: Grades;
}

/**
 * The expected measures of a ranking of shuffled documents, in closed form. Of n documents R are relevant:
 *
 * - precision R/n; recall k R / (n times all relevant); nDCG: mean gain times the sum of discounts, over the best
 * - MRR: sum over r <= k of 1/r times the chance that the first relevant one is at r (sampling without replacement)
 * - MAP: sum over i <= depth of (1/i) (R/n) (1 + (i - 1)(R - 1)/(n - 1)), over all relevant
 *
 * Cost depth.
 */
export function expectedScores(
  grades: Grades,
  { documents: n, depth, present }: Shuffled,
  options: MeasureOptions,
): RetrievalScores {
  const { nNeighbors, gain } = options;
  const all = relevantCount(grades, options);
  const there = relevantCount(present, options);
  const k = Math.min(nNeighbors, depth);
  let [gains, total] = [0, 0];
  for (const grade of present.values()) total += gainOf(grade, gain);
  for (let place = 0; place < k; place++) gains += (total / n) * discount(place);
  let [mrr, none] = [0, 1];
  for (let r = 1; r <= k && none > 0; r++) {
    const here = Math.min(1, there / (n - r + 1));
    mrr += (none * here) / r;
    none *= 1 - here;
  }
  let precisions = 0;
  for (let i = 1; i <= depth; i++)
    precisions += (there / n / i) * (1 + (n > 1 ? ((i - 1) * (there - 1)) / (n - 1) : 0));
  const best = bestGain(grades, options);
  return {
    ndcg: best > 0 ? gains / best : 0,
    recall: all > 0 ? (k * there) / n / all : 0,
    precision: (k * there) / n / nNeighbors,
    mrr,
    map: all > 0 ? precisions / all : 0,
  };
}
