import { gatherPoints } from "../engine/index.ts";
import { estimate } from "./choose.ts";
import type { AlignMethodName } from "./method-table.ts";
import { FITTERS } from "./methods.ts";
import type { CurvePoint } from "./result.ts";
import { recallFitted } from "./retrieval.ts";
import { curveSizes, fittingOf, searchOptions, type Work } from "./work.ts";

/**
 * Recall of a method by how many anchors it has: the first 10, 20, 40 and so on of each fold's, and all. The rows that are scored stay the same.
 *
 * @param whole what they scored with all
 */
export async function learningCurve(
  work: Work,
  name: AlignMethodName,
  whole: Float64Array,
): Promise<CurvePoint[]> {
  const { from, folds } = work;
  const search = searchOptions(work);
  const points: CurvePoint[] = [];
  for (const size of curveSizes(folds)) {
    const recall: number[] = [];
    for (const fold of folds) {
      const own = fold.anchors.subarray(0, size);
      const fitted = await FITTERS[name](await fittingOf(work, own, own));
      const queries = gatherPoints(from, fold.test);
      recall.push(...(await recallFitted(fitted, queries, await work.targetOf(fold), search)));
      work.done();
    }
    points.push({ anchors: size, ...estimate(Float64Array.from(recall)) });
  }
  return [...points, { anchors: work.folds[0]!.anchors.length, ...estimate(whole) }];
}
