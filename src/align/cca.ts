import { type Dense, eigenOf, transposed } from "../linalg/index.ts";
import type { Anchors, FrameOptions } from "./frame.ts";

/** Axes of a space that both share. */
export interface CanonicalAxes {
  /** `r x m` and `s x m`, from the axes of either frame. */
  readonly from: Dense;
  readonly to: Dense;
  /** Canonical correlations, descending, m. */
  readonly correlations: Float64Array;
}

/**
 * Regularised canonical correlation analysis (Hotelling 1936; Vinod 1976): directions of both spaces along which the anchors correlate most, each weighted by its correlation. From the singular
 * vectors of (X'X + a)^-1/2 X'Y (Y'Y + b)^-1/2, with the penalties a and b that ridge regression of either on the other chose.
 */
export async function canonicalAxes(
  { from, to, cross }: Anchors,
  penalties: { readonly from: number; readonly to: number },
  { algebra, engine }: FrameOptions,
): Promise<CanonicalAxes> {
  const white = (lengths: Float64Array, penalty: number) =>
    lengths.map((l) => 1 / Math.sqrt(l * l + penalty));
  const [x, y] = [white(from.lengths, penalties.from), white(to.lengths, penalties.to)];
  const { rows, cols } = cross;
  const whitened: Dense = {
    ...cross,
    data: cross.data.map((value, at) => value * x[Math.floor(at / cols)]! * y[at % cols]!),
  };
  const isWide = rows < cols;
  const tall = isWide ? transposed(whitened) : whitened;
  // A = Q H with H = V S V': the singular vectors are Q V and V.
  const { factor } = await algebra.polar(tall);
  const rest = await algebra.multiply(factor, tall, { transA: true });
  const n = rest.rows;
  const [eigen] = await eigenOf([{ matrix: rest.data, n }], { engine, stage: "fitting" });
  const right = transposed({ data: eigen!.vectors, rows: n, cols: n });
  const left = await algebra.multiply(factor, right);
  const correlations = eigen!.values.map((value) => Math.min(1, Math.max(0, value)));
  const weighted = (axes: Dense, scales: Float64Array): Dense => ({
    ...axes,
    data: axes.data.map((value, at) => value * scales[Math.floor(at / n)]! * correlations[at % n]!),
  });
  return {
    from: weighted(isWide ? right : left, x),
    to: weighted(isWide ? left : right, y),
    correlations,
  };
}
