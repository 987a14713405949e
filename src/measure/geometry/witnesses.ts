import { jacobiEigen } from "../../linalg/index.ts";
import type { Evidence } from "./evidence.ts";
import type { Jacobians } from "./jacobians.ts";
import type { Geometry, PointGeometry, PointWitness } from "./result.ts";
import { meanProduct, quantilesOf } from "./spectra.ts";

/** How many points are listed of a kind. */
const LISTED = 5;

/** Every point that was looked at. */
export function pointsOf({ largest, smallest, volumes }: Evidence, at: Int32Array): PointGeometry[] {
  return Array.from(at, (row, i) => ({
    row,
    largest: Math.sqrt(largest[i]!),
    smallest: Math.sqrt(smallest[i]!),
    logVolume: volumes[i]!,
  }));
}

/** The points behind the scores, with the directions of the latent that are stretched most and least there. */
export function witnessesOf(
  evidence: Evidence,
  jacobians: Jacobians | null,
  at: Int32Array,
): Geometry["witnesses"] {
  const all = pointsOf(evidence, at);
  const directions = (i: number) => (jacobians ? directionsAt(jacobians, i) : { most: null, least: null });
  const first = (by: (point: PointGeometry) => number): PointWitness[] =>
    Array.from(all.keys())
      .sort((a, b) => by(all[b]!) - by(all[a]!) || a - b)
      .slice(0, LISTED)
      .map((i) => ({ ...all[i]!, ...directions(i) }));
  return {
    uneven: first(({ largest, smallest }) => (smallest > 0 ? largest / smallest : Number.MAX_VALUE)),
    expanded: first(({ logVolume }) => logVolume),
    collapsed: first(({ logVolume }) => -logVolume),
  };
}

function directionsAt({ products, rank }: Jacobians, i: number) {
  const { vectors } = jacobiEigen(products.slice(i * rank * rank, (i + 1) * rank * rank), rank);
  return {
    most: Array.from(vectors.subarray(0, rank)),
    least: Array.from(vectors.subarray((rank - 1) * rank)),
  };
}

/** Axes of the mean metric, longest first: how much lengths along each are stretched, root mean square over the points. */
export function axesOf({ products, points, rank }: Jacobians): NonNullable<Geometry["axes"]> {
  const { values, vectors } = jacobiEigen(meanProduct(products, points, rank), rank);
  return {
    stretch: Array.from(values, (value) => Math.sqrt(Math.max(0, value))),
    directions: Array.from(values, (_, k) => Array.from(vectors.subarray(k * rank, (k + 1) * rank))),
  };
}

/** Quantiles of the roots of numbers that are above 0 but for rounding. */
export function rootQuantiles(squares: Float64Array): number[] {
  return quantilesOf(squares.map((square) => Math.sqrt(Math.max(0, square))));
}

/** Quantiles over points of each singular value. */
export function singularQuantiles({ points, rank, squares }: Jacobians): number[][] {
  return Array.from({ length: rank }, (_, k) =>
    rootQuantiles(Float64Array.from({ length: points }, (__, i) => squares[i * rank + k]!)),
  );
}
