import { gatherRows, type Matrix, permutation } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";
import type { Tried } from "./choose.ts";
import { mapRows } from "./map.ts";
import { methodNamed } from "./method-table.ts";
import { FITTERS, type Fitting, shuffledFitting } from "./methods.ts";
import {
  openIndex,
  openTarget,
  type Retrieved,
  recallAmong,
  retrieveEach,
  someOf,
  type Trip,
} from "./retrieval.ts";
import type { Fold } from "./split.ts";
import { fittingOf, sampledPlaces, searchOptions, type Work } from "./work.ts";

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
  const [queries, native] = [gatherPoints(from, test), gatherPoints(to, test)];
  const places = sampledPlaces(work, test.length);
  const fitting = await fittingOf(work, anchors);
  const own = await fitEach(work, fitting, queries);
  const few = await fitEach(
    work,
    await shuffledFitting(fitting, permutation(random.split(`shuffled ${turn}`), anchors.length)),
    gatherRows(queries, places),
  );
  // What needs no pairs is asked for another row instead.
  const others = permutation(random.split(`others ${turn}`), test.length);
  const byChance = few.map((fit, m) =>
    methodNamed(names[m]!).isGiven
      ? {
          ...fit,
          queries: gatherRows(
            own[m]!.queries,
            places.map((place) => others[place]!),
          ),
        }
      : fit,
  );
  const found = await retrieveEach(
    [
      ...own.map((fit) => ({ ...fit, target })),
      ...byChance.map((fit) => ({ ...fit, target: someOf(target, places) })),
    ],
    search,
    work.done,
  );
  const among = await openTarget(await openIndex(native, search), Int32Array.from(test.keys()), search);
  const runs: FoldRun[] = [];
  for (const [m, { fitted, queries: mapped }] of own.entries()) {
    const [scored, shuffled] = [found[m]!, found[own.length + m]!];
    const index = await openIndex(mapped, search);
    runs.push({
      own: scored,
      shuffled,
      gain: shuffled.recall.map((value, i) => scored.recall[places[i]!]! - value),
      corpus: fitted.to ? null : await recallAmong(native, { ...among, index }, search),
      mapped,
      converged: fitted.converged,
      details: fitted.details,
    });
  }
  return runs;
}

/** Every method fitted, and queries where it puts them. */
async function fitEach(work: Work, fitting: Fitting, queries: Matrix): Promise<Omit<Trip, "target">[]> {
  const fits: Omit<Trip, "target">[] = [];
  for (const name of work.names) {
    const fitted = await FITTERS[name](fitting);
    fits.push({ fitted, queries: await mapRows(fitted.from, queries, searchOptions(work)) });
    work.done();
  }
  return fits;
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
    gain: joined(runs.map(({ gain }) => gain)),
    converged: runs.every(({ converged }) => converged),
    details: runs[0]!.details,
  };
}

/** Values of several folds. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => Array.from(part)));
}
