import { deepFreeze, type Matrix, type Points, stackRows } from "../base/index.ts";
import { findEngine } from "../engine/index.ts";
import { openAlgebra } from "../linalg/index.ts";
import { chooseStiffest, difference, estimate, heldOutScore, verdictOf } from "./choose.ts";
import { learningCurve } from "./curve.ts";
import { applyMap, saveMap } from "./map.ts";
import { type AlignMethodName, methodNamed } from "./method-table.ts";
import { FITTERS, type Fitted } from "./methods.ts";
import { lostRows, regionScores } from "./regions.ts";
import type { Alignment, AlignVerdict, Estimate, MethodScore } from "./result.ts";
import { type FoldRun, joined, pooled, runFold } from "./trial.ts";
import { type AlignOptions, lastFitting, type Means, openWork, shortcuts } from "./work.ts";

/** An alignment, and its map. */
export interface Aligned {
  readonly alignment: Alignment<AlignMethodName>;
  /** The method that was chosen, fitted to all pairs. */
  readonly fitted: Fitted;
  /** Rows of the first space through it, n x D. */
  transform(rows: Points): Promise<Matrix>;
  /** The bytes of an ONNX model of it: input "vectors", output "codes". */
  save(metadata?: Readonly<Record<string, string>>): Uint8Array;
  /** The rows that were scored, by number, and where a map that was not fitted to them puts them. */
  readonly heldOut: { readonly rows: Int32Array; readonly mapped: Matrix };
}

/**
 * Finds the stiffest map from one space to another that keeps what a more flexible one would, proves on rows that it was not fitted to what is lost, and says whether
 * the second model can be spared.
 *
 * Methods are fitted to anchors and scored on other rows: recall@k, the share of the k nearest rows of a row's own vector in the second space that its mapped vector finds there; a copy of an
 * anchor is never scored. Chosen is the stiffest whose recall is at most .01 below the best, with 95 % confidence, row by row. The verdict is `unrelated` where no method finds surely more than .01
 * more than with shuffled anchors, `migrate` where the lower limit of recall clears `target`, else `re-embed`. Intervals are for rows yet to come, given the anchors.
 *
 * Cost: a few matrices of D and d each for every method and turn, min(n, D)^3 and 40 products of min(n, D)^2 min(n, d); q n d for searching.
 *
 * @param from n x D, `to` n x d: row i of both is one item
 * @throws row-count-mismatch, too-few-rows, bad-option, non-finite, zero-vector, aborted
 * @example
 * const { alignment, transform } = await align(fresh, old, { anchors: 500, target: 0.9 });
 * if (alignment.verdict === "migrate") await transform(fresh);
 */
export async function align(from: Points, to: Points, options: AlignOptions = {}): Promise<Aligned> {
  const engine = await findEngine(options);
  const algebra = openAlgebra(engine);
  try {
    return await alignWith(from, to, { ...options, engine, algebra });
  } finally {
    await algebra.close();
  }
}

async function alignWith(from: Points, to: Points, options: Means): Promise<Aligned> {
  const work = openWork(from, to, options);
  const { folds, names } = work;
  const runs: FoldRun[][] = [];
  for (const [i, fold] of folds.entries()) runs.push(await runFold(work, fold, i));
  const tried = names.map((_, m) => pooled(runs.map((run) => run[m]!)));
  const { best, chosen } = chooseStiffest(tried);
  const name = names[chosen]!;
  const methods = names.map((method, m): MethodScore<AlignMethodName> => {
    const { own, shuffled, converged, details } = tried[m]!;
    return {
      method,
      recall: heldOutScore(own.recall, shuffled.recall),
      top1: heldOutScore(own.top1, shuffled.top1),
      mrr: heldOutScore(own.reciprocalRank, shuffled.reciprocalRank),
      deficit: difference(tried[best]!.own.recall, own.recall),
      converged,
      details,
    };
  });
  const { recall, top1, mrr } = methods[chosen]!;
  const verdict = verdictOf(tried, recall, options.target ?? 0.95);
  const rows = folds.flatMap(({ test }) => Array.from(test));
  const curve = await learningCurve(work, name, tried[chosen]!.own.recall);
  const corpusRecall = methodNamed(name).isShared
    ? null
    : estimate(joined(runs.map((run) => run[chosen]!.corpus!)));
  const fitted = await FITTERS[name](await lastFitting(work, name));
  const alignment: Alignment<AlignMethodName> = {
    verdict,
    method: name,
    alignable: alignableBy(verdict, recall, name),
    rows: from.rows,
    anchors: folds[0]!.anchors.length,
    tested: rows.length,
    folds: folds.length,
    heldOut: { recall, corpusRecall, top1, mrr },
    methods,
    skipped: work.skipped,
    learningCurve: curve,
    regions: options.regions ? regionScores(options.regions, rows, tried[chosen]!.own.recall) : [],
    worst: lostRows(rows, tried[chosen]!.own.recall),
    engine: options.engine,
    warnings: shortcuts(work, name),
  };
  const mapped = runs.map((run) => run[chosen]!.mapped);
  const heldOut = { rows: Int32Array.from(rows), mapped: stackRows(mapped) };
  return {
    alignment: deepFreeze(alignment),
    fitted,
    transform: (points) => applyMap(fitted.from, points, { engine: options.engine }),
    save: (metadata = {}) => saveMap(fitted.from, metadata),
    heldOut,
  };
}

/** Recall below which nobody would call two spaces alignable: most neighbours are others. */
const MOST_KEPT = 0.5;

function alignableBy(verdict: AlignVerdict, recall: Estimate, name: AlignMethodName): Alignment["alignable"] {
  if (verdict === "unrelated" || recall.value < MOST_KEPT) return "no";
  return methodNamed(name).shape === "linear" ? "globally" : "locally";
}
