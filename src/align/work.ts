import {
  checkInteger,
  IsometerError,
  type Points,
  permutation,
  type Rng,
  rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, gatherPoints } from "../engine/index.ts";
import type { Algebra } from "../linalg/index.ts";
import { type AlignSearch, checkSearch } from "./csls.ts";
import type { MapBounds } from "./frame.ts";
import { fewestForRegions } from "./local.ts";
import { type AlignMethodName, METHOD_NAMES, methodNamed, USUAL_METHODS } from "./method-table.ts";
import { type Fitting, openFitting, streamFitting } from "./methods.ts";
import type { RowTrainer } from "./residual.ts";
import type { Alignment } from "./result.ts";
import { type Index, openIndex, openTarget, type SearchOptions, type Target } from "./retrieval.ts";
import { copiesOf, type Fold, foldAround, foldsOf, partsOf } from "./split.ts";

export interface AlignOptions extends EngineOptions, Watch, MapBounds {
  /** Default cosine: rows are scaled to length 1. */
  readonly metric?: "cosine" | "euclidean";
  /** k of recall@k. Default 10. */
  readonly nNeighbors?: number;
  /** How mapped queries are sought: `csls` holds down hubs (needs cosine). Default nearest. */
  readonly search?: AlignSearch;
  /** Methods that are tried, in any order. Default: all that lead into the second space as it is. */
  readonly methods?: readonly AlignMethodName[];
  /** Rows to fit to, by number, or how many are drawn. Default: four fifths of the rows, in turns, so that about `queries` are scored. */
  readonly anchors?: ArrayLike<number> | number;
  /** Rows to score. Default 1,000. */
  readonly queries?: number;
  /** Recall that a migration has to keep. Default .95. */
  readonly target?: number;
  /** The region of each row of the second space, for `regions`. */
  readonly regions?: Int32Array;
  /** Numbers of both sides that a fit holds; where there are more, maps are tried on pairs drawn at random. Default 2^25. */
  readonly heldValues?: number;
  /** Multiplications of one search, queries x n x d, beyond which shuffled pairs and the learning curve are scored with every 4th query. Default 1e11; Infinity: always with all. */
  readonly sampleBeyond?: number;
  /** What trains networks: `residual` needs it. */
  readonly train?: RowTrainer;
  /** Default 0. */
  readonly seed?: number;
}

/** Numbers of both sides that a fit holds. */
const HELD = 2 ** 25;
const MOST_FOLDS = 5;
const FEWEST_ROWS = 10;
const FEWEST_ANCHORS = 2;
const FEWEST_TESTED = 2;

export type Means = AlignOptions & { readonly engine: EngineInfo; readonly algebra: Algebra };

/** All that trials share. */
export interface Work extends Required<Pick<AlignOptions, "metric" | "nNeighbors">> {
  readonly from: Points;
  readonly to: Points;
  readonly folds: readonly Fold[];
  readonly names: readonly AlignMethodName[];
  /** Methods that were asked for and cannot be tried. */
  readonly skipped: Alignment<AlignMethodName>["skipped"];
  readonly options: Means;
  readonly rng: Rng;
  /** Searching all rows takes long: some scores are of fewer queries. */
  readonly isLong: boolean;
  /** What the rows that a fold scores should find; found once. */
  targetOf(fold: Fold): Promise<Target>;
  /** Tells that a method has been fitted, or scored. @throws aborted */
  done(): void;
}

/** Anchors at the first point of the learning curve. */
const FEWEST = 10;
/** Where searching takes long, one query of so many is scored with shuffled anchors, and with few. */
const SAMPLED = 4;

/** Numbers of anchors that recall is looked at for beside all: 10, 20, 40 and so on. */
export function curveSizes(folds: readonly Fold[]): number[] {
  const all = Math.min(...folds.map(({ anchors }) => anchors.length));
  const sizes: number[] = [];
  for (let size = FEWEST; size < all; size *= 2) sizes.push(size);
  return sizes;
}

const LONG_SEARCH = 1e11;

function isLongSearch(
  to: Points,
  folds: readonly Fold[],
  { sampleBeyond = LONG_SEARCH }: AlignOptions,
): boolean {
  const queries = folds.reduce((sum, { test }) => sum + test.length, 0);
  return queries * to.rows * to.cols > sampleBeyond;
}

export function openWork(from: Points, to: Points, options: Means): Work {
  const { metric = "cosine", nNeighbors = 10, seed = 0, methods = USUAL_METHODS } = options;
  checkRows(from, to, nNeighbors, options.regions);
  checkSearch(options.search ?? "nearest", metric);
  const random = rng(seed).split("align");
  const folds = drawFolds(from, to, options, random);
  const { names, skipped } = methodsFor(methods, from, to, folds, options.train !== undefined);
  const isLong = isLongSearch(to, folds, options);
  // Every method is fitted twice and scored twice, every point of the curve once.
  const total = folds.length * (4 * names.length + 2 * curveSizes(folds).length);
  let count = 0;
  const done = () => {
    throwIfAborted(options.signal);
    options.onProgress?.({ stage: "aligning", done: ++count, total });
  };
  let index: Promise<Index> | null = null;
  const targets = new Map<Fold, Promise<Target>>();
  const work: Work = {
    from,
    to,
    folds,
    names,
    options,
    metric,
    nNeighbors,
    rng: random,
    skipped,
    isLong,
    done,
    targetOf: (fold) => {
      index ??= openIndex(to, searchOptions(work));
      const known =
        targets.get(fold) ?? index.then((rows) => openTarget(rows, fold.test, searchOptions(work)));
      targets.set(fold, known);
      return known;
    },
  };
  return work;
}

/** Places of the rows, of so many that a fold scores, that are scored with shuffled anchors too, and with few. */
export function sampledPlaces({ isLong }: Work, scored: number): Int32Array {
  const step = isLong ? SAMPLED : 1;
  return Int32Array.from({ length: Math.ceil(scored / step) }, (_, i) => i * step);
}

/** What was not done with all rows. */
export function shortcuts(work: Work, name: AlignMethodName): Warning[] {
  const { from, to, folds, isLong, options } = work;
  const warnings: Warning[] = [];
  const [fitted, all] = [folds[0]!.anchors.length, from.rows].map((rows) => rows.toLocaleString("en"));
  if (mostRows(from, to, options) < from.rows) {
    const saved = isStreamed(work, name)
      ? "the map that is saved is fitted to all"
      : "so is the map that is saved";
    const message = `scores are of maps fitted to ${fitted} of ${all} pairs, drawn at random; ${saved}`;
    warnings.push({ code: isStreamed(work, name) ? "sampled-trials" : "pairs-unused", message });
  }
  if (isLong) {
    const message = `searching ${all} rows takes long: shuffled pairs and the learning curve are scored with every ${SAMPLED}th query`;
    warnings.push({ code: "sampled-search", message });
  }
  return warnings;
}

/** Is the last map of a method fitted to all rows as they are read, because they are too many to hold? */
export function isStreamed({ from, to, options }: Work, name: AlignMethodName): boolean {
  return !methodNamed(name).needsRows && mostRows(from, to, options) < from.rows;
}

/** Those of the methods that can be fitted here, from stiff to flexible. @throws bad-option where none can */
function methodsFor(
  asked: readonly AlignMethodName[],
  from: Points,
  to: Points,
  folds: readonly Fold[],
  canTrain: boolean,
) {
  const needed = fewestForRegions(Math.min(from.cols, to.cols));
  const most = Math.max(...folds.map(({ anchors }) => anchors.length));
  const skipped: { readonly method: AlignMethodName; readonly why: string }[] = [];
  const names = METHOD_NAMES.filter((method) => asked.includes(method)).filter((method) => {
    if (methodNamed(method).needsOneWidth && from.cols !== to.cols)
      skipped.push({
        method,
        why: `of spaces of one width; these have ${from.cols} and ${to.cols} dimensions`,
      });
    else if (methodNamed(method).isTrained && !canTrain)
      skipped.push({ method, why: "its network needs something that trains it: option `train`" });
    else if (method === "local" && most < needed)
      skipped.push({ method, why: `two regions need ${needed} anchors, there are ${most}` });
    else return true;
    return false;
  });
  if (names.length > 0) return { names, skipped };
  throw new IsometerError("bad-option", skipped.map(({ method, why }) => `${method}: ${why}`).join("; "), {
    got: asked.join(", "),
    hint: "Try orthogonal or ridge.",
  });
}

function checkRows(from: Points, to: Points, k: number, regions: Int32Array | undefined): void {
  if (regions && regions.length !== to.rows) {
    throw new IsometerError("row-count-mismatch", "regions: one for each row of the second space", {
      got: `${regions.length} for ${to.rows}`,
    });
  }
  if (from.rows !== to.rows) {
    throw new IsometerError("row-count-mismatch", "the two spaces have different numbers of rows", {
      got: `${from.rows} and ${to.rows}`,
      hint: "Row i of both has to be the same item: give tables with ids, and they are joined.",
    });
  }
  if (from.rows < FEWEST_ROWS) {
    throw new IsometerError("too-few-rows", `aligning needs at least ${FEWEST_ROWS} pairs of rows`, {
      got: String(from.rows),
    });
  }
  checkInteger("nNeighbors", k, 1, from.rows - 2);
}

/** Pairs that a fit holds at most. */
export function mostRows(
  from: Points,
  to: Points,
  { heldValues = HELD }: Pick<AlignOptions, "heldValues"> = {},
): number {
  return Math.max(100, Math.floor(heldValues / (from.cols + to.cols)));
}

/** @throws bad-option for anchors that are no rows, too few, or so many that nothing is left to score */
function drawFolds(from: Points, to: Points, options: Means, random: Rng): Fold[] {
  const { anchors, queries = 1000 } = options;
  const most = mostRows(from, to, options);
  if (anchors !== undefined) {
    const own = chosenAnchors(anchors, from.rows, most, random.split("anchors"));
    const test = othersThan(own, from, to, queries, random.split("queries"));
    if (test.length < FEWEST_TESTED)
      throw wrongAnchors(`${own.length} anchors leave ${test.length} of ${from.rows} rows to score`);
    return [{ anchors: own, test }];
  }
  const drawn = sampleWithoutReplacement(
    random.split("rows"),
    from.rows,
    Math.min(from.rows, most + queries),
  );
  const groups = copiesOf(gatherPoints(from, drawn), gatherPoints(to, drawn));
  const rows = (places: Int32Array) => places.map((place) => drawn[place]!);
  const share = Math.floor(drawn.length / MOST_FOLDS);
  const count = Math.min(MOST_FOLDS, Math.ceil(queries / Math.max(1, share)));
  const parts = partsOf(groups, MOST_FOLDS, random.split("folds"));
  return foldsOf(parts, count).map((fold) => ({
    anchors: rows(fold.anchors),
    test: rows(sampled(fold.test, queries, random.split("queries"))),
  }));
}

/** Rows to score that are neither anchors nor copies of one: drawn first, so that copies are sought among few. */
function othersThan(anchors: Int32Array, from: Points, to: Points, queries: number, random: Rng): Int32Array {
  const taken = new Set(anchors);
  const rest = Int32Array.from({ length: from.rows }, (_, row) => row).filter((row) => !taken.has(row));
  const drawn = Int32Array.from([...anchors, ...sampled(rest, queries, random)]);
  const groups = copiesOf(gatherPoints(from, drawn), gatherPoints(to, drawn));
  const { test } = foldAround(
    anchors.map((_, place) => place),
    groups,
  );
  return test.map((place) => drawn[place]!);
}

/** Anchors that were named, or drawn. */
function chosenAnchors(
  anchors: ArrayLike<number> | number,
  rows: number,
  most: number,
  random: Rng,
): Int32Array {
  if (typeof anchors === "number") {
    if (!Number.isInteger(anchors) || anchors < FEWEST_ANCHORS || anchors > Math.min(rows, most))
      throw wrongAnchors(
        String(anchors),
        `a whole number between ${FEWEST_ANCHORS} and ${Math.min(rows, most)}`,
      );
    return permutation(random, rows).slice(0, anchors);
  }
  const own = Int32Array.from(new Set(Array.from(anchors)));
  const wrong = Array.from(anchors).find((row) => !Number.isInteger(row) || row < 0 || row >= rows);
  if (wrong !== undefined) throw wrongAnchors(`row ${wrong}`, `row numbers from 0 to ${rows - 1}`);
  if (own.length < FEWEST_ANCHORS || own.length > most)
    throw wrongAnchors(`${own.length} rows`, `${FEWEST_ANCHORS} to ${most} rows`);
  return own;
}

function wrongAnchors(
  got: string,
  needed = `at least ${FEWEST_TESTED} rows that are no copies of anchors`,
): IsometerError {
  return new IsometerError("bad-option", `anchors: ${got}; needed are ${needed}`, { got, needed });
}

function sampled(rows: Int32Array, count: number, random: Rng): Int32Array {
  if (rows.length <= count) return rows;
  return sampleWithoutReplacement(random, rows.length, count).map((place) => rows[place]!);
}

export function searchOptions({
  metric,
  nNeighbors,
  options: { engine, algebra, signal, search = "nearest" },
}: Work): SearchOptions {
  return { engine, algebra, metric, nNeighbors, search, ...(signal && { signal }) };
}

/** What methods are fitted to: some pairs. */
export async function fittingOf(work: Work, rows: Int32Array): Promise<Fitting> {
  const { from, to, options } = work;
  const { train } = options;
  return openFitting(gatherPoints(from, rows), gatherPoints(to, rows), {
    ...fittingOptions(work),
    ...(train && { train }),
  });
}

/** What the last map of a method is fitted to: all pairs, or as many as are held. */
export async function lastFitting(work: Work, name: AlignMethodName): Promise<Fitting> {
  const { from, to, options } = work;
  if (isStreamed(work, name)) return streamFitting(from, to, fittingOptions(work));
  const most = Math.min(from.rows, mostRows(from, to, options));
  const rows = sampleWithoutReplacement(work.rng.split("all"), from.rows, most);
  return fittingOf(work, rows);
}

function fittingOptions({ metric, options, rng: random }: Work) {
  const { engine, algebra, signal, fixedOrigin = false, fixedScale = false } = options;
  return {
    engine,
    algebra,
    unitRows: metric === "cosine",
    bounds: { fixedOrigin, fixedScale },
    rng: random.split("fit"),
    ...(signal && { signal }),
  };
}
