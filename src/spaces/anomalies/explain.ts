import { deepFreeze, IsometerError, type Matrix, row } from "../../base/index.ts";
import { openSearched, type StraightMetric } from "../../neighbors/index.ts";
import { conformalPValues, tailShare } from "./conformal.ts";
import { mahalanobisParts } from "./covariance.ts";
import { type Detector, type ScoreOptions, sampleOf, withMeans } from "./detector.ts";
import { surpriseOf } from "./ensemble.ts";
import type { DetectorMethodName } from "./methods.ts";
import { type Means, type Model, memberName, openModel, type Sample, type SingleModel } from "./model.ts";
import { reconstructionParts } from "./residual.ts";
import { scaled } from "./scaling.ts";

/** A normal row near the explained one. */
export interface NormalNeighbor {
  /** Its number among the normal rows that the detector was given. */
  readonly row: number;
  /** In the units that the detector measures in: of standard deviations where it standardises. */
  readonly distance: number;
}

/** What one dimension has to do with a score. */
export interface DimensionPart {
  readonly dimension: number;
  /** Its share of the squared score, or of what the distances are made of (see `Explanation`). All shares sum to 1; under Mahalanobis some may be negative. */
  readonly share: number;
  /** The value of the row there, in the units that the detector measures in, and what it is compared with: the mean of the neighbours, or of the normal rows. */
  readonly value: number;
  readonly usual: number;
}

/** What one member of an ensemble said. */
export interface MemberPart {
  readonly method: DetectorMethodName;
  /** What it is called among the members (`memberName`). */
  readonly name: string;
  readonly score: number;
  /** Share of normal rows that score as much. */
  readonly p: number;
  /** -log p, continued where no normal row is: the score of the ensemble is the mean of these. */
  readonly surprise: number;
  readonly dimensions: readonly DimensionPart[];
}

/**
 * Why a row has its score.
 *
 * Dimensions, by share: of knn and lof the part in the distances to the k nearest (squares; under manhattan absolute differences), of mahalanobis (x - m)_k (S^-1 (x - m))_k, of
 * reconstruction the squared residual. Stretch has none, numbers that were given those of what they are `madeOf`, an ensemble those of its members.
 */
export interface Explanation {
  readonly score: number;
  /** Null where the detector was not calibrated. */
  readonly p: number | null;
  /** Nearest first. Null where the detector keeps no normal rows and none were given. */
  readonly neighbors: readonly NormalNeighbor[] | null;
  readonly dimensions: readonly DimensionPart[];
  readonly members: readonly MemberPart[];
}

export interface ExplainOptions extends ScoreOptions {
  /** How many neighbours are named, default 5. */
  readonly neighbors?: number;
  /** How many dimensions are named, default 5. */
  readonly dimensions?: number;
  /** The normal rows, all that the detector was fitted with, for methods that keep none. */
  readonly normal?: Matrix;
  /** What numbers that are `given` are made of, by name: their dimensions are told by (value - usual)^2. Of `residual`: the row, and what the decoder gives back. */
  readonly madeOf?: Readonly<Record<string, MadeOf>>;
}

/** Values of one row in each dimension, and what was expected there. */
export interface MadeOf {
  readonly values: ArrayLike<number>;
  readonly usual: ArrayLike<number>;
}

/** Explains the score of one row. Cost O(n d), and d^2 for mahalanobis. @throws bad-value when `point` is not one row of the detector's width */
export async function explainRow(
  detector: Detector,
  point: Matrix,
  options: ExplainOptions = {},
): Promise<Explanation> {
  if (point.rows !== 1) {
    throw new IsometerError("bad-value", `one row is explained at a time, got ${point.rows}`);
  }
  const { neighbors = 5, dimensions = 5, normal, given = {}, originals, madeOf = {} } = options;
  return withMeans(options, async (means) => {
    const sample = sampleOf(detector, { points: point, given, originals: originals ?? null });
    const { model, calibration } = detector;
    const [score] = await (await openModel(model, means))(sample, means);
    const told = model.method === "ensemble" ? model.members : [];
    const members: MemberPart[] = [];
    for (const { model: member, reference } of told) {
      const [own] = await (await openModel(member, means))(sample, means);
      const parts = largest(await partsOf(member, sample, madeOf, means), dimensions);
      const [p, surprise] = [tailShare(reference, own!), surpriseOf(reference)(own!)];
      members.push({
        method: member.method,
        name: memberName(member),
        score: own!,
        p,
        surprise,
        dimensions: parts,
      });
    }
    const own = model.method === "ensemble" ? [] : await partsOf(model, sample, madeOf, means);
    return deepFreeze({
      score: score!,
      p: calibration && conformalPValues(calibration, [score!])[0]!,
      neighbors: await nearestNormal(detector, sample, neighbors, normal, means),
      dimensions: largest(own, dimensions),
      members,
    });
  });
}

const largest = (parts: readonly DimensionPart[], count: number): DimensionPart[] =>
  [...parts].sort((a, b) => b.share - a.share || a.dimension - b.dimension).slice(0, count);

/** The part of every dimension. */
async function partsOf(
  model: SingleModel,
  { rows: point }: Sample,
  madeOf: NonNullable<ExplainOptions["madeOf"]>,
  means: Means,
): Promise<DimensionPart[]> {
  const values = row(point, 0);
  switch (model.method) {
    case "given": {
      const own = madeOf[model.name];
      return own ? shares(squaresBetween(own), own.values, own.usual) : [];
    }
    case "stretch":
      return [];
    case "mahalanobis":
      return shares(mahalanobisParts(model, values), values, model.mean);
    case "reconstruction":
      return shares(await reconstructionParts(model, point, means.algebra), values, model.mean);
    default: {
      const searched = await openSearched(model.rows, {
        ...means,
        metric: model.metric,
        name: "normal rows",
      });
      const { ids } = await searched.nearest(point, model.nNeighbors);
      const near = Array.from(ids, (id) => row(model.rows, id));
      return shares(differences(values, near, model.metric), values, meanOf(near));
    }
  }
}

const squaresBetween = ({ values, usual }: MadeOf): Float64Array =>
  Float64Array.from(values, (value, k) => (value - usual[k]!) ** 2);

function shares(parts: Float64Array, values: ArrayLike<number>, usual: ArrayLike<number>): DimensionPart[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  return Array.from(parts, (part, dimension) => ({
    dimension,
    share: total > 0 ? part / total : 0,
    value: values[dimension]!,
    usual: usual[dimension]!,
  }));
}

/** What each dimension adds to the distances to some rows. Under cosine all rows have length 1. */
function differences(
  values: Float32Array,
  near: readonly Float32Array[],
  metric: StraightMetric,
): Float64Array {
  const part = (gap: number) => (metric === "manhattan" ? Math.abs(gap) : gap * gap);
  return Float64Array.from(values, (value, k) =>
    near.reduce((sum, other) => sum + part(value - other[k]!), 0),
  );
}

const meanOf = (rows: readonly Float32Array[]): Float64Array =>
  Float64Array.from(rows[0]!, (_, k) => rows.reduce((sum, values) => sum + values[k]! / rows.length, 0));

async function nearestNormal(
  detector: Detector,
  { rows: point }: Sample,
  count: number,
  normal: Matrix | undefined,
  means: Means,
): Promise<NormalNeighbor[] | null> {
  const kept = keptRows(detector.model);
  const rows = kept ?? (normal && scaled(normal, detector.scaling, detector.cols));
  if (!rows) return null;
  const searched = await openSearched(rows, { ...means, metric: detector.metric, name: "normal rows" });
  const { ids, distances } = await searched.nearest(point, Math.min(count, rows.rows));
  return Array.from(ids, (id, at) => ({ row: kept ? detector.fitted[id]! : id, distance: distances[at]! }));
}

/** The normal rows that a model keeps, or one of its members. */
function keptRows(model: Model): Matrix | null {
  if (model.method !== "ensemble") return "rows" in model ? model.rows : null;
  for (const { model: member } of model.members) if ("rows" in member) return member.rows;
  return null;
}
