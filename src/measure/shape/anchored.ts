import { type Layout, slotRow, slotsOf } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { Estimate } from "../result.ts";
import { samplingOf } from "../scores/sampling.ts";

/** What numbers from anchors need to know of a comparison. */
export interface Anchored {
  readonly rows: number;
  /** The row of each anchor. */
  readonly anchors: Int32Array;
  readonly isExact: boolean;
  /** The part of an estimate that says how it was sampled. */
  readonly sampling: Pick<Estimate, "exact" | "sampled">;
}

export function anchoredOf(comparison: Comparison): Anchored {
  const { layout } = comparison;
  return {
    rows: layout.rows,
    anchors: anchorsOf(layout),
    isExact: layout.kind === "all",
    sampling: samplingOf(comparison),
  };
}

function anchorsOf(layout: Layout): Int32Array {
  return Int32Array.from({ length: slotsOf(layout) }, (_, slot) => slotRow(layout, slot));
}
