import { gatherPoints } from "../engine/index.ts";
import { estimate } from "./choose.ts";
import { type AlignMethodName, METHODS } from "./methods.ts";
import type { CurvePoint } from "./result.ts";
import { openTarget, scoreFitted } from "./retrieval.ts";
import { fittingOf, searchOptions, type Work } from "./work.ts";

const FEWEST = 10;

/** Recall of a method by how many anchors it has: the first 10, 20, 40 and so on of each fold's, and all. The rows that are scored stay the same. */
export async function learningCurve(work: Work, name: AlignMethodName): Promise<CurvePoint[]> {
  const { from, to, folds } = work;
  const all = Math.min(...folds.map(({ anchors }) => anchors.length));
  const sizes: number[] = [];
  for (let size = FEWEST; size < all; size *= 2) sizes.push(size);
  const search = searchOptions(work);
  const points: CurvePoint[] = [];
  for (const size of [...sizes, all]) {
    const recall: number[] = [];
    for (const { anchors, test } of folds) {
      const own = anchors.subarray(0, size);
      const fitted = await METHODS[name].fit(await fittingOf(work, own, own));
      const target = await openTarget(to, test, search);
      const found = await scoreFitted(fitted, gatherPoints(from, test), target, search);
      recall.push(...found.recall);
    }
    points.push({ anchors: size, ...estimate(Float64Array.from(recall)) });
  }
  return points;
}
