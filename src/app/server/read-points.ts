import { join } from "node:path";
import type { Points } from "../../base/index.ts";
import { type EngineInfo, findEngine } from "../../engine/index.ts";
import { readRows } from "../../jobs/read-rows.ts";

/** Reads the vectors of one file of the folder, and does something with them. @throws what reading throws */
export async function readPoints<T>(
  folder: string,
  path: string,
  vector: string | undefined,
  signal: AbortSignal,
  work: (points: Points, engine: EngineInfo) => Promise<T>,
): Promise<T> {
  const { matrix } = await readRows(join(folder, path), { rows: undefined, vector }, "data", { signal });
  return work(matrix, await findEngine());
}
