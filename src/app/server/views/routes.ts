import type { Context, Hono } from "hono";
import { z } from "zod";
import { lengthPairs, lengthsFrom, rowNeighbors } from "../../../spaces/explore/index.ts";
import type { NeighborEntry, NeighborLists, View } from "../../views-contract.ts";
import { bodyOf } from "../bodies.ts";
import { startDistortion, stopDistortion } from "./distortion.ts";
import { findRows } from "./find.ts";
import { columnNamed, type LiveView, nameOf } from "./live.ts";
import { rowPicture } from "./picture.ts";
import { viewRequest } from "./plan.ts";
import { integerIn, rowIn, rowsIn, textIn } from "./queries.ts";
import { answerSelection, selectionRequest } from "./selection.ts";
import type { Views } from "./views.ts";

/** Most neighbours, pairs, names and rows found that one request may ask for. */
const MOST = { neighbors: 1000, pairs: 200_000, names: 1000, found: 1000 } as const;

/** Two or more spaces of the same rows, as the explorer looks at them: see `views-contract.ts`. */
export function viewRoutes(app: Hono, views: Views): void {
  const at = "/api/views/:id";
  const using = (c: Context, work: (view: LiveView) => Promise<Response>) =>
    views.use(c.req.param("id")!, work);
  app.post("/api/views", async (c) => {
    const request = await bodyOf(c, viewRequest);
    return c.json(viewOf(await views.open(request, c.req.raw.signal)));
  });
  app.get(at, (c) => using(c, async (view) => c.json(viewOf(view))));
  app.post(`${at}/distortion`, (c) =>
    using(c, async (view) => {
      await bodyOf(c, z.strictObject({}));
      startDistortion(view, latentIn(c, view));
      return c.json(viewOf(view), 202);
    }),
  );
  app.delete(`${at}/distortion`, (c) =>
    using(c, async (view) => {
      stopDistortion(view, latentIn(c, view));
      return c.json(viewOf(view));
    }),
  );
  app.get(`${at}/columns/:name`, (c) =>
    using(c, async (view) => array(c, columnNamed(view, c.req.param("name")!).values, [view.rows])),
  );
  app.get(`${at}/names`, (c) =>
    using(c, async (view) => {
      const names = rowsIn(c, "rows", view.rows, MOST.names).map((row) => nameOf(view, row));
      return c.json({ names });
    }),
  );
  app.get(`${at}/find`, (c) =>
    using(c, async (view) => {
      const limit = integerIn(c, "limit", { min: 1, max: MOST.found, otherwise: 20 });
      return c.json({ rows: await findRows(view, textIn(c, "text"), limit, c.req.raw.signal) });
    }),
  );
  app.get(`${at}/picture`, (c) =>
    using(c, async (view) => {
      kept(c);
      return c.body(await rowPicture(view, rowIn(c, view.rows)), 200, { "content-type": "image/png" });
    }),
  );
  spaceRoutes(app, at, using);
}

function spaceRoutes(
  app: Hono,
  at: string,
  using: (c: Context, work: (view: LiveView) => Promise<Response>) => Promise<Response>,
): void {
  app.get(`${at}/positions`, (c) =>
    using(c, async (view) => {
      const { drawn, scale, whole } = view.latents[latentIn(c, view)]!;
      const { data } = drawn.positions;
      // Whoever sees it may select next.
      view.ahead(scale);
      view.ahead(whole);
      return array(c, data, [view.rows, 2]);
    }),
  );
  app.get(`${at}/neighbors`, (c) =>
    using(c, async (view) => {
      const latent = view.latents[latentIn(c, view)]!;
      const most = Math.min(MOST.neighbors, view.rows - 1);
      const k = integerIn(c, "k", { min: 1, max: most, otherwise: Math.min(15, most) });
      const how = { engine: view.engine, k, signal: c.req.raw.signal };
      const found = await rowNeighbors(view.original.space, latent.space, rowIn(c, view.rows), how);
      const named = (entries: typeof found.original): NeighborEntry[] =>
        entries.map((entry) => ({ ...entry, name: nameOf(view, entry.row) }));
      const lists: NeighborLists = { ...found, original: named(found.original), latent: named(found.latent) };
      return c.json(lists);
    }),
  );
  app.get(`${at}/distances`, (c) =>
    using(c, async (view) => {
      const { space } =
        c.req.query("latent") === undefined ? view.original : view.latents[latentIn(c, view)]!;
      const watch = { signal: c.req.raw.signal };
      return array(c, await lengthsFrom(space, rowIn(c, view.rows), view.engine, watch), [view.rows]);
    }),
  );
  app.get(`${at}/pairs`, (c) => using(c, (view) => pairs(c, view)));
  app.get(`${at}/ellipses`, (c) =>
    using(c, async (view) => {
      const { ellipses, rows, nNeighbors } = await view.latents[latentIn(c, view)]!.ellipses();
      c.header("x-isometer-rows", String(rows.length));
      c.header("x-isometer-n-neighbors", String(nNeighbors));
      return array(c, ellipses, [view.rows, 3]);
    }),
  );
  app.post(`${at}/selection`, (c) =>
    using(c, async (view) => {
      const request = await bodyOf(c, selectionRequest);
      return c.json(await answerSelection(view, request, c.req.raw.signal));
    }),
  );
}

async function pairs(c: Context, view: LiveView): Promise<Response> {
  const latent = view.latents[latentIn(c, view)]!;
  const count = integerIn(c, "count", { min: 1, max: MOST.pairs, otherwise: 20_000 });
  const seed = integerIn(c, "seed", { min: 0, max: 2 ** 31, otherwise: 0 });
  const scale = await latent.scale();
  const how = { seed, scale, signal: c.req.raw.signal };
  const { every, ...columns } = await lengthPairs(view.original.space, latent.space, count, how);
  const { tableFromArrays, tableToIPC } = await import("apache-arrow");
  c.header("x-isometer-scale", String(scale));
  c.header("x-isometer-every-pair", String(every));
  const bytes = tableToIPC(tableFromArrays(columns), "stream");
  return c.body(bytes.slice(), 200, { "content-type": "application/vnd.apache.arrow.stream" });
}

function viewOf({ id, request, rows, original, imageSize, latents, columns, picture }: LiveView): View {
  return {
    id,
    request,
    rows,
    original: {
      path: original.path,
      dims: original.space.cols,
      metric: original.metric,
      ...(imageSize !== undefined && { imageSize }),
    },
    latents: latents.map(({ path, name, space, drawn: { how, variance }, distortion }) => ({
      path,
      name,
      dims: space.cols,
      drawn: { how, variance },
      distortion,
    })),
    columns: columns.map(({ column }) => column),
    picture: picture && {
      height: picture.shape[0],
      width: picture.shape[1],
      channels: picture.shape[2],
    },
  };
}

function latentIn(c: Context, { latents }: LiveView): number {
  return integerIn(c, "latent", { min: 0, max: latents.length - 1 });
}

/** Views are named after their files, so what is known of one stays true. */
function kept(c: Context): void {
  c.header("cache-control", "private, max-age=3600");
}

/** Numbers as they lie in memory, little-endian. A copy: answers do not take shared memory. */
function array(c: Context, values: Float32Array | Uint16Array, shape: readonly number[]): Response {
  kept(c);
  c.header("x-isometer-shape", shape.join(","));
  const { buffer } = values.slice();
  return c.body(buffer as ArrayBuffer, 200, { "content-type": "application/octet-stream" });
}
