import { gatherRows, type Matrix, matrix, pointRows, type Watch } from "../../base/index.ts";
import { type EngineInfo, type Network, valuesAt } from "../../engine/index.ts";
import { jacobiEigen } from "../../linalg/index.ts";
import type { Jacobians } from "./jacobians.ts";
import type { Geometry, GeometryPicture } from "./result.ts";

/** Ellipses on a map. */
const ELLIPSES = 48;

/** Points whose steps are shown, and the places of a walk along a direction, in steps. */
const WALKS = 2;
const PLACES = [-2, -1, 0, 1, 2] as const;

/** A step along a direction, as a share of the spread of the latent. */
const STEP = 0.3;

/** What figures of the geometry are drawn from: the points on a plane of the latent, ellipses of the metric there, and what walks along the most and least stretched directions make. */
export async function geometryPicture(
  network: Network,
  jacobians: Jacobians,
  points: Matrix,
  at: Int32Array,
  witnesses: Geometry["witnesses"],
  watch: Watch & { readonly engine: EngineInfo },
): Promise<GeometryPicture> {
  const isDecoder = network.inputs <= network.outputs;
  const latent = isDecoder ? gatherRows(points, at) : await valuesAt(network, pointRows(points), at, watch);
  const plane = planeOf(latent);
  const places = projected(latent, plane);
  return {
    from: latent.cols <= 2 ? "coordinates" : "pca",
    at: places,
    ellipses: spread(places, ELLIPSES).map((i) => ellipseAt(jacobians, i, plane, isDecoder)),
    walks: isDecoder ? await walksFrom(network, latent, at, witnesses, watch) : [],
  };
}

interface Plane {
  readonly mean: Float64Array;
  /** Two directions of length 1 (the second of 0 where there is one dimension). */
  readonly axes: readonly [Float64Array, Float64Array];
  /** Root mean square distance from the mean, by dimension. */
  readonly spread: number;
}

/** The coordinates where there are no more than two, else the two principal directions. */
function planeOf({ data, rows, cols }: Matrix): Plane {
  const mean = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) mean[i % cols]! += data[i]! / rows;
  const covariance = new Float64Array(cols * cols);
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < cols; a++) {
      const value = data[i * cols + a]! - mean[a]!;
      for (let b = 0; b < cols; b++)
        covariance[a * cols + b]! += (value * (data[i * cols + b]! - mean[b]!)) / rows;
    }
  }
  const spread = Math.sqrt(mean.reduce((sum, _, a) => sum + covariance[a * cols + a]!, 0) / cols);
  const unit = (k: number) => Float64Array.from({ length: cols }, (_, a) => Number(a === k));
  if (cols <= 2) return { mean: new Float64Array(cols), axes: [unit(0), unit(1)], spread };
  const { vectors } = jacobiEigen(covariance, cols);
  return { mean, axes: [vectors.slice(0, cols), vectors.slice(cols, 2 * cols)], spread };
}

function projected({ data, rows, cols }: Matrix, { mean, axes }: Plane): Float32Array {
  const out = new Float32Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    for (const [k, axis] of axes.entries()) {
      let sum = 0;
      for (let a = 0; a < cols; a++) sum += (data[i * cols + a]! - mean[a]!) * axis[a]!;
      out[2 * i + k] = sum;
    }
  }
  return out;
}

/** Points far from each other: each next one is the farthest from those before. */
function spread(places: Float32Array, most: number): number[] {
  const n = places.length / 2;
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const chosen: number[] = [];
  for (let next = 0; chosen.length < Math.min(most, n); ) {
    chosen.push(next);
    let farthest = 0;
    for (let i = 0; i < n; i++) {
      const d = (places[2 * i]! - places[2 * next]!) ** 2 + (places[2 * i + 1]! - places[2 * next + 1]!) ** 2;
      distances[i] = Math.min(distances[i]!, d);
      if (distances[i]! > distances[farthest]!) farthest = i;
    }
    if (distances[farthest] === 0) break;
    next = farthest;
  }
  return chosen;
}

/** Half-axes, on the plane, of what all steps of length 1 in the data are in the latent. */
function ellipseAt({ products, rank }: Jacobians, i: number, { axes }: Plane, isDecoder: boolean) {
  const own = products.subarray(i * rank * rank, (i + 1) * rank * rank);
  const inner = (p: Float64Array, q: Float64Array) => {
    let sum = 0;
    for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) sum += p[a]! * own[a * rank + b]! * q[b]!;
    return sum;
  };
  const [p, q] = axes;
  const metric = Float64Array.of(inner(p, p), inner(p, q), inner(q, p), inner(q, q));
  const { values, vectors } = jacobiEigen(metric, 2);
  // A step v of the latent of a decoder makes one of length |J v| in the data; that of an encoder is made by one.
  const lengths = Array.from(values, (value) =>
    isDecoder ? 1 / Math.sqrt(value) : Math.sqrt(Math.max(0, value)),
  );
  return {
    point: i,
    axes: [0, 1].map((k) => [lengths[k]! * vectors[2 * k]!, lengths[k]! * vectors[2 * k + 1]!] as const),
  };
}

async function walksFrom(
  network: Network,
  latent: Matrix,
  at: Int32Array,
  { uneven }: Geometry["witnesses"],
  watch: Watch & { readonly engine: EngineInfo },
): Promise<GeometryPicture["walks"]> {
  const { spread: size } = planeOf(latent);
  const starts = uneven.slice(0, WALKS).flatMap(({ row, most, least }) =>
    most && least
      ? [
          { row, kind: "most" as const, direction: most },
          { row, kind: "least" as const, direction: least },
        ]
      : [],
  );
  const { cols } = latent;
  const places = matrix(
    new Float32Array(starts.length * PLACES.length * cols),
    starts.length * PLACES.length,
    cols,
  );
  starts.forEach(({ row, direction }, s) => {
    const from = at.indexOf(row) * cols;
    PLACES.forEach((step, k) => {
      for (let a = 0; a < cols; a++)
        places.data[(s * PLACES.length + k) * cols + a] =
          latent.data[from + a]! + step * STEP * size * direction[a]!;
    });
  });
  const values = await valuesAt(
    network,
    pointRows(places),
    Int32Array.from({ length: places.rows }, (_, i) => i),
    watch,
  );
  return starts.map(({ row, kind }, s) => ({
    row,
    kind,
    step: STEP * size,
    values: {
      data: values.data.slice(s * PLACES.length * values.cols, (s + 1) * PLACES.length * values.cols),
      rows: PLACES.length,
      cols: values.cols,
    },
  }));
}
