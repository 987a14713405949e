import {
  checkInteger,
  gatherRows,
  IsometerError,
  type Matrix,
  type Points,
  type Rng,
  rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, gatherPoints, heldMatrix } from "../engine/index.ts";
import type { Algebra } from "../linalg/index.ts";
import { type AlignMethodName, METHOD_NAMES, methodNamed, USUAL_METHODS } from "./method-table.ts";
import { type Fitting, openFitting } from "./methods.ts";
import type { SearchOptions } from "./retrieval.ts";
import { copiesOf, type Fold, foldAround, foldsOf, partsOf } from "./split.ts";

export interface AlignOptions extends EngineOptions, Watch {
  /** Default cosine: rows are scaled to length 1. */
  readonly metric?: "cosine" | "euclidean";
  /** k of recall@k. Default 10. */
  readonly nNeighbors?: number;
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
  /** Default 0. */
  readonly seed?: number;
}

/** Rows of both sides that a fit holds, in numbers. */
const HELD = 2 ** 25;
const MOST_FOLDS = 5;

export type Means = AlignOptions & { readonly engine: EngineInfo; readonly algebra: Algebra };

/** All that trials share. */
export interface Work extends Required<Pick<AlignOptions, "metric" | "nNeighbors">> {
  readonly from: Points;
  readonly to: Matrix;
  readonly folds: readonly Fold[];
  readonly names: readonly AlignMethodName[];
  readonly options: Means;
  readonly rng: Rng;
  readonly warnings: readonly Warning[];
  /** Tells that a method has been fitted and scored. @throws aborted */
  done(): void;
}

const FEWEST = 10;

/** Numbers of anchors that recall is looked at for: 10, 20, 40 and so on, and all. */
export function curveSizes(folds: readonly Fold[]): number[] {
  const all = Math.min(...folds.map(({ anchors }) => anchors.length));
  const sizes: number[] = [];
  for (let size = FEWEST; size < all; size *= 2) sizes.push(size);
  return [...sizes, all];
}

export function openWork(from: Points, to: Points, options: Means): Work {
  const { metric = "cosine", nNeighbors = 10, seed = 0, methods = USUAL_METHODS } = options;
  checkRows(from, to, nNeighbors);
  const random = rng(seed).split("align");
  const held = heldMatrix(to);
  const folds = drawFolds(from, held, options, random);
  const isOneWidth = from.cols === to.cols;
  const names = METHOD_NAMES.filter(
    (name) => methods.includes(name) && (isOneWidth || !methodNamed(name).needsOneWidth),
  );
  if (names.length === 0) {
    throw new IsometerError("bad-option", `${methods.join(" and ")} need spaces of one width`, {
      got: `${from.cols} and ${to.cols} dimensions`,
    });
  }
  const total = folds.length * (names.length + curveSizes(folds).length);
  let count = 0;
  const done = () => {
    throwIfAborted(options.signal);
    options.onProgress?.({ stage: "aligning", done: ++count, total });
  };
  return { from, to: held, folds, names, options, metric, nNeighbors, rng: random, warnings: [], done };
}

function checkRows(from: Points, to: Points, k: number): void {
  if (from.rows !== to.rows) {
    throw new IsometerError("row-count-mismatch", "the two spaces have different numbers of rows", {
      got: `${from.rows} and ${to.rows}`,
      hint: "Row i of both has to be the same item: give tables with ids, and they are joined.",
    });
  }
  checkInteger("nNeighbors", k, 1, Math.max(1, from.rows - 2));
  if (from.rows < 10) {
    throw new IsometerError("too-few-rows", "aligning needs at least 10 pairs of rows", {
      got: String(from.rows),
    });
  }
}

/** Pairs that a fit holds at most. */
export function mostRows(from: Points, to: Points): number {
  return Math.max(100, Math.floor(HELD / (from.cols + to.cols)));
}

function drawFolds(from: Points, to: Matrix, options: Means, random: Rng): Fold[] {
  const { anchors, queries = 1000 } = options;
  const most = mostRows(from, to);
  const named = typeof anchors === "number" ? null : anchors;
  if (named) {
    const all = Int32Array.from(named);
    const groups = copiesOf(heldMatrix(from), to);
    const fold = foldAround(all, groups);
    return [{ ...fold, test: sampled(fold.test, queries, random.split("queries")) }];
  }
  const wanted = typeof anchors === "number" ? anchors : most;
  const drawn = sampleWithoutReplacement(
    random.split("rows"),
    from.rows,
    Math.min(from.rows, most + queries),
  );
  const groups = copiesOf(gatherPoints(from, drawn), gatherRows(to, drawn));
  const rows = (places: Int32Array) => places.map((place) => drawn[place]!);
  const share = typeof anchors === "number" ? 1 - anchors / drawn.length : 1 / MOST_FOLDS;
  const fits = Math.floor(drawn.length * share);
  const count =
    typeof anchors === "number" ? 1 : Math.min(MOST_FOLDS, Math.ceil(queries / Math.max(1, fits)));
  const parts = partsOf(groups, MOST_FOLDS, random.split("folds"));
  return foldsOf(parts, count).map(({ anchors: own, test }) => ({
    anchors: rows(own.subarray(0, Math.min(own.length, wanted))),
    test: rows(sampled(test, queries, random.split("queries"))),
  }));
}

function sampled(rows: Int32Array, count: number, random: Rng): Int32Array {
  if (rows.length <= count) return rows;
  return sampleWithoutReplacement(random, rows.length, count).map((place) => rows[place]!);
}

export function searchOptions({ metric, nNeighbors, options: { engine, signal } }: Work): SearchOptions {
  return { engine, metric, nNeighbors, ...(signal && { signal }) };
}

/** What methods are fitted to: some rows of the first space, with as many of the second. */
export async function fittingOf(work: Work, own: Int32Array, partners: Int32Array): Promise<Fitting> {
  const { from, to, metric, options, rng: random } = work;
  const { engine, algebra, signal } = options;
  return openFitting(gatherPoints(from, own), gatherRows(to, partners), {
    engine,
    algebra,
    unitRows: metric === "cosine",
    rng: random.split("fit"),
    ...(signal && { signal }),
  });
}
