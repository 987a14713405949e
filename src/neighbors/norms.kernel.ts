import { type Kernel, type KernelTools, kernelUrl, planLoops } from "../engine/index.ts";
import { PANEL } from "./panel.ts";
import { openPlacer, planPlaces } from "./place.ts";
import type { Space } from "./space.ts";

/** Writes |p|^2 of the rows of its tasks, ranges, into the space's `squaredNorms`. */
export async function open(
  space: Space,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { take, bytes } = planLoops();
  const at = planPlaces(take, space.cols);
  const place = openPlacer(await tools.loops(kernelUrl("./scan.wasm", import.meta.url), bytes()), at, space);
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += PANEL) {
        const count = Math.min(PANEL, end - from);
        space.squaredNorms.set(place({ space, start: from, count, index: null }, "rows").norms, from);
      }
      return null;
    },
    finish: () => null,
  };
}
