import type { Matrix, Points, Rng, Watch } from "../../base/index.ts";
import { orthonormalRows } from "../../data/synthetic/embed.ts";
import { type EngineInfo, gatherPoints } from "../../engine/index.ts";
import {
  eigenOf,
  PCA_COLS,
  type PrincipalComponents,
  pca,
  principalComponents,
  project,
} from "../../linalg/index.ts";
import { quantized, WHOLE } from "../../reduce/quantize/index.ts";
import type { LimitMethod } from "./result.ts";

/** Rows of fewer dimensions, before their numbers are rounded. */
export interface Reduced {
  readonly rows: Matrix;
  /** What the numbers of an average row are. */
  readonly centre: Float64Array;
  /** Rows are searched by direction: they are scaled to length 1 once they were rounded. */
  readonly unitCodes: boolean;
}

export interface MapOptions extends Watch {
  readonly engine: EngineInfo;
  readonly metric: "euclidean" | "cosine";
}

/** What a linear map is made of: the mean of rows, D, and orthonormal directions, d x D, by descending variance. */
export type Components = Pick<PrincipalComponents, "mean" | "components" | "converged">;

/** From this share of all dimensions on, all eigenvectors of the covariance are sooner found than some. */
const MANY = 1 / 4;

/** The principal components of training rows, of rows of length 1 under cosine. */
export async function fitComponents(
  points: Points,
  training: Int32Array,
  nComponents: number,
  { metric, seed, ...options }: MapOptions & { readonly seed: number },
): Promise<Components> {
  const rows = gatherPoints(points, training);
  const how = { ...options, seed, unitRows: metric === "cosine" };
  const { cols } = rows;
  if (cols > PCA_COLS || nComponents < MANY * cols) return principalComponents(rows, nComponents, how);
  const { mean, covariance } = await pca(rows, 1, how);
  const [eigen] = await eigenOf([{ matrix: covariance, n: cols }], { ...options, stage: "fitting" });
  const components = Float32Array.from(eigen!.vectors.subarray(0, nComponents * cols));
  return { mean, components, converged: true };
}

/** All rows with `dims` dimensions. */
export async function reducedRows(
  points: Points,
  method: LimitMethod,
  dims: number,
  fitted: Components,
  { metric, random, ...options }: MapOptions & { readonly random: Rng },
): Promise<Reduced> {
  const unitRows = metric === "cosine";
  if (method === "truncate") {
    const rows = await quantized(points, WHOLE, { ...options, dims, unitRows });
    return { rows, centre: fitted.mean.slice(0, dims), unitCodes: unitRows };
  }
  const components = turned(fitted.components, dims, points.cols, random.split(`rotation ${dims}`));
  const rows = await project(points, { mean: fitted.mean, components }, { ...options, unitRows });
  return { rows, centre: new Float64Array(dims), unitCodes: false };
}

/** Dimensions that are mixed with one another at most: enough to even them out, and orthonormal rows of more cost its cube. */
const MIXED = 256;

/**
 * The first `dims` components, mixed at random: lengths stay, and every number of a row gets as much of the variance. Bits are then well spent: rounding principal components themselves to as many levels each
 * spends as many bits on the last as on the first (compare ITQ, Gong & Lazebnik 2011, whose random start this is). Component i is mixed with those that are a multiple of the number of groups away from it.
 *
 * With all dimensions there are no components to choose: it is the mixing alone.
 */
function turned(components: Float32Array, dims: number, cols: number, random: Rng): Float32Array {
  const groups = Math.ceil(dims / MIXED);
  const out = new Float32Array(dims * cols);
  for (let group = 0; group < groups; group++) {
    const members = Array.from({ length: Math.ceil((dims - group) / groups) }, (_, i) => group + i * groups);
    const size = members.length;
    const mix = orthonormalRows(size, size, random.split(String(group)));
    members.forEach((to, i) => {
      const row = out.subarray(to * cols, (to + 1) * cols);
      members.forEach((from, j) => {
        const weight = mix[i * size + j]!;
        if (dims === cols) row[from] = weight;
        else for (let k = 0; k < cols; k++) row[k]! += weight * components[from * cols + k]!;
      });
    });
  }
  return out;
}
