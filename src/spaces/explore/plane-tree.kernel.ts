import type { Kernel } from "../../engine/index.ts";
import { plantTree } from "./plane-tree.ts";

/** Plants a tree, in its place on shared memory: the one task. */
export async function open({
  tree,
  positions,
}: {
  readonly tree: Int32Array;
  readonly positions: Float32Array;
}): Promise<Kernel<null, null, null>> {
  return {
    async run() {
      plantTree(tree, positions);
      return null;
    },
    finish: () => null,
  };
}
