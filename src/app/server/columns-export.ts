import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import { stream } from "hono/streaming";
import { rowsFromMatrix, throwIfAborted } from "../../base/index.ts";
import { writeParquet } from "../../data/index.ts";
import { rowNumber } from "../../jobs/row-numbers.ts";
import type { DataColumn } from "./views/columns.ts";
import { type LiveView, nameOf } from "./views/live.ts";
import { integerIn } from "./views/queries.ts";
import type { Views } from "./views/views.ts";

/** Columns of every table; what the data call so too is marked. */
const OWN = ["id", "row", "x", "y"];

/**
 * `GET /api/views/ID/columns.parquet?latent=L`: a row for each row of the view. `id` where there are ids, `row` its number in the file, `x` and `y` where latent L draws it, then
 * every column that can colour it; of distortions those of L, without its number. Written to a temporary file, one at a time.
 */
export function columnsExportRoutes(app: Hono, views: Views): void {
  let turn: Promise<unknown> = Promise.resolve();
  app.get("/api/views/:id/columns.parquet", async (c) => {
    const { signal } = c.req.raw;
    // Nobody would read what was written.
    if (c.req.method === "HEAD") return c.body(null, 200, { "cache-control": "no-store" });
    const write = () =>
      views.use(c.req.param("id"), async (view) => {
        throwIfAborted(signal);
        const latent = integerIn(c, "latent", { min: 0, max: view.latents.length - 1 });
        return writtenColumns(view, latent, signal);
      });
    const written = turn.then(write);
    turn = written.catch(() => {});
    const { bytes, folder, path } = await written;
    c.header("content-type", "application/vnd.apache.parquet");
    c.header("content-length", String(bytes));
    c.header("content-disposition", 'attachment; filename="columns.parquet"');
    c.header("cache-control", "no-store");
    return stream(
      c,
      async (out) => {
        try {
          for await (const part of createReadStream(path)) {
            if (out.aborted) return;
            await out.write(part);
          }
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
      // The answer has begun: all that is left is to break it off.
      async (_, out) => out.abort(),
    );
  });
}

async function writtenColumns(view: LiveView, latent: number, signal: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), "isometer-columns-"));
  try {
    const path = join(folder, "columns.parquet");
    const none = rowsFromMatrix({ data: new Float32Array(), rows: view.rows, cols: 0 });
    await writeParquet(path, none, { columns: columnsOf(view, latent), signal });
    return { folder, path, bytes: (await stat(path)).size };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function columnsOf(view: LiveView, latent: number) {
  const { data } = view.latents[latent]!.drawn.positions;
  const axis = (of: 0 | 1) => Float32Array.from({ length: view.rows }, (_, row) => data[2 * row + of]!);
  const each = <T>(value: (row: number) => T) => Array.from({ length: view.rows }, (_, row) => value(row));
  const columns: Record<string, readonly string[] | ArrayLike<number>> = {
    ...(view.ids && { id: each((row) => nameOf(view, row)) }),
    row: each((row) => rowNumber(view.numbers, row)),
    x: axis(0),
    y: axis(1),
  };
  for (const { column, values } of view.columns) {
    if (column.latent !== null && column.latent !== latent) continue;
    const name = column.latent === null ? column.name : column.name.replace(/:\d$/, "");
    const isTaken = OWN.includes(name.toLowerCase()) || name.toLowerCase() === "vector" || name in columns;
    columns[isTaken ? `${name} (column)` : name] = textsOrNumbers({ column, values });
  }
  return columns;
}

/** Categories as their texts, empty where there is none. */
function textsOrNumbers({ column, values }: DataColumn): readonly string[] | ArrayLike<number> {
  if (column.kind === "number") return values;
  return Array.from(values, (code) => column.categories[code] ?? "");
}
