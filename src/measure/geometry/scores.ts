import { bootstrapInterval, type Interval, mean, type Rng } from "../../base/index.ts";
import { type Evidence, productEvidence } from "./evidence.ts";
import { type GeometryScore, type GeometryScores, LEVELS, type StretchOfDirections } from "./result.ts";
import { normalProducts, type Ordered, ordered, quantilesOf, weightedQuantiles } from "./spectra.ts";

/** What scores are about, beside the evidence. */
export interface Setting {
  /** Points there are; those of the evidence were drawn from them. */
  readonly population: number;
  /** The larger of the numbers of inputs and outputs. */
  readonly long: number;
  readonly rng: Rng;
}

/** |J v| towards near points, n x `directions`. */
export interface AlongData {
  readonly lengths: Float64Array;
  readonly directions: number;
}

/** Points of chance: matrices of normal numbers. Of large ones there are fewer, of too large ones none. */
const CHANCE = 400;
const CHANCE_WORK = 5e7;
const CHANCE_RANK = 256;

const COORDINATES = "the best linear coordinates";

/** A statistic of points, point i counted `weights[i]` times. */
type Statistic = (weights: ArrayLike<number>) => number;

/** Statistics of the evidence; each is a score. */
const STATISTICS = {
  stretch: ({ random, points }) => stretchOf(ordered(random, random.length / points)),
  conditionNumber({ largest, smallest }) {
    const conditions = largest.map((value, i) => value / smallest[i]!);
    return (weights) => weightedMean(conditions, weights);
  },
  biLipschitz:
    ({ largest, smallest }) =>
    (weights) => {
      let [most, least] = [0, Number.POSITIVE_INFINITY];
      for (let i = 0; i < largest.length; i++) {
        if (weights[i] === 0) continue;
        most = Math.max(most, largest[i]!);
        least = Math.min(least, smallest[i]!);
      }
      return Math.sqrt(most / least);
    },
  relaxedDistortion:
    ({ traces, squares }) =>
    (weights) =>
      weightedMean(squares, weights) / weightedMean(traces, weights) ** 2,
  // Of log det G: twice the log-volume. What estimates scatter by is not of the points.
  logVolumeVariance:
    ({ volumes, noise }) =>
    (weights) => {
      const spread = weightedVariance(volumes, weights) - (noise ? weightedMean(noise, weights) : 0);
      return 4 * (noise ? Math.max(0, spread) : spread);
    },
  // The mean metric stays that of all points: its own uncertainty is small beside theirs.
  metricVariation:
    ({ variations }) =>
    (weights) =>
      variations ? weightedMean(variations, weights) : Number.NaN,
} as const satisfies Record<string, (evidence: Evidence) => Statistic>;

type Name = keyof typeof STATISTICS;

/**
 * All scores of the Jacobians at some points, with what they are by chance and after the best linear change of coordinates. Intervals are over the draw of the points (bootstrap); those of
 * all points are exact.
 */
export function geometryScores(
  own: Evidence,
  linear: Evidence | null,
  alongData: AlongData | null,
  setting: Setting,
): GeometryScores {
  const { points, rank } = own;
  const { rng } = setting;
  const chance = chanceEvidence(own, setting.long, rng.split("chance"));
  const plain = (evidence: Evidence | null, name: Name) =>
    evidence && STATISTICS[name](evidence)(ones(evidence.points));
  const score = (name: Name, ideal: number): GeometryScore => {
    const value = plain(linear, name);
    return {
      ...sampledScore(STATISTICS[name](own), points, setting, name),
      ideal,
      null: plain(chance, name),
      baseline: value === null ? null : { name: COORDINATES, value },
    };
  };
  const conditions = own.largest.map((value, i) => value / own.smallest[i]!);
  return {
    stretch: stretchScore(own, score("stretch", 1), setting),
    ...(alongData && dataStretch(alongData, own, plain(chance, "stretch"), setting)),
    conditionNumber: { ...score("conditionNumber", 1), quantiles: quantilesOf(conditions) },
    biLipschitz: {
      ...atLeast(score("biLipschitz", 1)),
      smallest: Math.sqrt(own.smallest.reduce((least, value) => Math.min(least, value), Infinity)),
      largest: Math.sqrt(own.largest.reduce((most, value) => Math.max(most, value), 0)),
    },
    relaxedDistortion: score("relaxedDistortion", 1 / rank),
    logVolumeVariance: {
      ...score("logVolumeVariance", 0),
      mean: mean(own.volumes),
      quantiles: quantilesOf(own.volumes),
    },
    metricVariation: own.variations ? score("metricVariation", 0) : null,
  };
}

/** The worst of some points: that of all is no better. */
function atLeast(score: GeometryScore): GeometryScore {
  return score.exact ? score : { ...score, interval: [score.value, Number.POSITIVE_INFINITY] };
}

function chanceEvidence({ points, rank }: Evidence, long: number, rng: Rng): Evidence | null {
  if (rank > CHANCE_RANK) return null;
  const count = Math.max(4, Math.min(points, CHANCE, Math.floor(CHANCE_WORK / rank ** 3)));
  return productEvidence(normalProducts(count, rank, long, rng), count, rank, rng);
}

/** The stretch along random directions: they were drawn, whether the points were or not. */
function stretchScore(
  { random, points }: Evidence,
  score: GeometryScore,
  setting: Setting,
): StretchOfDirections {
  const { value } = score;
  const lengths = ordered(random, random.length / points);
  // Where all points are there, directions are what was drawn.
  const interval = score.exact
    ? bootstrapOf(stretchOf(ordered(random, 1)), random.length, value, setting.rng.split("directions"), 200)
    : score.interval;
  return {
    ...score,
    interval,
    n: random.length,
    unit: "directions",
    exact: false,
    sampled: { kind: "directions", m: random.length },
    quantiles: weightedQuantiles(lengths, ones(points), LEVELS),
  };
}

function dataStretch(
  { lengths, directions }: AlongData,
  { points }: Evidence,
  chance: number | null,
  setting: Setting,
): Pick<GeometryScores, "stretchAlongData"> {
  const along = ordered(lengths, directions);
  if (along.values.length === 0) return {};
  return {
    stretchAlongData: {
      ...sampledScore(stretchOf(along), points, setting, "data"),
      n: along.values.length,
      unit: "directions",
      ideal: 1,
      null: chance,
      baseline: null,
      quantiles: weightedQuantiles(along, ones(points), LEVELS),
    },
  };
}

/** The value of a statistic and its interval. */
function sampledScore(statistic: Statistic, points: number, { population, rng }: Setting, name: string) {
  const value = statistic(ones(points));
  const exact = points >= population;
  const interval: Interval = exact
    ? [value, value]
    : bootstrapOf(statistic, points, value, rng.split(name), undefined, population);
  return {
    value,
    interval,
    n: points,
    unit: "points" as const,
    exact,
    ...(!exact && { sampled: { kind: "points" as const, m: points } }),
  };
}

function bootstrapOf(
  statistic: Statistic,
  units: number,
  estimate: number,
  rng: Rng,
  replicates = 1000,
  population = Number.POSITIVE_INFINITY,
): Interval {
  // Infinite values have no spread that could be told.
  if (!Number.isFinite(estimate)) return [estimate, estimate];
  return bootstrapInterval(units, statistic, { rng, population, estimate, replicates, range: [0, Infinity] });
}

const stretchOf =
  (lengths: Ordered): Statistic =>
  (weights) => {
    const [low, high] = weightedQuantiles(lengths, weights, [0.05, 0.95]) as [number, number];
    return high / low;
  };

function weightedMean(values: Float64Array, weights: ArrayLike<number>): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    // Infinite times none is not a number.
    if (weights[i] === 0) continue;
    sum += values[i]! * weights[i]!;
    count += weights[i]!;
  }
  return sum / count;
}

/** With divisor n - 1, as of the values repeated; 0 for one. */
function weightedVariance(values: Float64Array, weights: ArrayLike<number>): number {
  const centre = weightedMean(values, weights);
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (weights[i] === 0) continue;
    sum += weights[i]! * (values[i]! - centre) ** 2;
    count += weights[i]!;
  }
  return count > 1 ? sum / (count - 1) : 0;
}

function ones(count: number): Int32Array {
  return new Int32Array(count).fill(1);
}
