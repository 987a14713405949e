import { stat } from "node:fs/promises";
import type { Context, Hono } from "hono";
import { stream } from "hono/streaming";
import { IsometerError, type Rows } from "../../base/index.ts";
import { arrowStream, type OpenedSource, openSource, resolveInside } from "../../data/index.ts";

const ARROW = "application/vnd.apache.arrow.stream";

/**
 * `GET /api/arrays?path=FILE`: the numbers of a file as float32, little-endian, row after row, with `x-isometer-shape: ROWS,COLS` and ranges of bytes;
 * as an Arrow stream where Accept asks for one. `vector` names the column or array that holds them.
 */
export function arrayRoutes(app: Hono, folder: string): void {
  app.get("/api/arrays", async (c) => {
    const path = c.req.query("path");
    if (path === undefined) {
      throw new IsometerError("bad-option", "which file?", { hint: "/api/arrays?path=latents/pca.npy" });
    }
    const real = await resolveInside({ path: folder }, path);
    const vector = c.req.query("vector");
    const source = await openSource(real, vector === undefined ? {} : { vector });
    const { mtimeMs, size } = await stat(real);
    const tag = `W/"${Math.trunc(mtimeMs).toString(36)}-${size.toString(36)}-${source.rows}x${source.cols}"`;
    c.header("etag", tag);
    c.header("cache-control", "private, no-cache");
    c.header("vary", "accept");
    c.header("x-isometer-shape", `${source.rows},${source.cols}`);
    if (c.req.header("if-none-match") === tag) {
      await source.close();
      return c.body(null, 304);
    }
    return c.req.header("accept")?.includes(ARROW) ? arrow(c, source) : floats(c, source);
  });
}

function arrow(c: Context, source: OpenedSource): Response {
  c.header("content-type", ARROW);
  return sent(c, source, arrowStream(source));
}

/** Takes the bytes of a range out of the rows that hold them. */
function floats(c: Context, source: OpenedSource): Response {
  const width = 4 * source.cols;
  const total = source.rows * width;
  c.header("content-type", "application/octet-stream");
  c.header("accept-ranges", "bytes");
  const range = rangeOf(c.req.header("range"), total);
  if (range === "none") {
    void source.close();
    return c.body(null, 416, { "content-range": `bytes */${total}` });
  }
  const { first, last } = range ?? { first: 0, last: total - 1 };
  c.header("content-length", String(last - first + 1));
  if (range) {
    c.status(206);
    c.header("content-range", `bytes ${first}-${last}/${total}`);
  }
  return sent(c, source, bytesOf(source, width, first, last));
}

/** One range of bytes. Null: the whole, as for headers that are not understood; "none" for one that is out of reach. */
export function rangeOf(
  header: string | undefined,
  total: number,
): { first: number; last: number } | "none" | null {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (parts === null || (parts[1] === "" && parts[2] === "")) return null;
  const [from, to] = [parts[1]!, parts[2]!];
  const first = from === "" ? Math.max(0, total - Number(to)) : Number(from);
  const last = from === "" || to === "" ? total - 1 : Math.min(Number(to), total - 1);
  return first <= last ? { first, last } : "none";
}

async function* bytesOf(rows: Rows, width: number, first: number, last: number): AsyncGenerator<Uint8Array> {
  if (last < first) return;
  const range = { start: Math.floor(first / width), end: Math.floor(last / width) + 1 };
  for await (const { start, matrix } of rows.blocks(range)) {
    const at = start * width;
    const { buffer, byteOffset, byteLength } = matrix.data;
    const from = Math.max(0, first - at);
    const to = Math.min(byteLength, last + 1 - at);
    // A block may be written over once the next is asked for, and the answer still holds it then.
    if (from < to) yield new Uint8Array(buffer, byteOffset + from, to - from).slice();
  }
}

function sent(c: Context, source: OpenedSource, bytes: AsyncIterable<Uint8Array>): Response {
  return stream(
    c,
    async (out) => {
      try {
        for await (const part of bytes) {
          if (out.aborted) return;
          await out.write(part);
        }
      } finally {
        await source.close();
      }
    },
    // The answer has begun: all that is left is to break it off.
    async (_, out) => out.abort(),
  );
}
