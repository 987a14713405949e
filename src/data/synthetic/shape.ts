import type { Rng } from "../../base/index.ts";

/**
 * What the truth of a space tells about its distances.
 *
 * - `global`: straight distances between truth rows are the shortest paths along the noise-free space.
 * - `local`: lengths of short paths agree, but the chart is cut (a hole, a seam), so long ones may not.
 * - `none`: the space is curved or in pieces: no chart keeps its lengths; truth says only where a row lies.
 */
export type Chart = "global" | "local" | "none";

/** Draws one point: fills `point` (natural coordinates) and `truth`. */
export type Draw = (source: Rng, point: Float64Array, truth: Float64Array) => void;

/** A shape whose fixed parts are drawn. `centres` (k x dims, row-major) exist for shapes made of pieces. */
export interface Sampler {
  readonly draw: Draw;
  readonly centres?: { readonly data: Float64Array; readonly count: number };
}

/** One kind of synthetic space. Every row is drawn independently of the others. */
export interface Shape {
  /** One line for help. */
  readonly about: string;
  /** Natural dimension: how many coordinates the shape needs. The default where `anyDims`. */
  readonly dims: number;
  /** Whether the natural dimension may be chosen. */
  readonly anyDims: boolean;
  readonly chart: Chart;
  /** What truth distances mean and where the formula comes from, in a sentence or two. */
  readonly truth: string;
  readonly truthColumns: (dims: number) => string[];
  /** For spaces in pieces: the truth column with the number of the (smallest) piece, a class for each row. */
  readonly pieces?: string;
  readonly sampler: (dims: number, fixed: Rng) => Sampler;
}

/** Fills `point` with a direction uniform on the unit sphere (normalised Gaussians, Muller 1959). */
export function direction(source: Rng, point: Float64Array): void {
  let square = 0;
  while (square === 0) {
    for (let k = 0; k < point.length; k++) point[k] = source.normal();
    square = point.reduce((sum, v) => sum + v * v, 0);
  }
  const length = Math.sqrt(square);
  for (let k = 0; k < point.length; k++) point[k]! /= length;
}
