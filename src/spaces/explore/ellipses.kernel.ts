import { type Kernel, openPlaces } from "../../engine/index.ts";
import type { Space } from "../../neighbors/index.ts";
import { ellipseOf, localMetric } from "./local-metric.ts";
import { type NearInPlane, nearInPlane } from "./plane-tree.ts";

export interface EllipsesSetup {
  readonly x: Space;
  /** n x 2 */
  readonly positions: Float32Array;
  /** The rows in the order of `plantTree`. */
  readonly tree: Int32Array;
  /** Row of each slot. */
  readonly rows: Int32Array;
  /** Nearest rows in the picture that a fit takes. */
  readonly m: number;
  /** Out: `slots x 3`, on shared memory; NaN where there is none. */
  readonly ellipses: Float64Array;
}

/** Fits the slots `[start, end)`. */
export async function open(setup: EllipsesSetup): Promise<Kernel<readonly [number, number], null, null>> {
  const { x, positions, tree, rows, m, ellipses } = setup;
  const { values, place } = openPlaces(x);
  const found: NearInPlane = { ids: new Int32Array(m), squares: new Float64Array(m) };
  const z = new Float64Array(2 * (m + 1));
  const near = new Float64Array(x.cols * (m + 1));
  const lay = (row: number, q: number) => {
    z[2 * q] = positions[2 * row]!;
    z[2 * q + 1] = positions[2 * row + 1]!;
    // Under cosine rows have length 1, as their distances have it.
    const scale = x.metric === "cosine" ? x.scales[row]! : 1;
    const from = place(row);
    for (let j = 0; j < x.cols; j++) near[q * x.cols + j] = values[from + j]! * scale;
  };
  return {
    async run([start, end]) {
      for (let slot = start; slot < end; slot++) {
        lay(rows[slot]!, 0);
        nearInPlane(tree, positions, rows[slot]!, found);
        for (let q = 0; q < m; q++) lay(found.ids[q]!, q + 1);
        const metric = localMetric(z, near);
        const ellipse = metric && ellipseOf(metric);
        ellipses.set(ellipse ?? [Number.NaN, Number.NaN, Number.NaN], 3 * slot);
      }
      return null;
    },
    finish: () => null,
  };
}
