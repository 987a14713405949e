import { checkFinite, checkInteger, type Matrix, type Points, type Watch } from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../engine/index.ts";
import type { PcaSolver } from "../linalg/index.ts";
import { type Fit, linearFit, transform } from "./fit.ts";
import { fitIsomap, type IsomapOptions } from "./isomap.ts";
import { fitIsometricLinear } from "./isometric-linear.ts";
import { fitLda } from "./lda.ts";
import type { FitOptions } from "./linear-map.ts";
import { fitMde, type MdeOptions } from "./mde.ts";
import { fitMds } from "./mds.ts";
import { fitPacmap, type PacmapOptions } from "./pacmap.ts";
import { fitPca } from "./pca.ts";
import { fitRandom, type RandomKind } from "./random.ts";
import { fitTruncate } from "./truncate.ts";
import { fitTsne, type TsneOptions } from "./tsne.ts";
import { fitUmap, type UmapOptions } from "./umap.ts";

/** What is of one method only. */
type Own<Options> = Omit<Options, keyof FitOptions>;

/** A method: points to d dimensions, with options of its own. */
type Fitter<Options> = (points: Points, d: number, options: FitOptions & Own<Options>) => Promise<Fit>;

const pca: Fitter<{ readonly whiten?: boolean; readonly solver?: PcaSolver }> = async (points, d, own) =>
  linearFit(await fitPca(points, d, { whiten: false, ...own }));

const isometricLinear: Fitter<object> = async (points, d, own) =>
  linearFit(await fitIsometricLinear(points, d, own));

const mds: Fitter<{ readonly nonMetric?: boolean }> = fitMds;

const sammon: Fitter<object> = (points, d, own) => fitMds(points, d, { ...own, weights: "inverse" });

const random: Fitter<{ readonly kind?: RandomKind }> = async (points, d, own) =>
  linearFit(fitRandom(points, d, { kind: "gaussian", ...own }));

const truncate: Fitter<object> = async (points, d, own) => linearFit(fitTruncate(points, d, own));

const lda: Fitter<{ readonly labels: readonly string[] }> = async (points, d, own) =>
  linearFit(await fitLda(points, d, own));

const isomap: Fitter<IsomapOptions> = fitIsomap;
const umap: Fitter<UmapOptions> = fitUmap;
const densmap: Fitter<UmapOptions> = (points, d, own) => fitUmap(points, d, { densityWeight: 2, ...own });
const tsne: Fitter<TsneOptions> = fitTsne;
const pacmap: Fitter<PacmapOptions> = fitPacmap;
const mde: Fitter<MdeOptions> = fitMde;

/** Every method by its name. */
export const FITTERS = {
  pca,
  "isometric-linear": isometricLinear,
  mds,
  sammon,
  random,
  truncate,
  lda,
  isomap,
  umap,
  densmap,
  tsne,
  pacmap,
  mde,
};

export type ReduceMethod = keyof typeof FITTERS;

/** What a method takes beside what all of them take. */
export type MethodOptions<M extends ReduceMethod> = Own<Parameters<(typeof FITTERS)[M]>[2]>;

/** What all methods take. */
export interface ReduceOptions<M extends ReduceMethod> extends EngineOptions, Watch {
  /** Default pca. */
  readonly method?: M;
  /** d, default 2. */
  readonly nComponents?: number;
  /** The distance that is to be kept; under cosine, rows are scaled to length 1 first. Default euclidean. */
  readonly metric?: "euclidean" | "cosine";
  /** Default 0. Same seed, same engine, same bytes, on any number of threads. */
  readonly seed?: number;
  /** How neighbours of rows are found, where a method needs them. Default auto. */
  readonly neighbors?: NonNullable<FitOptions["neighbors"]>;
  /** Asks an iterative fit to end with what it has. */
  readonly stop?: AbortSignal;
}

/** A map that was fitted. */
export interface Reduced extends Pick<Fit, "converged" | "iterations" | "objective" | "details" | "save"> {
  /** The rows in the smaller space, n x d. */
  readonly codes: Matrix;
  readonly warnings: NonNullable<Fit["warnings"]>;
  readonly engine: EngineInfo;
  /** Rows that it never saw: each by itself, and fitted rows do not move. */
  transform(points: Points, watch?: Watch): Promise<Matrix>;
}

/**
 * Fits a map to fewer dimensions: `reduce(x, { method: "umap", nComponents: 2, nNeighbors: 30 })`. Options of a method are those of its function (fitUmap, fitTsne ...), where formulas, costs
 * and sources stand.
 *
 * @param points n x D
 * @throws bad-option for options out of range; non-finite for values that are no numbers; aborted
 */
export async function reduce<M extends ReduceMethod = "pca">(
  points: Matrix,
  options: ReduceOptions<M> & MethodOptions<M>,
): Promise<Reduced> {
  const {
    method = "pca",
    nComponents = 2,
    metric = "euclidean",
    seed = 0,
    provider,
    threads,
    ...own
  } = options;
  checkInteger("nComponents", nComponents, 1, points.cols);
  checkFinite(points, "points");
  const engine = await findEngine({ ...(provider && { provider }), ...(threads && { threads }) });
  const fitter = FITTERS[method as M] as unknown as Fitter<object>;
  const rest = own as Partial<FitOptions>;
  const fit = await fitter(points, nComponents, { ...rest, engine, seed, unitRows: metric === "cosine" });
  const { converged, iterations, objective, details, save, warnings = [] } = fit;
  const place = (rows: Points, watch: Watch = {}) => transform(fit, rows, { engine, ...watch });
  return {
    ...{ converged, iterations, objective, details, save, warnings, engine },
    codes: fit.codes ?? (await place(points)),
    transform: place,
  };
}
