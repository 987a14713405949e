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
import { EVIDENCE, evidenceOf } from "./evidence.ts";
import { chance, fitLogistic, type Logistic, predict } from "./logistic.ts";

export type SearchMetric = "cosine" | "euclidean";

export interface TrustOptions extends EngineOptions, Watch {
  /** k: a hit is true when it is among the k nearest of the query in the original. Default 10. */
  readonly nNeighbors?: number;
  /** Metric of the original. Default euclidean. */
  readonly metric?: SearchMetric;
  /** Default: that of the original. */
  readonly latentMetric?: SearchMetric;
  /** Rows that are sought as if they were queries. Default 1,000, or half of the rows. */
  readonly queries?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** How chances that were stated for queries that nothing was fitted to turned out. */
export interface Calibration {
  /** Share of hits that are true. */
  readonly base: number;
  /** Mean squared difference between chance and truth, 0 to 1, with its 95 % interval over queries. */
  readonly brier: { readonly value: number; readonly interval: Interval };
  /** The same of one who states the base rate for every hit. */
  readonly baseBrier: number;
  /** Expected calibration error: |stated - true share| in ten bins of stated chance, by the hits in them (Naeini et al. 2015). */
  readonly ece: number;
  /** The reliability diagram. */
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly hits: number;
    readonly stated: number;
    readonly observed: number;
  }[];
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
const BINS = 10;
const Z95 = 1.959964;

/** Hits of sampled queries. */
interface Sample {
  /** hits x 7, k for each query. */
  readonly features: Float64Array;
  /** hits, 1 where it is true. */
  readonly labels: Uint8Array;
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
  const candidates = WIDTH * k;
  const { queries = Math.min(1000, Math.floor(rows / 2)) } = options;
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
  });
}

/** How far the first k of the candidates of one query can be trusted. */
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
  readonly metric: SearchMetric;
  readonly latentMetric: SearchMetric;
  readonly engine: EngineInfo;
}

async function sampled(original: Points, latent: Points, drawn: Int32Array, how: Sampling): Promise<Sample> {
  const { k, candidates, metric, latentMetric, engine } = how;
  const truth = await othersNear(
    await openSearched(original, { metric, engine, name: "the original" }),
    original,
    drawn,
    k,
    how,
  );
  const found = await othersNear(
    await openSearched(latent, { metric: latentMetric, engine, name: "the latent" }),
    latent,
    drawn,
    candidates,
    how,
  );
  const features = new Float64Array(drawn.length * k * EVIDENCE.length);
  const labels = new Uint8Array(drawn.length * k);
  for (let q = 0; q < drawn.length; q++) {
    const ids = found.ids.subarray(q * candidates, (q + 1) * candidates);
    const own = {
      distances: found.distances.subarray(q * candidates, (q + 1) * candidates),
      original: placed(gatherPoints(original, ids), metric),
      latent: placed(gatherPoints(latent, ids), latentMetric),
    };
    features.set(evidenceOf(own, k), q * k * EVIDENCE.length);
    const wanted = new Set(truth.ids.subarray(q * k, (q + 1) * k));
    for (let p = 0; p < k; p++) labels[q * k + p] = wanted.has(ids[p]!) ? 1 : 0;
  }
  return { features, labels };
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

/** How chances turned out; k hits for each query. */
export function calibrationOf(chances: Float64Array, labels: ArrayLike<number>, k: number): Calibration {
  const truth = Float64Array.from(labels);
  const base = mean(truth);
  const squares = chances.map((value, hit) => (value - truth[hit]!) ** 2);
  const byQuery = Float64Array.from({ length: truth.length / k }, (_, q) =>
    mean(squares.subarray(q * k, (q + 1) * k)),
  );
  const bins = Array.from({ length: BINS }, (_, b) => {
    const own = [...chances.keys()].filter(
      (hit) => Math.min(BINS - 1, Math.floor(chances[hit]! * BINS)) === b,
    );
    const over = (values: Float64Array) =>
      own.length > 0 ? mean(Float64Array.from(own, (hit) => values[hit]!)) : 0;
    return {
      from: b / BINS,
      to: (b + 1) / BINS,
      hits: own.length,
      stated: over(chances),
      observed: over(truth),
    };
  });
  return {
    base,
    brier: { value: mean(byQuery), interval: meanInterval(byQuery, Number.POSITIVE_INFINITY, [0, 1]) },
    baseBrier: base * (1 - base),
    ece: bins.reduce(
      (sum, { hits, stated, observed }) => sum + (hits / truth.length) * Math.abs(stated - observed),
      0,
    ),
    bins,
  };
}
