import { gatherPoints } from "../engine/index.ts";
import { estimate } from "./choose.ts";
import { mapRows } from "./map.ts";
import type { AlignMethodName } from "./method-table.ts";
import { FITTERS } from "./methods.ts";
import type { CurvePoint } from "./result.ts";
import { retrieveEach, someOf, type Trip } from "./retrieval.ts";
import { curveSizes, fittingOf, sampledPlaces, searchOptions, type Work } from "./work.ts";

/**
 * Recall of a method by how many anchors it has: the first 10, 20, 40 and so on of each fold's, and all. The rows that are scored stay the same, or are some of them where searching takes long.
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
  const sizes = curveSizes(folds);
  const recall = sizes.map((): number[] => []);
  for (const fold of folds) {
    const places = sampledPlaces(work, fold.test.length);
    const target = someOf(await work.targetOf(fold), places);
    const queries = gatherPoints(
      from,
      places.map((place) => fold.test[place]!),
    );
    const trips: Trip[] = [];
    for (const size of sizes) {
      const fitted = await FITTERS[name](await fittingOf(work, fold.anchors.subarray(0, size)));
      trips.push({ fitted, queries: await mapRows(fitted.from, queries, search), target });
      work.done();
    }
    const found = await retrieveEach(trips, search, work.done);
    found.forEach((own, s) => {
      recall[s]!.push(...own.recall);
    });
  }
  const points = sizes.map((anchors, s) => ({ anchors, ...estimate(Float64Array.from(recall[s]!)) }));
  return [...points, { anchors: folds[0]!.anchors.length, ...estimate(whole) }];
}
