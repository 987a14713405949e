import type { Kernel } from "../../engine/index.ts";
import { dot, type HeldFactors, openRowSolver } from "./als-solve.ts";
import type { SparseRows } from "./interactions.ts";
import { type DistancePull, pullOf } from "./item-distances.ts";

/** Half a sweep of alternating least squares: every row of one side, the other side held. */
export interface AlsSetup {
  readonly held: HeldFactors;
  readonly rows: SparseRows;
  /** `rows x d`, to be filled. On shared memory. */
  readonly solved: Float64Array;
  readonly pull: DistancePull | null;
}

/** What a range of rows adds to the loss. */
export interface AlsPart {
  /** Sum over what was taken of c (1 - s)^2 - s^2, s being the score and c = 1 + alpha r. */
  readonly taken: number;
  /** Z'Z of the rows, `d x d`, its lower triangle. */
  readonly gram: Float64Array;
}

/** A task is a range of rows: they are solved. */
export async function open(setup: AlsSetup): Promise<Kernel<readonly [number, number], AlsPart, null>> {
  const { held, rows, solved, pull } = setup;
  const { d, factors, alpha } = held;
  const solve = openRowSolver(held);
  const right = pull ? new Float64Array(d) : null;
  const solveRow = (row: number, out: Float64Array): number => {
    const [start, end] = [rows.starts[row]!, rows.starts[row + 1]!];
    const columns = rows.columns.subarray(start, end);
    const weights = rows.weights.subarray(start, end);
    const shift = pull && right ? pullOf(pull, row, d, right) : 0;
    solve({ columns, weights, shift, pull: right }, out);
    let taken = 0;
    for (let p = 0; p < columns.length; p++) {
      const score = dot(factors, columns[p]! * d, out, 0, d);
      taken += (1 + alpha * weights[p]!) * (1 - score) ** 2 - score ** 2;
    }
    return taken;
  };
  return {
    async run([start, end]) {
      const gram = new Float64Array(d * d);
      let taken = 0;
      for (let row = start; row < end; row++) {
        const out = solved.subarray(row * d, (row + 1) * d);
        taken += solveRow(row, out);
        for (let j = 0; j < d; j++) for (let k = 0; k <= j; k++) gram[j * d + k]! += out[j]! * out[k]!;
      }
      return { taken, gram };
    },
    finish: () => null,
  };
}
