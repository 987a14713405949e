import {
  checkInteger,
  deepFreeze,
  type Interval,
  IsometerError,
  type Matrix,
  mean,
  meanInterval,
  type Points,
  permutation,
  rng,
  sampleWithoutReplacement,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, gatherPoints } from "../../engine/index.ts";
import { toUnitRows } from "../../linalg/index.ts";
import { openSearched, type Searched } from "../../neighbors/index.ts";
import { type Calibration, calibrationOf } from "./calibration.ts";
import { EVIDENCE, evidenceOf } from "./evidence.ts";
import { chance, fitLogistic, type Logistic, predict } from "./logistic.ts";
import { rankByDistance, type SearchMetric } from "./rerank.ts";

export interface TrustOptions extends EngineOptions, Watch {
  /** k: a hit is true when it is among the k nearest of the query in the original. Default 10. */
  readonly nNeighbors?: number;
  /** Metric of the original. Default euclidean. */
  readonly metric?: SearchMetric;
  /** Default: that of the original. */
  readonly latentMetric?: SearchMetric;
  /** So many rows that the latent finds are put in order by their distance in the original, where the query is known too, and the first k of them are the hits. Default: none are. */
  readonly rerank?: number;
  /** Rows that are sought as if they were queries. Default 1,000, or half of the rows. */
  readonly queries?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** What tells how far hits can be trusted. Frozen plain data. */
export interface TrustModel {
  readonly nNeighbors: number;
  /** Rows that are looked at for each query. */
  readonly candidates: number;
  readonly metric: SearchMetric;
  readonly latentMetric: SearchMetric;
  /** Queries that it was fitted to. */
  readonly queries: number;
  readonly regression: Logistic;
  readonly calibration: Calibration;
  /** What ordering by the original did for these queries; null where none was asked for. */
  readonly reranked: Reranked | null;
}

/** Mean share of the k nearest in the original that are among the k hits, over queries, with 95 % intervals. */
export interface Reranked {
  /** Rows that are put in order for each query. */
  readonly candidates: number;
  /** In the order of the latent. */
  readonly before: MeanShare;
  readonly after: MeanShare;
  /** The latter less the former, query by query. */
  readonly gain: MeanShare;
}

/** A mean over queries, with its 95 % interval. */
export interface MeanShare {
  readonly value: number;
  readonly interval: Interval;
}

/** How far a hit can be trusted: the chance that it is among the k nearest in the original, with a 95 % interval. */
export interface Trust {
  readonly value: number;
  readonly interval: Interval;
}

/** Candidates for each hit that is asked for: what lies around the hits tells more of them. */
const WIDTH = 3;
const FOLDS = 5;
const FEWEST_QUERIES = 20;
const Z95 = 1.959964;

/** Hits of sampled queries. */
interface Sample {
  /** hits x 7, k for each query. */
  readonly features: Float64Array;
  /** hits, 1 where it is true. */
  readonly labels: Uint8Array;
  /** The same of the first k in the order of the latent. */
  readonly before: Uint8Array;
}

/**
 * Learns how far hits in a latent can be trusted. Rows are drawn and sought in the latent as if they were queries; a hit is true when it is among the k nearest of the row in the original. A logistic
 * regression on what the hits say of each other (`evidenceOf`) gives the chance of that for queries that are known in the latent alone. Calibration is measured by cross-fitting, five folds of queries.
 *
 * Cost: two exact searches, q n (D + d), and q (3 k)^2 D.
 *
 * @param original n x D, `latent` n x d: row i of both is one item
 * @throws row-count-mismatch, too-few-rows, bad-option, non-finite, zero-vector, aborted
 * @example
 * const model = await fitTrust(original, latent, { nNeighbors: 10 });
 * if (model.calibration.ece > 0.05) console.warn("do not rely on these chances");
 */
export async function fitTrust(
  original: Points,
  latent: Points,
  options: TrustOptions = {},
): Promise<TrustModel> {
  const { nNeighbors: k = 10, metric = "euclidean", latentMetric = metric, seed = 0 } = options;
  const { rows } = original;
  if (latent.rows !== rows) {
    throw new IsometerError("row-count-mismatch", "original and latent have different numbers of rows", {
      got: `${rows} and ${latent.rows}`,
    });
  }
  checkInteger("nNeighbors", k, 2, 1000);
  const { queries = Math.min(1000, Math.floor(rows / 2)), rerank = null } = options;
  if (rerank !== null) checkInteger("rerank", rerank, Math.max(k, 3), rows - 2);
  const candidates = Math.min(WIDTH * k, rerank ?? Number.POSITIVE_INFINITY);
  if (rows < candidates + 2 || rows < 2 * FEWEST_QUERIES) {
    throw new IsometerError(
      "too-few-rows",
      `trust at k = ${k} needs at least ${Math.max(candidates + 2, 2 * FEWEST_QUERIES)} rows`,
      {
        got: String(rows),
      },
    );
  }
  checkInteger("queries", queries, FEWEST_QUERIES, rows);
  const engine = await findEngine(options);
  const random = rng(seed).split("trust");
  const drawn = sampleWithoutReplacement(random.split("queries"), rows, queries);
  const how = {
    k,
    candidates,
    rerank,
    metric,
    latentMetric,
    engine,
    ...(options.signal && { signal: options.signal }),
  };
  const sample = await sampled(original, latent, drawn, how);
  const folds = foldOf(queries, random.split("folds"));
  return deepFreeze({
    nNeighbors: k,
    candidates,
    metric,
    latentMetric,
    queries,
    regression: fitOn(sample, k, () => true),
    calibration: calibrationOf(crossFitted(sample, k, folds), sample.labels, k),
    reranked: rerank === null ? null : { candidates: rerank, ...recallsOf(sample, k) },
  });
}

/**
 * How far the first k of the candidates of one query can be trusted.
 *
 * @param candidates m, as many as the model says, in the order that it was fitted to; `distances` in that space, under cosine chords; `original` m x D, `latent` m x d
 */
export function trustOf(
  { regression, nNeighbors, metric, latentMetric }: TrustModel,
  candidates: { readonly distances: ArrayLike<number>; readonly original: Matrix; readonly latent: Matrix },
): Trust[] {
  const { distances, original, latent } = candidates;
  const k = Math.min(nNeighbors, original.rows);
  const features = evidenceOf(
    { distances, original: placed(original, metric), latent: placed(latent, latentMetric) },
    k,
  );
  return Array.from({ length: k }, (_, p) => {
    const { logit, error } = predict(
      regression,
      features.subarray(p * EVIDENCE.length, (p + 1) * EVIDENCE.length),
    );
    return { value: chance(logit), interval: [chance(logit - Z95 * error), chance(logit + Z95 * error)] };
  });
}

interface Sampling extends Watch {
  readonly k: number;
  readonly candidates: number;
  readonly rerank: number | null;
  readonly metric: SearchMetric;
  readonly latentMetric: SearchMetric;
  readonly engine: EngineInfo;
}

async function sampled(original: Points, latent: Points, drawn: Int32Array, how: Sampling): Promise<Sample> {
  const { k, candidates, rerank, metric, latentMetric, engine } = how;
  const truth = await othersNear(
    await openSearched(original, { metric, engine, name: "the original" }),
    original,
    drawn,
    k,
    how,
  );
  const width = rerank ?? candidates;
  const found = await othersNear(
    await openSearched(latent, { metric: latentMetric, engine, name: "the latent" }),
    latent,
    drawn,
    width,
    how,
  );
  const features = new Float64Array(drawn.length * k * EVIDENCE.length);
  const labels = new Uint8Array(drawn.length * k);
  const before = new Uint8Array(drawn.length * k);
  drawn.forEach((row, q) => {
    const own = {
      ids: found.ids.subarray(q * width, (q + 1) * width),
      distances: found.distances.subarray(q * width, (q + 1) * width),
    };
    const { ids, distances } = rerank === null ? own : reordered(original, row, own.ids, how);
    const evidence = {
      distances,
      original: placed(gatherPoints(original, ids), metric),
      latent: placed(gatherPoints(latent, ids), latentMetric),
    };
    features.set(evidenceOf(evidence, k), q * k * EVIDENCE.length);
    const wanted = new Set(truth.ids.subarray(q * k, (q + 1) * k));
    for (let p = 0; p < k; p++) {
      labels[q * k + p] = wanted.has(ids[p]!) ? 1 : 0;
      before[q * k + p] = wanted.has(own.ids[p]!) ? 1 : 0;
    }
  });
  return { features, labels, before };
}

/** The first of these rows by their distance from a row in the original. */
function reordered(original: Points, row: number, ids: Int32Array, { candidates, metric }: Sampling) {
  const { order, distances } = rankByDistance(
    gatherPoints(original, [row]).data,
    gatherPoints(original, ids),
    metric,
  );
  return {
    ids: order.slice(0, candidates).map((at) => ids[at]!),
    distances: distances.subarray(0, candidates),
  };
}

function recallsOf({ labels, before }: Sample, k: number): Omit<Reranked, "candidates"> {
  const shares = (marks: Uint8Array) =>
    Float64Array.from({ length: marks.length / k }, (_, q) => mean(marks.subarray(q * k, (q + 1) * k)));
  const [first, then] = [shares(before), shares(labels)];
  const over = (values: Float64Array, range: Interval): MeanShare => ({
    value: mean(values),
    interval: meanInterval(values, Number.POSITIVE_INFINITY, range),
  });
  return {
    before: over(first, [0, 1]),
    after: over(then, [0, 1]),
    gain: over(
      then.map((value, q) => value - first[q]!),
      [-1, 1],
    ),
  };
}

/** Directions under cosine. */
function placed(rows: Matrix, metric: SearchMetric): Matrix {
  if (metric === "euclidean") return rows;
  const data = rows.data.slice();
  toUnitRows(data, rows.cols);
  return { ...rows, data };
}

/** The nearest rows of some rows, themselves left out. */
async function othersNear(
  searched: Searched,
  points: Points,
  drawn: Int32Array,
  count: number,
  { signal }: Watch,
): Promise<{ readonly ids: Int32Array; readonly distances: Float64Array }> {
  const found = await searched.nearest(gatherPoints(points, drawn), count + 1, signal ? { signal } : {});
  const ids = new Int32Array(drawn.length * count);
  const distances = new Float64Array(drawn.length * count);
  drawn.forEach((own, q) => {
    for (let p = 0, at = 0; p <= count && at < count; p++) {
      const id = found.ids[q * (count + 1) + p]!;
      if (id === own) continue;
      ids[q * count + at] = id;
      distances[q * count + at++] = found.distances[q * (count + 1) + p]!;
    }
  });
  return { ids, distances };
}

function foldOf(queries: number, random: ReturnType<typeof rng>): Int32Array {
  const folds = new Int32Array(queries);
  permutation(random, queries).forEach((query, at) => {
    folds[query] = at % FOLDS;
  });
  return folds;
}

/** The regression of the hits of those queries that are used. */
function fitOn({ features, labels }: Sample, k: number, isUsed: (query: number) => boolean): Logistic {
  const hits = Int32Array.from(labels.keys()).filter((hit) => isUsed(Math.floor(hit / k)));
  const rows = new Float64Array(hits.length * EVIDENCE.length);
  hits.forEach((hit, at) => {
    rows.set(features.subarray(hit * EVIDENCE.length, (hit + 1) * EVIDENCE.length), at * EVIDENCE.length);
  });
  return fitLogistic(
    rows,
    hits.map((hit) => labels[hit]!),
    hits.map((hit) => Math.floor(hit / k)),
  );
}

/** For each hit the chance that a regression states which was not fitted to its query. */
function crossFitted(sample: Sample, k: number, folds: Int32Array): Float64Array {
  const fits = Array.from({ length: FOLDS }, (_, fold) => fitOn(sample, k, (query) => folds[query] !== fold));
  return Float64Array.from(sample.labels, (_, hit) => {
    const row = sample.features.subarray(hit * EVIDENCE.length, (hit + 1) * EVIDENCE.length);
    return chance(predict(fits[folds[Math.floor(hit / k)]!]!, row).logit);
  });
}
