import { type Kernel, type KernelTools, kernelUrl, openRows, planLoops } from "../engine/index.ts";
import type { Space } from "./space.ts";

/** Set-up of exact orders among some rows of a space. */
export interface AllPairsSetup {
  readonly space: Space;
  /** Row numbers, m of them. */
  readonly rows: Int32Array;
  /** `m x m`, on shared memory: a task `[from, to)` writes columns `[from, to)` of the rows up to `to`. */
  readonly orders: Float64Array;
}

/** Measures all pairs of the rows in float64 from the points as given, bit for bit what `exactOrder` gives. */
export async function open(
  setup: AllPairsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { space, rows, orders } = setup;
  const { cols, metric, unit, scales } = space;
  const reader = openRows(space);
  const most = PAIRS_PANEL;
  const { take, bytes } = planLoops();
  const at = { sums: take(2 * most), scales: take(2 * most), x: take(cols), y: take(most * cols) };
  const { memory, functions } = await tools.loops(kernelUrl("./scan.wasm", import.meta.url), bytes());
  const x = new Float32Array(memory, at.x, cols);
  const y = new Float32Array(memory, at.y, most * cols);
  const panelScales = new Float64Array(memory, at.scales, most);
  const sums = new Float64Array(memory, at.sums, most);
  const factor = metric === "manhattan" ? unit : metric === "euclidean" ? unit * unit : 1;

  const measure = (slot: number, count: number): void => {
    reader.copy(rows[slot]!, 1, x, 0);
    const place = [at.x, at.y, count, cols, at.sums] as const;
    if (metric === "manhattan") functions.sumAbsolutes!(...place);
    if (metric === "euclidean") functions.sumSquares!(...place);
    if (metric === "cosine") functions.sumChords!(...place, scales[rows[slot]!]!, at.scales);
  };
  return {
    async run([from, to]) {
      for (let slot = from; slot < to; slot++) {
        reader.copy(rows[slot]!, 1, y, (slot - from) * cols);
        panelScales[slot - from] = scales[rows[slot]!]!;
      }
      for (let slot = 0; slot < to; slot++) {
        measure(slot, to - from);
        const start = slot * rows.length;
        for (let other = Math.max(from, slot + 1); other < to; other++) {
          orders[start + other] = factor * sums[other - from]!;
        }
      }
      return null;
    },
    finish: () => null,
  };
}

/** Rows that every other row meets before the next are laid out. */
export const PAIRS_PANEL = 64;
