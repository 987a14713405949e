import type { Dense } from "../linalg/index.ts";
import type { Anchors } from "./frame.ts";

/** A regression and how stiff it is. */
export interface Ridge {
  /** `r x s`, between the axes of both frames. */
  readonly core: Dense;
  /** What is added to the squared length of each axis. */
  readonly penalty: number;
  /** Effective number of parameters per output: sum of s^2 / (s^2 + penalty). */
  readonly freedom: number;
}

/** Penalties that are tried, as shares of the largest squared length: 10 to the power of these. */
const POWERS = Array.from({ length: 41 }, (_, i) => -10 + i * 0.3);

/**
 * Ridge regression of the target on the source, centred: (X'X + penalty)^-1 X'Y, the penalty by generalised cross-validation, n |Y - Y_hat|^2 / (n - 1 - freedom)^2 least (Golub, Heath & Wahba
 * 1979): leave-one-out in a form that no rotation of the rows changes. In principal axes all of it is diagonal: cost r s for each of 41 penalties.
 */
export function ridge({ rows, from, to, cross, bounds }: Anchors): Ridge {
  const all = squares(to.lengths);
  const energies = rowSquares(cross);
  const largest = (from.lengths[0] ?? 0) ** 2;
  const tried = POWERS.map((power) => {
    const penalty = largest * 10 ** power;
    let [error, freedom] = [all, 0];
    from.lengths.forEach((length, i) => {
      const kept = length ** 2 / (length ** 2 + penalty);
      freedom += kept;
      error -= (energies[i]! / length ** 2) * kept * (2 - kept);
    });
    const open = rows - (bounds.fixedOrigin ? 0 : 1) - freedom;
    return { penalty, freedom, loss: open > 0 ? Math.max(0, error) / open ** 2 : Number.POSITIVE_INFINITY };
  });
  const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a));
  return { core: coreOf(cross, from.lengths, best.penalty), penalty: best.penalty, freedom: best.freedom };
}

function coreOf({ data, rows, cols }: Dense, lengths: Float64Array, penalty: number): Dense {
  return {
    rows,
    cols,
    data: data.map((value, at) => value / (lengths[Math.floor(at / cols)]! ** 2 + penalty)),
  };
}

function rowSquares({ data, rows, cols }: Dense): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => squares(data.subarray(i * cols, (i + 1) * cols)));
}

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
