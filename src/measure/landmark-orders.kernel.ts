import { argsort } from "../base/index.ts";
import type { Kernel } from "../engine/index.ts";
import { isotonicFit } from "../optim/index.ts";
import { concordances } from "./concordance.ts";

/** Lengths of all pairs of m rows in both spaces, `m x m` each, on shared memory. */
export interface OrdersSetup {
  readonly m: number;
  readonly x: Float64Array;
  readonly z: Float64Array;
}

/** Kendall's tau-b, and for each row the sum of the agreement of its pairs with all others (see `Concordances`). */
export interface Concordance {
  readonly tau: number;
  readonly untied: number;
  readonly agreement: Float64Array;
}

/** For each row the sum over its pairs of the squared errors of the best ascending function of x, and of the squares of z. */
export interface Isotonic {
  readonly errors: Float64Array;
  readonly squares: Float64Array;
}

/** Tasks are `concordance` and `isotonic`. */
export async function open(
  setup: OrdersSetup,
): Promise<Kernel<"concordance" | "isotonic", Concordance | Isotonic, null>> {
  return {
    async run(task) {
      const pairs = listPairs(setup);
      const order = argsort(pairs.x);
      if (task === "concordance") {
        const { tau, untied, agreement } = concordances(pairs.x, pairs.z, order);
        return { tau, untied, agreement: perRow(pairs, agreement) };
      }
      const fit = isotonicFit(pairs.x, pairs.z, order);
      return {
        errors: perRow(
          pairs,
          pairs.z.map((z, p) => (z - fit[p]!) ** 2),
        ),
        squares: perRow(
          pairs,
          pairs.z.map((z) => z ** 2),
        ),
      };
    },
    finish: () => null,
  };
}

/** Lengths of pairs a < b; pair p belongs to rows `first[p]` and `second[p]`. */
interface Pairs {
  readonly m: number;
  readonly x: Float64Array;
  readonly z: Float64Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
}

function listPairs({ m, x, z }: OrdersSetup): Pairs {
  const count = (m * (m - 1)) / 2;
  const [xs, zs] = [new Float64Array(count), new Float64Array(count)];
  const [first, second] = [new Int32Array(count), new Int32Array(count)];
  let p = 0;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++, p++) {
      xs[p] = x[i * m + j]!;
      zs[p] = z[i * m + j]!;
      first[p] = i;
      second[p] = j;
    }
  }
  return { m, x: xs, z: zs, first, second };
}

/** Sum over the pairs of each row. */
function perRow({ m, first, second }: Pairs, values: Float64Array): Float64Array {
  const sums = new Float64Array(m);
  for (let p = 0; p < values.length; p++) {
    sums[first[p]!]! += values[p]!;
    sums[second[p]!]! += values[p]!;
  }
  return sums;
}
