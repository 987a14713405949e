import type { Kernel, KernelTools } from "../engine/index.ts";
import type { Layout } from "../neighbors/layout.ts";
import type { Space } from "../neighbors/space.ts";
import { openStrips } from "./strips.ts";

export interface FurthestSetup {
  readonly spaces: readonly Space[];
  /** `tileModel()` */
  readonly model: Uint8Array;
}

/** Some rows of one of the spaces. */
export interface FurthestTask {
  /** Which of the spaces. */
  readonly space: number;
  readonly rows: Int32Array;
}

/** A task's result: of each of its rows, the row furthest from it (of several the first). */
export async function open(
  { spaces, model }: FurthestSetup,
  tools: KernelTools,
): Promise<Kernel<FurthestTask, Int32Array, null>> {
  return {
    async run({ space: which, rows }) {
      const space = spaces[which]!;
      const layout: Layout = { kind: "anchors", rows: space.rows, slots: rows.length, index: rows };
      const strips = await openStrips(space, layout, rows.length, model, tools);
      const ids = new Int32Array(rows.length);
      const largest = new Float32Array(rows.length).fill(-1);
      await strips.make(0, rows.length, ({ orders, stride, cols: { start, count } }) => {
        for (let r = 0; r < ids.length; r++) {
          for (let c = 0, p = r * stride; c < count; c++, p++) {
            if (orders[p]! <= largest[r]!) continue;
            largest[r] = orders[p]!;
            ids[r] = start + c;
          }
        }
      });
      await strips.close();
      return ids;
    },
    finish: () => null,
  };
}
