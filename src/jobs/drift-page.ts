import type { Drift } from "../align/drift.ts";
import { gatherRows, type Points, type Watch } from "../base/index.ts";
import type { DriftLooks, DriftPicture } from "../report/html/index.ts";
import type { DriftResult } from "../report/index.ts";
import type { JobContext } from "./define.ts";
import type { DriftValues } from "./drift.ts";
import type { DriftInputs } from "./drift-inputs.ts";

const PAGE = "html";

/** Rows on a map. */
const SHOWN = 5000;

/** Leaves what the page shows beside the result: how far each row moved, and maps of both spaces. */
export async function leaveDriftPage(
  { documents }: JobContext,
  { old, now }: DriftInputs,
  found: Drift,
  { metric, seed }: DriftValues,
  watch: Watch,
): Promise<void> {
  const { evidence, date } = documents!;
  const { principalComponents, project } = await import("../linalg/index.ts");
  const { layUpon } = await import("../align/drift-map.ts");
  const options = { ...watch, engine: found.engine, seed, unitRows: metric === "cosine" };
  const { row, movement } = found.points;
  const step = Math.max(1, Math.ceil(row.length / SHOWN));
  const slots = Int32Array.from(row.keys()).filter((slot) => slot % step === 0);
  const planeOf = async (points: Points) => {
    const map = await principalComponents(points, 2, options);
    const plane = await project(points, map, options);
    return {
      plane: gatherRows(
        plane,
        slots.map((slot) => row[slot]!),
      ),
      explained: explained(map),
    };
  };
  let maps: DriftPicture["maps"] = null;
  if (Math.min(old.points.cols, now.points.cols) >= 2) {
    const [before, after] = [await planeOf(old.points), await planeOf(now.points)];
    maps = {
      before: { at: before.plane.data, explained: before.explained },
      after: { at: layUpon(before.plane, after.plane), explained: after.explained },
    };
  }
  const picture: DriftPicture = {
    all: movement,
    movement: Float64Array.from(slots, (s) => movement[s]!),
    maps,
  };
  evidence.set(PAGE, { picture, date } satisfies DriftLooks);
}

function explained(map: { readonly variances: Float64Array; readonly totalVariance: number }): number {
  return map.variances.reduce((sum, value) => sum + value, 0) / map.totalVariance;
}

/** The page of a drift. Without evidence it has no figures: a run was not told of it. */
export async function writeDriftPage(result: DriftResult, evidence: unknown): Promise<string> {
  const { driftPage } = await import("../report/html/index.ts");
  return driftPage(result, (evidence as DriftLooks | undefined) ?? { picture: null, date: null });
}
