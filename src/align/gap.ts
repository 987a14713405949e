import {
  checkFinite,
  checkInteger,
  checkSameRows,
  deepFreeze,
  gatherRows,
  IsometerError,
  listRows,
  type Matrix,
  type Rng,
  rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../engine/index.ts";
import { type Algebra, type Dense, openAlgebra } from "../linalg/index.ts";
import { classified, fitClassifier } from "./gap-classifier.ts";
import { FIT_REPAIR, type Training } from "./gap-repairs.ts";
import { GAP_REPAIRS, type GapRepair, type GapRepairName, type ModalityGap } from "./gap-result.ts";
import { changesOf, figuresOf, joinedPartners, judged, type Seen } from "./gap-score.ts";
import { findPartners, type PartnersFound } from "./gap-search.ts";
import { AS_THEY_ARE, alignMapOf, mapSide, type SideMap, type SideMaps, unitDense } from "./gap-sides.ts";
import { dot, type PairPieces, pairPieces } from "./gap-statistics.ts";
import type { AlignMap } from "./map.ts";
import { copiesOf, type Fold, foldsOf, partsOf } from "./split.ts";
import { mostRows } from "./work.ts";

export interface GapOptions extends EngineOptions, Watch {
  /** k of recall@k. Default 10. */
  readonly nNeighbors?: number;
  /** Items whose partners are sought, each among all rows. Default 2,000. */
  readonly queries?: number;
  /** Repairs that are tried, in any order. Default: all. */
  readonly repairs?: readonly GapRepairName[];
  /** Default 0. */
  readonly seed?: number;
}

/** What was found, and what to do about it. */
export interface GapFound {
  readonly gap: ModalityGap;
  /** The recommended repair, fitted to all items: a map for each side. null where none is recommended. */
  readonly maps: { readonly from: AlignMap; readonly to: AlignMap } | null;
}

const FOLDS = 5;
/** Of each fold three items at least are left to look at. */
const LEAST_ITEMS = 20;

/**
 * Measures the gap between two sets of vectors of the same items in one space, as images and texts of CLIP have (Liang et al. 2022, arXiv 2203.02053), and tries what closes it, on items that it was
 * not fitted to.
 *
 * Items are in five folds, copies together. Means, maps and classifiers come from four folds, and the fifth is looked at; each of its rows looks for its partner among all rows of the other
 * side. Recommended is the stiffest repair that surely closes the gap, surely costs no more than a point of recall@k, both ways taken together, and finds partners, its recall surely
 * more than a point above chance both ways.
 *
 * Cost 2 n q d products before and after each repair, n the rows and q the queries, and for fits d^3 a fold; rows are held in float64 where fits need them, 2^25 numbers at most.
 *
 * @param from n x d, `to` n x d: row i of both is one item
 * @throws row-count-mismatch; bad-value different widths; too-few-rows fewer than 20 items, copies counted once; zero-vector; non-finite; bad-option
 */
export async function modalityGap(from: Matrix, to: Matrix, options: GapOptions = {}): Promise<GapFound> {
  checkSides(from, to, options);
  const engine = await findEngine(options);
  const algebra = openAlgebra(engine);
  try {
    return await study(openGapWork(from, to, { ...options, engine, algebra }));
  } finally {
    await algebra.close();
  }
}

function checkSides(from: Matrix, to: Matrix, { nNeighbors = 10, queries = 2000 }: GapOptions): void {
  checkSameRows(from, to, ["the first side", "the second"]);
  if (from.cols !== to.cols) {
    throw new IsometerError("bad-value", "the two sides are not in one space: their widths differ", {
      needed: "as many dimensions on both sides",
      got: `${from.cols} and ${to.cols}`,
      hint: "Bring them into one space first: align fits a map between spaces of any width.",
    });
  }
  if (from.rows < LEAST_ITEMS) throw tooFew(from.rows);
  checkInteger("nNeighbors", nNeighbors, 1, from.rows);
  checkInteger("queries", queries, LEAST_ITEMS);
  for (const [side, name] of [
    [from, "the first side"],
    [to, "the second side"],
  ] as const) {
    checkFinite(side, name);
    checkLengths(side, name);
  }
}

function checkLengths({ data, rows, cols }: Matrix, name: string): void {
  const zero: number[] = [];
  for (let i = 0; i < rows; i++) {
    if (data.subarray(i * cols, (i + 1) * cols).every((value) => value === 0)) zero.push(i);
  }
  if (zero.length === 0) return;
  throw new IsometerError("zero-vector", `${name} has no direction in ${listRows(zero)}: all values are 0`, {
    hint: "Cosines of such rows do not exist: remove them from both sides.",
  });
}

function tooFew(items: number): IsometerError {
  return new IsometerError("too-few-rows", `a modality gap needs at least ${LEAST_ITEMS} items`, {
    needed: `${LEAST_ITEMS} items, copies counted once`,
    got: String(items),
  });
}

type Means = GapOptions & { readonly engine: EngineInfo; readonly algebra: Algebra };

interface GapWork {
  readonly from: Matrix;
  readonly to: Matrix;
  /** Items that are looked at. */
  readonly items: Int32Array;
  readonly folds: readonly GapFold[];
  readonly repairs: readonly GapRepairName[];
  readonly nNeighbors: number;
  readonly seed: number;
  readonly means: Means;
}

/** Items by row number. Partners are sought of the test items at `queries`. */
interface GapFold extends Fold {
  readonly queries: Int32Array;
}

function openGapWork(from: Matrix, to: Matrix, means: Means): GapWork {
  const { nNeighbors = 10, queries = 2000, repairs = GAP_REPAIRS, seed = 0 } = means;
  const random = rng(seed).split("modality gap");
  const items = sampleWithoutReplacement(
    random.split("items"),
    from.rows,
    Math.min(from.rows, mostRows(from, to)),
  );
  const groups = copiesOf(gatherRows(from, items), gatherRows(to, items));
  const distinct = new Set(groups).size;
  if (distinct < LEAST_ITEMS) throw tooFew(distinct);
  const parts = partsOf(groups, FOLDS, random.split("folds"));
  const places = (rows: Int32Array) => rows.map((place) => items[place]!);
  const folds = foldsOf(parts, FOLDS).map(
    ({ anchors, test }, i): GapFold => ({
      anchors: places(anchors),
      test: places(test),
      queries: drawQueries(test.length, items.length, queries, random.split(`queries ${i}`)),
    }),
  );
  const names = GAP_REPAIRS.filter((name) => repairs.includes(name));
  return { from, to, items, folds, repairs: names, nNeighbors, seed, means };
}

function drawQueries(size: number, items: number, queries: number, random: Rng): Int32Array {
  return sampleWithoutReplacement(
    random,
    size,
    Math.min(size, Math.max(1, Math.round((size * queries) / items))),
  );
}

async function study(work: GapWork): Promise<GapFound> {
  const { from, to, items, folds, nNeighbors, repairs, means } = work;
  const trials = [null, ...repairs];
  const inFolds = Int32Array.from(folds.flatMap(({ test }) => Array.from(test)));
  const seen: Seen[] = [];
  const converged: boolean[] = [];
  for (const [i, name] of trials.entries()) {
    const runs: FoldSeen[] = [];
    for (const [f, fold] of folds.entries()) {
      throwIfAborted(means.signal);
      const done = i * folds.length + f;
      means.onProgress?.({ stage: "modality gap", done, total: trials.length * folds.length });
      runs.push(await lookAt(work, fold, name));
    }
    // Where nothing is fitted, items need no folds: all pairs of different ones count.
    const whole = name === null ? [pairPieces(unitDense(from, inFolds), unitDense(to, inFolds))] : null;
    seen.push(pooledSeen(runs, whole));
    converged.push(runs.every((run) => run.converged));
  }
  const looked = seen.map((own) => ({ seen: own, figures: figuresOf(own, from.rows, nNeighbors) }));
  const before = looked[0]!;
  const tried = repairs.map((repair, r): GapRepair => {
    const after = looked[r + 1]!;
    const change = changesOf(after, before);
    const verdict = judged(after.figures, change);
    return { repair, after: after.figures, change, ...verdict, converged: converged[r + 1]! };
  });
  const recommended = tried.find((own) => own.closes && own.keepsRecall && own.findsPartners)?.repair ?? null;
  const gap: ModalityGap = {
    rows: from.rows,
    cols: from.cols,
    items: items.length,
    queries: before.figures.forward.top1.n,
    folds: folds.length,
    nNeighbors,
    seed: work.seed,
    before: before.figures,
    repairs: tried,
    recommended,
    engine: means.engine,
    warnings: warningsOf(work, tried),
  };
  return { gap: deepFreeze(gap), maps: recommended === null ? null : await finalMaps(work, recommended) };
}

interface FoldSeen {
  readonly pieces: PairPieces;
  readonly told: Float64Array;
  readonly forward: PartnersFound;
  readonly backward: PartnersFound;
  readonly converged: boolean;
}

function trainingOf({ from, to, means }: GapWork, rows: Int32Array): Training {
  return {
    from: gatherRows(from, rows),
    to: gatherRows(to, rows),
    x: unitDense(from, rows),
    y: unitDense(to, rows),
    algebra: means.algebra,
    engine: means.engine,
  };
}

/** A fold's items after a repair that was fitted to the others; null: as they are. */
async function lookAt(work: GapWork, fold: GapFold, name: GapRepairName | null): Promise<FoldSeen> {
  const { algebra } = work.means;
  const training = trainingOf(work, fold.anchors);
  const { maps, converged } =
    name === null ? { maps: AS_THEY_ARE, converged: true } : await FIT_REPAIR[name](training);
  const classifier = await fitClassifier(
    await mapSide(training.x, maps.from, algebra),
    await mapSide(training.y, maps.to, algebra),
    algebra,
  );
  const x = await mapSide(unitDense(work.from, fold.test), maps.from, algebra);
  const y = await mapSide(unitDense(work.to, fold.test), maps.to, algebra);
  const found = await partnersOf(work, fold, maps, { x, y });
  return { pieces: pairPieces(x, y), told: classified(classifier, x, y), converged, ...found };
}

/** Both ways. */
async function partnersOf(
  { from, to, nNeighbors, means: { algebra } }: GapWork,
  { queries }: GapFold,
  maps: SideMaps,
  { x, y }: { readonly x: Dense; readonly y: Dense },
) {
  const own = Float64Array.from(queries, (i) => dot(x.data, i * x.cols, y.data, i * x.cols, x.cols));
  const side = (rows: Matrix, map: SideMap) => ({
    rows: rows.rows,
    block: (start: number, end: number) => mapSide(unitDense(rows, { start, end }), map, algebra),
  });
  const [ofX, ofY] = [denseRows(x, queries), denseRows(y, queries)];
  return {
    forward: await findPartners(ofX, own, side(to, maps.to), nNeighbors, algebra),
    backward: await findPartners(ofY, own, side(from, maps.from), nNeighbors, algebra),
  };
}

function denseRows({ data, cols }: Dense, places: Int32Array): Dense {
  const out = new Float64Array(places.length * cols);
  places.forEach((place, i) => {
    out.set(data.subarray(place * cols, (place + 1) * cols), i * cols);
  });
  return { data: out, rows: places.length, cols };
}

function pooledSeen(runs: readonly FoldSeen[], whole: readonly PairPieces[] | null): Seen {
  return {
    pieces: whole ?? runs.map(({ pieces }) => pieces),
    told: Float64Array.from(runs.flatMap(({ told }) => Array.from(told))),
    forward: joinedPartners(runs.map(({ forward }) => forward)),
    backward: joinedPartners(runs.map(({ backward }) => backward)),
  };
}

async function finalMaps(work: GapWork, name: GapRepairName): Promise<GapFound["maps"]> {
  const { maps } = await FIT_REPAIR[name](trainingOf(work, work.items));
  return { from: alignMapOf(maps.from, work.from.cols), to: alignMapOf(maps.to, work.to.cols) };
}

function warningsOf({ from, items }: GapWork, tried: readonly GapRepair[]): Warning[] {
  const warnings: Warning[] = [];
  if (items.length < from.rows) {
    const message = `means and maps come from ${items.length.toLocaleString("en")} of ${from.rows.toLocaleString("en")} items, drawn at random`;
    warnings.push({ code: "points-sampled", message, count: items.length });
  }
  for (const { repair, converged } of tried) {
    if (!converged) {
      warnings.push({
        code: "no-convergence",
        message: `the rotation of the repair ${repair} did not settle`,
      });
    }
  }
  return warnings;
}
