import type { Kernel } from "../engine/index.ts";
import { jacobiEigen } from "../linalg/index.ts";
import type { Neighbors, Space } from "../neighbors/index.ts";
import { FIT_NEIGHBORS } from "./local.kernel.ts";
import { rowProducts } from "./local-fit.ts";
import { openOffsets } from "./offsets.ts";

/** Set-up of a look at the shape of neighbourhoods. */
export interface ShapesSetup {
  readonly x: Space;
  readonly zs: readonly Space[];
  /** The k nearest in the original, by slot. */
  readonly near: Neighbors;
  /** The row that stands for each row of a latent once it is shuffled. */
  readonly images: Int32Array;
}

/** A slot, and the row that it is. */
export interface Place {
  readonly slot: number;
  readonly row: number;
}

/** Disparities of one latent, and the same once it is shuffled, by place. */
export interface ShapesResult {
  readonly own: Float64Array;
  readonly shuffled: Float64Array;
}

/** A task is some places; its result what became of their neighbourhoods, for each latent. */
export async function open({
  x,
  zs,
  near,
  images,
}: ShapesSetup): Promise<Kernel<readonly Place[], readonly ShapesResult[], null>> {
  const offsetsX = openOffsets(x);
  const offsetsZ = zs.map(openOffsets);
  const k = Math.min(near.k, FIT_NEIGHBORS);
  return {
    async run(places) {
      const none = () => new Float64Array(places.length);
      const results = zs.map((): ShapesResult => ({ own: none(), shuffled: none() }));
      places.forEach(({ slot, row }, at) => {
        const ids = near.ids.subarray(slot * near.k, slot * near.k + k);
        const moved = ids.map((id) => images[id]!);
        const original = centredProducts(offsetsX(row, ids), k);
        offsetsZ.forEach((offsets, l) => {
          const { own, shuffled } = results[l]!;
          own[at] = disparity(original, offsets(row, ids), k);
          shuffled[at] = disparity(original, offsets(images[row]!, moved), k);
        });
      });
      return results;
    },
    finish: () => null,
  };
}

/** Products of a row and its k neighbours around their mean, `(k + 1) x (k + 1)`, from the neighbours' offsets from the row. */
function centredProducts(offsets: Float64Array, k: number): Float64Array {
  const products = rowProducts(offsets, k, offsets.length / k);
  const m = k + 1;
  const centred = new Float64Array(m * m);
  // The row itself is at offset 0.
  for (let a = 0; a < k; a++) centred.set(products.subarray(a * k, (a + 1) * k), (a + 1) * m + 1);
  const means = new Float64Array(m);
  for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) means[b]! += centred[a * m + b]! / m;
  const mean = means.reduce((sum, value) => sum + value, 0) / m;
  for (let a = 0; a < m; a++) {
    for (let b = 0; b < m; b++) centred[a * m + b]! += mean - means[a]! - means[b]!;
  }
  return centred;
}

/**
 * 1 - (||X'Z||_*)^2 / (||X||^2 ||Z||^2), from the products A = XX' around the mean and the offsets of Z: the singular values of X'Z are the roots of the eigenvalues of
 * C'AC, with the columns of C as many as Z has dimensions (C = Z), or rows if that is less (CC' = ZZ'). NaN where X is a point; 1 where Z is.
 */
function disparity(a: Float64Array, offsets: Float64Array, k: number): number {
  const m = k + 1;
  const columns = offsets.length / k <= m ? columnsOf(offsets, k) : rootOf(centredProducts(offsets, k), m);
  const [sizeX, sizeZ] = [trace(a, m), columns.reduce((sum, value) => sum + value * value, 0)];
  if (!(sizeX > 0)) return Number.NaN;
  if (!(sizeZ > 0)) return 1;
  const q = columns.length / m;
  const product = new Float64Array(q * q);
  const image = new Float64Array(m);
  for (let i = 0; i < q; i++) {
    image.fill(0);
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < m; c++) image[r]! += a[r * m + c]! * columns[i * m + c]!;
    }
    for (let j = 0; j < q; j++) {
      for (let r = 0; r < m; r++) product[i * q + j]! += image[r]! * columns[j * m + r]!;
    }
  }
  const squares = jacobiEigen(product, q).values;
  const nuclear = squares.reduce((sum, square) => sum + Math.sqrt(Math.max(0, square)), 0);
  return Math.min(1, Math.max(0, 1 - nuclear ** 2 / (sizeX * sizeZ)));
}

/** A row, at offset 0, and its k neighbours around their mean, coordinate by coordinate: `cols x (k + 1)`. */
function columnsOf(offsets: Float64Array, k: number): Float64Array {
  const cols = offsets.length / k;
  const columns = new Float64Array(cols * (k + 1));
  for (let c = 0; c < cols; c++) {
    let mean = 0;
    for (let r = 0; r < k; r++) mean += offsets[r * cols + c]! / (k + 1);
    columns[c * (k + 1)] = -mean;
    for (let r = 0; r < k; r++) columns[c * (k + 1) + r + 1] = offsets[r * cols + c]! - mean;
  }
  return columns;
}

/** Rows c of length m, with sum of cc' the matrix: its eigenvectors times the roots of their eigenvalues. */
function rootOf(matrix: Float64Array, m: number): Float64Array {
  const { values, vectors } = jacobiEigen(matrix, m);
  return vectors.map((value, p) => value * Math.sqrt(Math.max(0, values[Math.floor(p / m)]!)));
}

function trace(matrix: Float64Array, m: number): number {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += matrix[i * m + i]!;
  return sum;
}
