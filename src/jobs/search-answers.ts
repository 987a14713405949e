import type { Watch } from "../base/index.ts";
import type { RerankRecord, SearchAnswer, SearchHit } from "../report/index.ts";
import type { TrustModel } from "../spaces/search/index.ts";
import type { Found, SearchSpace } from "./search-inputs.ts";
import type { SearchValues } from "./search-options.ts";
import type { Queries } from "./search-queries.ts";
import { trustOfFound } from "./search-trust.ts";

/** A candidate of a query, and what orders it. */
interface Candidate extends Found {
  /** Among what SPACE found, from 1. */
  readonly place: number;
  /** Chord or length in the space that orders. */
  readonly length: number;
  readonly originalDistance: number | null;
}

/** What was found, and how many candidates could not be put in order. */
export interface Answers {
  readonly answers: readonly SearchAnswer[];
  readonly unknown: number;
  /** Of each query the hits that were left out. */
  readonly withheld: readonly (readonly SearchHit[])[];
}

/** Searches, puts in order where that was asked for, and says how far each hit can be trusted. */
export async function answersOf(
  space: SearchSpace,
  { names, vectors, originals, own }: Queries,
  trust: TrustModel | null,
  options: SearchValues,
  watch: Watch,
): Promise<Answers> {
  const { nNeighbors, minTrust = 0, rerank } = options;
  const wanted = rerank ?? Math.max(nNeighbors, trust?.candidates ?? 0);
  // One more where the first that is found is the query itself.
  const found = await space.nearest(vectors, wanted + (own.some((name) => name !== null) ? 1 : 0), watch);
  const answers: SearchAnswer[] = [];
  const withheld: SearchHit[][] = [];
  let unknown = 0;
  for (const [q, query] of names.entries()) {
    const others = found[q]!.filter(({ name }) => name !== own[q]).slice(0, wanted);
    const query64 = originals?.data.subarray(q * originals.cols, (q + 1) * originals.cols);
    const ordered = query64
      ? await byOriginal(others, query64, space, options)
      : others.map((hit, p) => candidateOf(hit, p, space.metric));
    unknown += others.length - ordered.length;
    const sure = trust && (await trustOfFound(trust, space.joined!, ordered, ordered.map(lengthOf)));
    const hits = ordered.slice(0, nNeighbors).map(({ name, row, distance, place, originalDistance }, p) => ({
      name,
      row,
      distance,
      place,
      originalDistance,
      trust: sure?.[p] ?? null,
    }));
    const isSure = ({ trust: own }: SearchHit) => minTrust === 0 || (own !== null && own.value >= minTrust);
    const kept = hits.filter(isSure);
    withheld.push(hits.filter((hit) => !isSure(hit)));
    const changed = hits.filter(({ place }) => place > nNeighbors).length;
    answers.push({ query, hits: kept, withheld: hits.length - kept.length, changed });
  }
  return { answers, unknown, withheld };
}

const lengthOf = ({ length }: Candidate) => length;

function candidateOf(hit: Found, p: number, metric: SearchSpace["metric"]): Candidate {
  const length = metric === "cosine" ? Math.sqrt(2 * Math.max(0, hit.distance)) : hit.distance;
  return { ...hit, place: p + 1, length, originalDistance: null };
}

/** Those that the original has, by their distance there. */
async function byOriginal(
  found: readonly Found[],
  query: Float32Array,
  { joined }: SearchSpace,
  { originalMetric }: SearchValues,
): Promise<Candidate[]> {
  const { rankByDistance } = await import("../spaces/search/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const known = [...found.keys()].filter((p) => found[p]!.at >= 0);
  const rows = gatherPoints(
    joined!.original,
    known.map((p) => found[p]!.at),
  );
  const { order, distances } = rankByDistance(query, rows, originalMetric);
  return Array.from(order, (at, i) => ({
    ...found[known[at]!]!,
    place: known[at]! + 1,
    length: distances[i]!,
    originalDistance: originalMetric === "cosine" ? distances[i]! ** 2 / 2 : distances[i]!,
  }));
}

/** What ordering did: to these queries, and to rows that were sought as if they were some. */
export function rerankRecord(
  { reranked, queries }: TrustModel,
  answers: readonly SearchAnswer[],
  unknown: number,
): RerankRecord {
  const { candidates, before, after, gain } = reranked!;
  return {
    candidates,
    changed: answers.reduce((sum, { changed }) => sum + changed, 0) / answers.length,
    unknown,
    recall: { before, after, gain, queries },
  };
}
