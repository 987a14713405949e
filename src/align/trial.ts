import { gatherRows, type Matrix, permutation, throwIfAborted } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";
import type { Tried } from "./choose.ts";
import { type AlignMap, applyMap } from "./map.ts";
import { type AlignMethod, METHODS } from "./methods.ts";
import { openTarget, type Retrieved, retrieve, scoreFitted, type Target } from "./retrieval.ts";
import type { Fold } from "./split.ts";
import { fittingOf, searchOptions, type Work } from "./work.ts";

/** What a method found in one fold. */
export interface FoldRun extends Tried {
  /** Recall of native queries among mapped rows. */
  readonly corpus: Float64Array | null;
  readonly converged: boolean;
  readonly details: Readonly<Record<string, number>>;
}

/** Fits every method to the anchors of a fold, truly paired and shuffled, and scores its other rows. */
export async function runFold(work: Work, { anchors, test }: Fold, turn: number): Promise<FoldRun[]> {
  const { from, to, names, options, rng: random } = work;
  const search = searchOptions(work);
  const target = await openTarget(to, test, search);
  const queries = gatherPoints(from, test);
  const order = permutation(random.split(`shuffled ${turn}`), anchors.length).map((place) => anchors[place]!);
  const [own, shuffled] = [await fittingOf(work, anchors, anchors), await fittingOf(work, anchors, order)];
  const among = await openTarget(gatherRows(to, test), Int32Array.from(test.keys()), search);
  const runs: FoldRun[] = [];
  for (const name of names) {
    throwIfAborted(options.signal);
    const method: AlignMethod = METHODS[name];
    const fitted = await method.fit(own);
    const found = await scoreFitted(fitted, queries, target, search);
    runs.push({
      own: found,
      shuffled: await scoreFitted(await method.fit(shuffled), queries, target, search),
      corpus: method.isShared ? null : await corpusRecall(fitted.from, queries, among, work),
      converged: fitted.converged,
      details: fitted.details,
    });
  }
  return runs;
}

/** Native queries among rows that the map has brought. */
async function corpusRecall(map: AlignMap, rows: Matrix, among: Target, work: Work): Promise<Float64Array> {
  const search = searchOptions(work);
  const mapped = await applyMap(map, rows, { engine: search.engine });
  return (await retrieve(among.rows, { ...among, rows: mapped }, search)).recall;
}

/** The rows of all folds, one after the other. */
export function pooled(runs: readonly FoldRun[]): Omit<FoldRun, "corpus"> {
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
