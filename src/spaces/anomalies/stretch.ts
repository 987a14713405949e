import { IsometerError, type Matrix, quantile, row, type Watch } from "../../base/index.ts";
import { nearestNeighbors, type Searched, type StraightMetric } from "../../neighbors/index.ts";
import type { Fitted } from "./model.ts";
import { type Search, searchOptions } from "./nearness.ts";

/**
 * How far the local scale of a row is from that of its neighbours. With the k nearest normal rows j in the latent space, m(i) = median over j of ln(|z_i - z_j| / |x_i - x_j|), and the score is
 * |m(i) - median over j of m(j)|: 0 where the space is locally isometric up to a scale, large for a row that an encoder put among rows that it is not near. No decoder is needed.
 */
export interface StretchModel {
  readonly method: "stretch";
  /** The normal rows, scaled: n x d. */
  readonly rows: Matrix;
  /** What they are codes of: n x D. */
  readonly originals: Matrix;
  readonly metric: StraightMetric;
  readonly nNeighbors: number;
  /** m of each normal row. */
  readonly stretch: Float64Array;
  /** Lengths below these count as these, in the latent space and in the original: copies have no scale. */
  readonly floors: readonly [latent: number, original: number];
}

/** A length is at least this share of the median distance to the k-th neighbour. */
const FLOOR_SHARE = 1e-3;

/** Cost n^2 d / 2 and n k D. @throws bad-option without originals, or k outside [1, n - 1] */
export async function fitStretch(
  rows: Matrix,
  originals: Matrix | null,
  { metric, nNeighbors: k }: Pick<StretchModel, "metric" | "nNeighbors">,
  search: Search,
): Promise<Fitted<StretchModel>> {
  const data = needed(originals);
  const { ids, distances } = await nearestNeighbors(
    rows,
    rows,
    searchOptions({ metric, nNeighbors: k }, search),
  );
  const lengths = originalLengths(data, data, ids, k);
  const floors = [floorOf(distances, k), floorOf(lengths, k)] as const;
  const stretch = localScales(distances, lengths, floors, k);
  const model: StretchModel = {
    method: "stretch",
    rows,
    originals: data,
    metric,
    nNeighbors: k,
    stretch,
    floors,
  };
  return { model, own: async () => residuals(ids, stretch, stretch, k) };
}

export async function stretchScores(
  { originals, nNeighbors: k, stretch, floors }: StretchModel,
  searched: Searched,
  { rows, originals: own }: { readonly rows: Matrix; readonly originals: Matrix | null },
  watch: Watch,
): Promise<Float64Array> {
  const data = needed(own);
  if (data.cols !== originals.cols) {
    throw new IsometerError(
      "bad-value",
      `originals have ${data.cols} columns, the normal ones had ${originals.cols}`,
    );
  }
  const { ids, distances } = await searched.nearest(rows, k, watch);
  const lengths = originalLengths(data, originals, ids, k);
  return residuals(ids, localScales(distances, lengths, floors, k), stretch, k);
}

function needed(originals: Matrix | null): Matrix {
  if (originals) return originals;
  throw new IsometerError("bad-option", "method stretch needs the originals that the rows are codes of");
}

/** Euclidean lengths of the pairs, in the original space. */
function originalLengths(from: Matrix, to: Matrix, ids: Int32Array, k: number): Float64Array {
  return Float64Array.from(ids, (id, at) => {
    const [a, b] = [row(from, Math.floor(at / k)), row(to, id)];
    let sum = 0;
    for (let c = 0; c < a.length; c++) sum += (a[c]! - b[c]!) ** 2;
    return Math.sqrt(sum);
  });
}

const floorOf = (lengths: Float64Array, k: number): number =>
  FLOOR_SHARE * quantile(lengths.filter((_, at) => at % k === k - 1).sort(), 0.5) || Number.MIN_VALUE;

function localScales(
  latent: Float64Array,
  original: Float64Array,
  [latentFloor, originalFloor]: StretchModel["floors"],
  k: number,
): Float64Array {
  const logs = latent.map((length, at) =>
    Math.log(Math.max(length, latentFloor) / Math.max(original[at]!, originalFloor)),
  );
  return medians(logs, k);
}

function residuals(ids: Int32Array, own: Float64Array, normal: Float64Array, k: number): Float64Array {
  const usual = medians(
    Float64Array.from(ids, (id) => normal[id]!),
    k,
  );
  return own.map((value, i) => Math.abs(value - usual[i]!));
}

/** Of every k values. */
const medians = (values: Float64Array, k: number): Float64Array =>
  Float64Array.from({ length: values.length / k }, (_, i) =>
    quantile(values.slice(i * k, (i + 1) * k).sort(), 0.5),
  );
