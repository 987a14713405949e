import type { Kernel } from "../../engine/index.ts";
import { addFour, dot, type HeldFactors, openRowSolver } from "./als-solve.ts";
import type { SparseRows } from "./interactions.ts";
import { type DistancePull, pullOf } from "./item-distances.ts";

/** Half a sweep of alternating least squares: every row of one side, the other side held. */
export interface AlsSetup {
  readonly held: HeldFactors;
  readonly rows: SparseRows;
  /** `rows x d`, to be filled. On shared memory. */
  readonly solved: Float64Array;
  /** For each part Z'Z of its rows, `parts x d x d`, whose lower triangles are to be filled. On shared memory. */
  readonly grams: Float64Array;
  readonly pull: DistancePull | null;
}

/** Which of the parts of the work a task is, and its rows. */
export interface AlsTask {
  readonly part: number;
  readonly range: readonly [start: number, end: number];
}

/** Solves the rows of its tasks. Gives the sum over what they took of c (1 - s)^2 - s^2, s being the score and c = 1 + alpha r. */
export async function open(setup: AlsSetup): Promise<Kernel<AlsTask, number, null>> {
  const { held, rows, solved, grams, pull } = setup;
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
    async run({ part, range: [start, end] }) {
      const gram = grams.subarray(part * d * d, (part + 1) * d * d);
      const four = new Float64Array(4 * d);
      let taken = 0;
      for (let from = start; from < end; from += 4) {
        const to = Math.min(end, from + 4);
        for (let row = from; row < to; row++) taken += solveRow(row, solved.subarray(row * d, (row + 1) * d));
        four.fill(0).set(solved.subarray(from * d, to * d));
        addFour(gram, d, four, 0);
      }
      return taken;
    },
    finish: () => null,
  };
}
