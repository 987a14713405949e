import type { Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import {
  type Layout,
  mergeCounted,
  mergeLists,
  type NearestLists,
  type Space,
  slotsOf,
  tileModel,
  tileTasks,
} from "../neighbors/index.ts";
import { MOMENTS_WIDTH, mergeCounts, RANK_SUMS_WIDTH } from "./pairs.ts";
import type { PairState, SideState, SweepSetup, SweepState } from "./sweep.kernel.ts";

/** The spaces to sweep, and how. */
interface Swept {
  readonly x: Space;
  readonly zs: readonly Space[];
  readonly layout: Layout;
  readonly engine: EngineInfo;
  readonly watch: Watch;
}

export interface MergedSide {
  readonly nearest: NearestLists | null;
  readonly before: Int32Array | null;
}

/** The merged outcome of a sweep. */
export interface Sweep {
  readonly x: MergedSide | null;
  readonly zs: readonly MergedSide[];
  readonly pairs: readonly (PairState & { readonly sums: Float64Array | null })[];
}

/** One pass over all tiles: see `SweepSetup`. */
export async function sweep(
  { x, zs, layout, engine, watch }: Swept,
  stage: string,
  work: Pick<SweepSetup, "xSide" | "zSides" | "pairs">,
): Promise<Sweep> {
  const setup: SweepSetup = { x, zs, layout, model: tileModel(), ...work };
  const { results, states } = await runBlocks<unknown, readonly Float64Array[], SweepState>({
    ...watch,
    engine,
    kernel: kernelUrl("./sweep.kernel.js", import.meta.url),
    setup,
    tasks: tileTasks(layout),
    stage,
  });
  const slots = layout.kind === "all" ? 1 : slotsOf(layout);
  return {
    x: work.xSide && mergeSides(states.map((state) => state.x!)),
    zs: (work.zSides ?? []).map((_, l) => mergeSides(states.map((state) => state.zs[l]!))),
    pairs: (work.pairs ?? []).map(({ tables }, l) => {
      const parts = states.map((state) => state.pairs[l]!);
      const counts = parts.flatMap((part) => part.counts ?? []);
      const far = parts.flatMap((part) => (part.far ? [part.far] : []));
      const sums = results.map((task) => task[l]!);
      return {
        counts: counts.length > 0 ? mergeCounts(counts) : null,
        far: far.length > 0 ? addInOrder(far, far[0]!.length) : null,
        sums: addInOrder(sums, slots * (tables ? RANK_SUMS_WIDTH : MOMENTS_WIDTH)),
      };
    }),
  };
}

function mergeSides(states: readonly SideState[]): MergedSide {
  const lists = states.flatMap((state) => state.nearest ?? []);
  const before = states.flatMap((state) => (state.before ? [state.before] : []));
  return {
    nearest: lists.length > 0 ? mergeLists(lists) : null,
    before: before.length > 0 ? mergeCounted(before) : null,
  };
}

/** Sums of tasks, added in task order: the same bits on any number of threads. */
function addInOrder(parts: readonly Float64Array[], width: number): Float64Array {
  const sum = new Float64Array(width);
  for (const part of parts) for (let i = 0; i < width; i++) sum[i]! += part[i]!;
  return sum;
}
