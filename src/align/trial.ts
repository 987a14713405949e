import { gatherRows, type Matrix, permutation } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";
import type { Tried } from "./choose.ts";
import { mapRows } from "./map.ts";
import { methodNamed } from "./method-table.ts";
import { FITTERS } from "./methods.ts";
import { openTarget, type Retrieved, recallAmong, retrieveMapped, scoreFitted } from "./retrieval.ts";
import type { Fold } from "./split.ts";
import { fittingOf, searchOptions, type Work } from "./work.ts";

/** What a method found in one fold. */
export interface FoldRun extends Tried {
  /** Recall of native queries among mapped rows. */
  readonly corpus: Float64Array | null;
  /** The rows that were scored, where the map puts them. */
  readonly mapped: Matrix;
  readonly converged: boolean;
  readonly details: Readonly<Record<string, number>>;
}

/** Fits every method to the anchors of a fold, truly paired and shuffled, and scores its other rows. */
export async function runFold(work: Work, fold: Fold, turn: number): Promise<FoldRun[]> {
  const { from, to, names, rng: random } = work;
  const search = searchOptions(work);
  const { anchors, test } = fold;
  const target = await work.targetOf(fold);
  const queries = gatherPoints(from, test);
  const order = permutation(random.split(`shuffled ${turn}`), anchors.length).map((place) => anchors[place]!);
  const [own, shuffled] = [await fittingOf(work, anchors, anchors), await fittingOf(work, anchors, order)];
  const among = await openTarget(gatherRows(to, test), Int32Array.from(test.keys()), search);
  // What needs no pairs is asked for another row instead.
  const others = permutation(random.split(`others ${turn}`), test.length);
  const runs: FoldRun[] = [];
  for (const name of names) {
    const fitTo = FITTERS[name];
    const fitted = await fitTo(own);
    const mapped = await mapRows(fitted.from, queries, search);
    runs.push({
      own: await retrieveMapped(fitted, mapped, target, search),
      shuffled: methodNamed(name).isGiven
        ? await retrieveMapped(fitted, gatherRows(mapped, others), target, search)
        : await scoreFitted(await fitTo(shuffled), queries, target, search),
      corpus: methodNamed(name).isShared
        ? null
        : await recallAmong(among.rows, { ...among, rows: mapped }, search),
      mapped,
      converged: fitted.converged,
      details: fitted.details,
    });
    work.done();
  }
  return runs;
}

/** The rows of all folds, one after the other. */
export function pooled(runs: readonly FoldRun[]): Omit<FoldRun, "corpus" | "mapped"> {
  const retrieved = (of: (run: FoldRun) => Retrieved): Retrieved => ({
    recall: joined(runs.map((run) => of(run).recall)),
    top1: joined(runs.map((run) => of(run).top1)),
    reciprocalRank: joined(runs.map((run) => of(run).reciprocalRank)),
  });
  return {
    own: retrieved(({ own }) => own),
    shuffled: retrieved(({ shuffled }) => shuffled),
    converged: runs.every(({ converged }) => converged),
    details: runs[0]!.details,
  };
}

/** Values of several folds. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
}
