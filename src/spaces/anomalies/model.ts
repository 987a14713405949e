import { IsometerError, type Matrix, quantile, type Watch } from "../../base/index.ts";
import type { Algebra } from "../../linalg/index.ts";
import type { StraightMetric } from "../../neighbors/index.ts";
import { fitMahalanobis, type MahalanobisModel, mahalanobisScores } from "./covariance.ts";
import { combine } from "./ensemble.ts";
import {
  DETECTORS,
  type DetectorMethodName,
  type DistanceOf,
  detectorNamed,
  type MemberSpec,
} from "./methods.ts";
import {
  fitKnn,
  fitLof,
  type KnnModel,
  knnScores,
  type LofModel,
  lofScores,
  openNormal,
  type Search,
} from "./nearness.ts";
import {
  type ComponentsOptions,
  fitReconstruction,
  type ReconstructionModel,
  reconstructionScores,
} from "./residual.ts";
import { fitStretch, type StretchModel, stretchScores } from "./stretch.ts";

/** A column of numbers that the caller has made, larger for stranger rows. */
export interface GivenModel {
  readonly method: "given";
  readonly name: string;
  /** Of numbers that are strange on either side: the median of the normal rows, from which they are counted. Null: larger is stranger. */
  readonly centre: number | null;
}

export interface Member {
  readonly model: SingleModel;
  /** Its scores of the normal rows, ascending. */
  readonly reference: Float64Array;
}

export interface EnsembleModel {
  readonly method: "ensemble";
  readonly members: readonly Member[];
}

export type SingleModel =
  | KnnModel
  | LofModel
  | MahalanobisModel
  | ReconstructionModel
  | StretchModel
  | GivenModel;

/** What was learnt from normal rows, by method. Plain data. */
export type Model = SingleModel | EnsembleModel;

/** A model, and the scores of the rows that it was fitted to: of knn and lof those that each has among the others. */
export interface Fitted<M extends Model = Model> {
  readonly model: M;
  own(): Promise<Float64Array>;
}

/** Numbers that the caller has made for each row, by name, larger for stranger rows. */
export type Given = Readonly<Record<string, ArrayLike<number>>>;

/** Rows in a detector's units, with what was given for them. */
export interface Sample {
  readonly rows: Matrix;
  readonly given: Given;
  /** What they are codes of, unscaled. */
  readonly originals: Matrix | null;
}

export interface ModelOptions extends ComponentsOptions {
  readonly method: DetectorMethodName;
  readonly metric: StraightMetric;
  readonly nNeighbors: number | undefined;
  readonly distanceOf: DistanceOf;
  /** Null: `usualMembers`. */
  readonly members: readonly MemberSpec[] | null;
  readonly twoSided: readonly string[];
}

/** What a member is called: the name of numbers that are given, or the method, of knn and lof with the neighbours: "knn 5". */
export function memberName(model: SingleModel): string {
  if (model.method === "given") return model.name;
  return model.method === "knn" || model.method === "lof"
    ? `${model.method} ${model.nNeighbors}`
    : model.method;
}

/** What fits and scores have in common. */
export interface Means extends Search {
  readonly algebra: Algebra;
}

export async function fitModel(sample: Sample, options: ModelOptions, means: Means): Promise<Fitted> {
  const { rows } = sample;
  const search = { ...options, nNeighbors: neighborsOf(options.method, options.nNeighbors, rows.rows) };
  switch (options.method) {
    case "knn":
      return fitKnn(rows, search, means);
    case "lof":
      return fitLof(rows, search, means);
    case "mahalanobis":
      return fitMahalanobis(rows, means.algebra);
    case "reconstruction":
      return fitReconstruction(rows, options, means.algebra, means);
    case "stretch":
      return fitStretch(rows, sample.originals, search, means);
    case "given":
      return fitGiven(sample, onlyName(sample.given), options);
    case "ensemble":
      return fitEnsemble(sample, options, means);
  }
}

/** A default gives way where there are fewer rows; a number that was asked for does not. */
function neighborsOf(method: DetectorMethodName, asked: number | undefined, rows: number): number {
  const usual = detectorNamed(method).nNeighbors ?? DETECTORS.knn.nNeighbors;
  return asked ?? Math.max(1, Math.min(usual, rows - 1));
}

function fitGiven(
  { given }: Sample,
  name: string,
  { twoSided }: Pick<ModelOptions, "twoSided">,
): Fitted<GivenModel> {
  const column = Float64Array.from(given[name]!);
  const centre = twoSided.includes(name) ? quantile(column.toSorted(), 0.5) : null;
  const model: GivenModel = { method: "given", name, centre };
  return { model, own: async () => givenScores(model, column) };
}

function givenScores({ centre }: GivenModel, column: ArrayLike<number>): Float64Array {
  return Float64Array.from(column, (value) => (centre === null ? value : Math.abs(value - centre)));
}

/** Nearness at a fifth of k, at k and at 4 k (1, 5 and 20): nobody has to know at which scale anomalies are. And the one cloud, for rows in many dimensions. */
function usualMembers(asked: number | undefined, rows: number): readonly MemberSpec[] {
  const k = neighborsOf("knn", asked, rows);
  const scales = [Math.max(1, Math.round(k / 5)), k, Math.max(k, Math.min(4 * k, rows - 1))];
  const nearness = [...new Set(scales)].map((nNeighbors) => ({ method: "knn" as const, nNeighbors }));
  return [...nearness, "mahalanobis"];
}

async function fitEnsemble(
  sample: Sample,
  options: ModelOptions,
  means: Means,
): Promise<Fitted<EnsembleModel>> {
  const fitted: Fitted[] = [];
  for (const member of options.members ?? usualMembers(options.nNeighbors, sample.rows.rows)) {
    const own = typeof member === "string" ? { method: member } : member;
    fitted.push(await fitModel(sample, { ...options, ...own }, means));
  }
  for (const name of Object.keys(sample.given)) fitted.push(fitGiven(sample, name, options));
  const scores: Float64Array[] = [];
  for (const { own } of fitted) scores.push(await own());
  const references = scores.map((own) => own.slice().sort());
  const members = fitted.map(({ model }, m) => ({ model: model as SingleModel, reference: references[m]! }));
  return { model: { method: "ensemble", members }, own: async () => combine(scores, references) };
}

/** A model made ready: rows that are searched are prepared once. */
export type Scoring = (sample: Sample, watch?: Watch) => Promise<Float64Array>;

export async function openModel(model: Model, means: Means): Promise<Scoring> {
  switch (model.method) {
    case "knn": {
      const searched = await openNormal(model, means);
      return ({ rows }, watch = {}) => knnScores(model, searched, rows, watch);
    }
    case "lof": {
      const searched = await openNormal(model, means);
      return ({ rows }, watch = {}) => lofScores(model, searched, rows, watch);
    }
    case "mahalanobis":
      return ({ rows }) => mahalanobisScores(model, rows, means.algebra);
    case "reconstruction":
      return ({ rows }) => reconstructionScores(model, rows, means.algebra);
    case "stretch": {
      const searched = await openNormal(model, means);
      return (sample, watch = {}) => stretchScores(model, searched, sample, watch);
    }
    case "given":
      return async ({ given }) => givenScores(model, columnOf(given, model.name));
    case "ensemble":
      return openEnsemble(model, means);
  }
}

async function openEnsemble({ members }: EnsembleModel, means: Means): Promise<Scoring> {
  const scorings: Scoring[] = [];
  for (const { model } of members) scorings.push(await openModel(model, means));
  const references = members.map(({ reference }) => reference);
  return async (sample, watch) => {
    const scores: Float64Array[] = [];
    for (const scoring of scorings) scores.push(await scoring(sample, watch));
    return combine(scores, references);
  };
}

function onlyName(given: Given): string {
  const names = Object.keys(given);
  if (names.length === 1) return names[0]!;
  throw new IsometerError("bad-option", `method given needs one column of numbers, got ${names.length}`, {
    hint: "Several are brought together by method ensemble.",
  });
}

function columnOf(given: Given, name: string): ArrayLike<number> {
  const column = given[name];
  if (column) return column;
  throw new IsometerError(
    "bad-option",
    `the detector was fitted with numbers named ${name}: none are given`,
    {
      needed: name,
      got: Object.keys(given).join(", "),
    },
  );
}
