import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, Hono } from "hono";
import { IsometerError } from "../../base/index.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** The built page: the same when this is not built. */
const FOLDER = fileURLToPath(new URL("../web/", import.meta.url.replace(/\/src\/(?!.*\/src\/)/, "/dist/")));

/** `/` and what the page needs; all of it is in memory, so no path of a request meets the disk. */
export function webRoutes(app: Hono): void {
  const files = filesOf(FOLDER);
  const send = (c: Context, path: string, cache: string) => {
    const body = files.get(path);
    if (body === undefined) return c.notFound();
    return c.body(body, 200, {
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      "cache-control": cache,
    });
  };
  app.get("/", (c) => {
    if (files.has("index.html")) return send(c, "index.html", "no-cache");
    throw new IsometerError("missing-file", "the page of the explorer is not built", {
      hint: "npm run build",
    });
  });
  // Their names change with what they hold.
  app.get("/assets/:name", (c) =>
    send(c, `assets/${c.req.param("name")}`, "public, max-age=31536000, immutable"),
  );
}

function filesOf(folder: string): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  const read = (below: string): [string, Uint8Array<ArrayBuffer>][] => {
    try {
      return readdirSync(join(folder, below), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [`${below}${name}`, new Uint8Array(readFileSync(join(folder, below, name)))]);
    } catch {
      return [];
    }
  };
  return new Map([...read(""), ...read("assets/")].filter(([path]) => extname(path) in TYPES));
}
