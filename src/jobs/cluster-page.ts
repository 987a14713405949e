import { gatherRows, type Points, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { ClusterLooks } from "../report/html/index.ts";
import type { ClusterResult } from "../report/index.ts";
import type { JobContext } from "./define.ts";

const PAGE = "html";

/** Rows on a map. */
const SHOWN = 5000;

/** Leaves what the page shows beside the result: a map of the space. */
export async function leaveClusterPage(
  { documents }: JobContext,
  space: Points,
  found: { readonly labels: Int32Array; readonly shares: Float64Array | null },
  options: Watch & { readonly engine: EngineInfo; readonly seed: number; readonly unitRows: boolean },
): Promise<void> {
  const { evidence, date } = documents!;
  const step = Math.max(1, Math.ceil(space.rows / SHOWN));
  const rows = Int32Array.from({ length: Math.ceil(space.rows / step) }, (_, at) => at * step);
  const plane = await planeOf(space, rows, options);
  const { labels, shares } = found;
  const picture = plane && {
    ...plane,
    labels: rows.map((i) => labels[i]!),
    shares: shares && Float64Array.from(rows, (i) => shares[i]!),
  };
  evidence.set(PAGE, { picture, date } satisfies ClusterLooks);
}

/** The space itself where it has two dimensions, else its principal directions; nothing where it has one. */
async function planeOf(
  space: Points,
  rows: Int32Array,
  options: Parameters<typeof leaveClusterPage>[3],
): Promise<{ readonly at: Float32Array; readonly explained: number | null } | null> {
  if (space.cols < 2) return null;
  if (space.cols === 2) {
    const { gatherPoints } = await import("../engine/index.ts");
    return { at: gatherPoints(space, rows).data, explained: null };
  }
  const { principalComponents, project } = await import("../linalg/index.ts");
  const map = await principalComponents(space, 2, options);
  const plane = await project(space, map, options);
  const explained = map.variances.reduce((sum, value) => sum + value, 0) / map.totalVariance;
  return { at: gatherRows(plane, rows).data, explained };
}

/** The page of clusters. Without evidence it has no map: a run was not told of it. */
export async function writeClusterPage(result: ClusterResult, evidence: unknown): Promise<string> {
  const { clusterPage } = await import("../report/html/index.ts");
  return clusterPage(result, (evidence as ClusterLooks | undefined) ?? { picture: null, date: null });
}
