import { type Interval, mean, meanInterval } from "../../base/index.ts";

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

const BINS = 10;

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
