import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Hono } from "hono";
import { limitsSchema } from "../../jobs/schema-limits.ts";
import type { LimitsResult } from "../../report/index.ts";
import type { KeptLimits, ViewRequest } from "../views-contract.ts";
import { listFiles } from "./files.ts";
import type { Views } from "./views/views.ts";

/** Files of JSON that are looked at, the latest first, and the longest that is. */
const LOOKED = 100;
const MOST_BYTES = 2 ** 22;
const SCHEMA = "isometer/limits/1";

/** `GET /api/views/ID/limits`: the latest result of `isometer limits` in the folder that is about the original of a view. */
export function keptLimitsRoutes(app: Hono, views: Views, folder: string): void {
  app.get("/api/views/:id/limits", (c) =>
    views.use(c.req.param("id"), async ({ request, original }) => {
      c.header("cache-control", "no-store");
      return c.json({ limits: await keptLimits(folder, request, original.space.cols) });
    }),
  );
}

/**
 * What `isometer limits ORIGINAL --json FILE` left in the folder, by the distance of the view, of all rows, and written since the original was. Null where there is none.
 *
 * @param cols dimensions of the original: another file of its name may have others
 */
export async function keptLimits(
  folder: string,
  request: ViewRequest,
  cols: number,
): Promise<KeptLimits | null> {
  const original = await stat(join(folder, request.original)).catch(() => null);
  if (!original?.isFile()) return null;
  const { files } = await listFiles(folder);
  const latest = files
    .filter(({ path, bytes }) => path.endsWith(".json") && bytes <= MOST_BYTES)
    .filter(({ changed }) => changed >= original.mtimeMs)
    .sort((a, b) => b.changed - a.changed)
    .slice(0, LOOKED);
  for (const { path, changed } of latest) {
    const result = await readLimits(join(folder, path));
    if (result?.cols === cols && isOf(result, folder, request)) {
      return { file: path, written: new Date(changed).toISOString(), result };
    }
  }
  return null;
}

/** Null for every other kind of file. */
async function readLimits(path: string): Promise<LimitsResult | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (!text.includes(SCHEMA)) return null;
  try {
    const read = limitsSchema.safeParse(JSON.parse(text));
    return read.success ? (read.data as LimitsResult) : null;
  } catch {
    return null;
  }
}

/** Whether it is about the original of a view, as the command was given it: from the folder, from a folder above, or from the root. */
function isOf({ inputs, options }: LimitsResult, folder: string, request: ViewRequest): boolean {
  const path = inputs[0]?.path ?? "";
  const isOriginal =
    resolve(folder, path) === resolve(folder, request.original) || path.endsWith(`/${request.original}`);
  const isAlike =
    options.metric === (request.metric ?? "euclidean") && options.vector === (request.vector ?? null);
  return isOriginal && isAlike && options.rows === null;
}
