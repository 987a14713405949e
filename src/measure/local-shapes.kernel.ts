import type { Kernel } from "../engine/index.ts";
import { jacobiEigen } from "../linalg/index.ts";
import type { Neighbors, Space } from "../neighbors/index.ts";
import { FIT_NEIGHBORS } from "./local.kernel.ts";
import { openOffsets } from "./offsets.ts";

/** Set-up of a look at the shape of neighbourhoods. */
export interface ShapesSetup {
  readonly x: Space;
  readonly z: Space;
  /** The k nearest in the original, by slot. */
  readonly near: Neighbors;
  /** The row that stands for each row of the latent once it is shuffled. */
  readonly images: Int32Array;
}

interface Place {
  readonly slot: number;
  readonly row: number;
}

/** A task is some slots; its result their disparities, and those of the shuffled latent. */
export async function open({
  x,
  z,
  near,
  images,
}: ShapesSetup): Promise<Kernel<readonly Place[], readonly [Float64Array, Float64Array], null>> {
  const [offsetsX, offsetsZ] = [openOffsets(x), openOffsets(z)];
  const k = Math.min(near.k, FIT_NEIGHBORS);
  const gramOf = (offsets: Float64Array) => centredGram(offsets, k);
  return {
    async run(places) {
      const [own, shuffled] = [new Float64Array(places.length), new Float64Array(places.length)];
      places.forEach(({ slot, row }, at) => {
        const ids = near.ids.subarray(slot * near.k, slot * near.k + k);
        const gram = gramOf(offsetsX(row, ids));
        own[at] = disparity(gram, gramOf(offsetsZ(row, ids)), k + 1);
        const moved = offsetsZ(
          images[row]!,
          ids.map((id) => images[id]!),
        );
        shuffled[at] = disparity(gram, gramOf(moved), k + 1);
      });
      return [own, shuffled];
    },
    finish: () => null,
  };
}

/** Products of a row and its k neighbours around their mean, `(k + 1) x (k + 1)`, from the neighbours' offsets from the row. */
function centredGram(offsets: Float64Array, k: number): Float64Array {
  const cols = offsets.length / k;
  const m = k + 1;
  const means = new Float64Array(cols);
  for (let p = 0; p < offsets.length; p++) means[p % cols]! += offsets[p]! / m;
  const at = (r: number, c: number) => (r === 0 ? 0 : offsets[(r - 1) * cols + c]!) - means[c]!;
  const points = new Float64Array(m * cols);
  for (let r = 0; r < m; r++) for (let c = 0; c < cols; c++) points[r * cols + c] = at(r, c);
  const gram = new Float64Array(m * m);
  for (let a = 0; a < m; a++) {
    for (let b = a; b < m; b++) {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += points[a * cols + c]! * points[b * cols + c]!;
      gram[a * m + b] = gram[b * m + a] = sum;
    }
  }
  return gram;
}

/**
 * 1 - (||X'Z||_*)^2 / (||X||^2 ||Z||^2) from the products A = XX' and B = ZZ': the singular values of X'Z are the roots of the eigenvalues of R A R, where R R = B.
 * NaN where X is a point; 1 where Z is.
 */
export function disparity(a: Float64Array, b: Float64Array, m: number): number {
  const [sizeA, sizeB] = [trace(a, m), trace(b, m)];
  if (!(sizeA > 0)) return Number.NaN;
  if (!(sizeB > 0)) return 1;
  // With the eigenpairs (l, u) of B, R A R has the eigenvalues of sqrt(l_i) u_i' A u_j sqrt(l_j).
  const { values, vectors } = jacobiEigen(b.slice(), m);
  const rank = values.findIndex((value) => !(value > Number.EPSILON * values[0]!));
  const q = rank < 0 ? m : rank;
  const product = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    const image = new Float64Array(m);
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < m; c++) image[r]! += a[r * m + c]! * vectors[i * m + c]!;
    }
    for (let j = 0; j < q; j++) {
      let sum = 0;
      for (let r = 0; r < m; r++) sum += image[r]! * vectors[j * m + r]!;
      product[i * q + j] = sum * Math.sqrt(values[i]! * values[j]!);
    }
  }
  const squares = jacobiEigen(product, q).values;
  const nuclear = squares.reduce((sum, square) => sum + Math.sqrt(Math.max(0, square)), 0);
  return Math.min(1, Math.max(0, 1 - nuclear ** 2 / (sizeA * sizeB)));
}

function trace(matrix: Float64Array, m: number): number {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += matrix[i * m + i]!;
  return sum;
}
