import { type Algebra, type Dense, transposed } from "../linalg/index.ts";
import type { Anchors } from "./frame.ts";

/** A rotation between the axes of two frames, and how it went. */
export interface Rotation {
  /** `r x s` with orthonormal columns, or rows where it is wide. */
  readonly rotation: Dense;
  /** The scale that fits best with it. */
  readonly scale: number;
  readonly converged: boolean;
}

/**
 * Orthogonal Procrustes: the Q with orthonormal columns (rows, where the target is wider) of largest inner product between X Q and Y, and the least-squares scale
 * c = tr(Q'X'Y) / |X Q|^2, X and Y centred (Schoenemann 1966; Gower & Dijksterhuis 2004, section 4). Q is the polar factor of X'Y. Between spaces of different width this is Procrustes with the narrower
 * one filled up with zeros. With `fixedScale` c is 1, with `fixedOrigin` nothing is centred. Directions that no anchor spans go to 0.
 */
export async function rotate({ from, cross, bounds }: Anchors, algebra: Algebra): Promise<Rotation> {
  const { factor, nuclear, converged } = await algebra.polar(cross);
  let spread = 0;
  for (let i = 0; i < factor.rows; i++)
    for (let k = 0; k < factor.cols; k++)
      spread += (from.lengths[i]! * factor.data[i * factor.cols + k]!) ** 2;
  return { rotation: factor, scale: bounds.fixedScale ? 1 : spread > 0 ? nuclear / spread : 0, converged };
}

export function scaled({ data, ...size }: Dense, scale: number): Dense {
  return { ...size, data: data.map((value) => value * scale) };
}

/**
 * Procrustes, then each principal axis of the target by a scale of its own: (Q'X'Y)_kk / (Q'X'X Q)_kk (the diagonal scaling of Drift-Adapter, EMNLP 2025, arXiv 2509.23471, in
 * axes that do not depend on how the target is rotated).
 */
export function scaleAxes({ from, cross }: Anchors, { rotation }: Rotation): Dense {
  const q = transposed(rotation);
  const k = transposed(cross);
  const scales = Float64Array.from({ length: q.rows }, (_, axis) => {
    let [product, spread] = [0, 0];
    for (let i = 0; i < q.cols; i++) {
      const own = q.data[axis * q.cols + i]!;
      product += own * k.data[axis * q.cols + i]!;
      spread += (own * from.lengths[i]!) ** 2;
    }
    return spread > 0 ? product / spread : 0;
  });
  return { ...rotation, data: rotation.data.map((value, at) => value * scales[at % rotation.cols]!) };
}
