import { gatherRows, type Matrix, type Rng, sampleWithoutReplacement } from "../base/index.ts";
import { type Algebra, type Dense, toUnitRows } from "../linalg/index.ts";
import type { Anchors } from "./frame.ts";
import { fitContrastive, MOST_CONTRASTED } from "./gap-contrastive.ts";
import { type AlignMap, linearMap, mapRows } from "./map.ts";

/**
 * A linear map, then the map I + V near doing nothing that makes partners stand out among the others (`fitContrastive`, symmetric InfoNCE), both of rows less the mean of the target: y = (P(x) - mean)(I + V) +
 * mean. An adapter for pairs, such as queries and what they should find: it is about `top1` rather than the neighbours of the target. Fitted to 1,000 anchors at most, drawn at random.
 */
export async function fitPairs(
  linear: AlignMap,
  from: Matrix,
  to: Matrix,
  {
    anchors,
    algebra,
    rng,
    engine,
  }: { readonly anchors: Anchors; readonly algebra: Algebra; readonly rng: Rng } & Pick<
    Parameters<typeof mapRows>[2],
    "engine"
  >,
): Promise<{ readonly map: AlignMap; readonly loss: number; readonly converged: boolean }> {
  const { mean } = anchors.to;
  const own = linear.linear!;
  const count = Math.min(from.rows, MOST_CONTRASTED);
  const rows = sampleWithoutReplacement(rng.split("contrastive"), from.rows, count);
  const mapped = await mapRows(linearMap({ ...own, unitCodes: false }), gatherRows(from, rows), {
    engine,
    algebra,
  });
  const targets = gatherRows(to, rows);
  if (anchors.unitRows) toUnitRows(targets.data, targets.cols);
  const { turn, loss, converged } = await fitContrastive(
    around(mean, mapped),
    around(mean, targets),
    algebra,
  );
  const weights = await algebra.multiply(
    { data: Float64Array.from(own.weights), rows: own.inputs, cols: own.outputs },
    turn,
  );
  const away = Float64Array.from(own.shift, (value, k) => value - mean[k]!);
  const shift = (await algebra.multiply({ data: away, rows: 1, cols: away.length }, turn)).data;
  const map = linearMap({
    ...own,
    weights: Float32Array.from(weights.data),
    shift: Float32Array.from(shift, (value, k) => value + mean[k]!),
  });
  return { map, loss, converged };
}

/** Rows less a mean, scaled to length 1. */
function around(mean: Float64Array, { data, rows, cols }: Matrix): Dense {
  const out = Float64Array.from(data, (value, at) => value - mean[at % cols]!);
  for (let start = 0; start < out.length; start += cols) {
    const own = out.subarray(start, start + cols);
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let k = 0; k < cols; k++) own[k]! /= length;
  }
  return { data: out, rows, cols };
}
