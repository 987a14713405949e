import { type Matrix, type Rng, sampleWithoutReplacement } from "../base/index.ts";
import { constant, type Expression, gemm, sub } from "../graph/index.ts";
import { unitRowsOf } from "../linalg/index.ts";
import { type Anchors, centred } from "./frame.ts";
import { type AlignMap, unitMap } from "./map.ts";

/** Axes of relative coordinates at most. */
const MOST_AXES = 512;

/**
 * Relative representations: the cosines of a row, less the mean, with anchors, the same in both spaces (Moschella et al. 2023, "Relative representations enable zero-shot latent space
 * communication"). Rotations and scales change none of them: nothing is fitted. At most 512 anchors are axes, drawn at random.
 */
export function relativeMaps(from: Matrix, to: Matrix, { unitRows, ...frames }: Anchors, rng: Rng) {
  const axes = sampleWithoutReplacement(rng.split("relative"), from.rows, Math.min(from.rows, MOST_AXES));
  const map = (side: Matrix, { mean }: Anchors["from"]): AlignMap => {
    const { cols } = side;
    const rows = centred({ matrix: side, mean, unitRows }, axes);
    const weights = new Float32Array(cols * axes.length);
    for (let k = 0; k < axes.length; k++) {
      const own = rows.data.subarray(k * cols, (k + 1) * cols);
      const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0)) || 1;
      for (let i = 0; i < cols; i++) weights[i * axes.length + k] = own[i]! / length;
    }
    const codes = (vectors: Expression) =>
      gemm(
        unitRowsOf(sub(vectors, constant(Float32Array.from(mean), [cols]))),
        constant(weights, [cols, axes.length]),
      );
    return unitMap({ inputs: cols, outputs: axes.length, codes }, unitRows);
  };
  return { from: map(from, frames.from), to: map(to, frames.to), axes: axes.length };
}
