import { mkdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { Hono } from "hono";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inBackground } from "../../../src/app/server/views/background.ts";
import { startDistortion } from "../../../src/app/server/views/distortion.ts";
import { lazy } from "../../../src/app/server/views/lazy.ts";
import { planView } from "../../../src/app/server/views/plan.ts";
import { viewRoutes } from "../../../src/app/server/views/routes.ts";
import { openViews } from "../../../src/app/server/views/views.ts";
import type { NeighborLists, SelectionAnswer, View, ViewRequest } from "../../../src/app/views-contract.ts";
import { collectRows, IsometerError, type Matrix } from "../../../src/base/index.ts";
import { openSource, readLabels } from "../../../src/data/index.ts";
import { audit } from "../../../src/measure/index.ts";
import { raw, type Served, served } from "./server.ts";

let server: Served;
let original: Matrix;
let latent: Matrix;
beforeAll(async () => {
  server = await served();
  original = await matrixOf("digits.npy");
  latent = await matrixOf("digits-umap.npy");
});
afterAll(() => server.close());

async function matrixOf(name: string): Promise<Matrix> {
  const source = await openSource(join(server.folder, name));
  const rows = await collectRows(source);
  await source.close();
  return rows;
}

interface Refused {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
}

const request: ViewRequest = {
  original: "digits.npy",
  latent: ["digits-umap.npy", "digits-pca.npy"],
  labels: "digits-labels.npy",
  imageSize: "8x8",
};

const fetched = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);
const json = async <T>(path: string, init?: RequestInit) => (await (await fetched(path, init)).json()) as T;
const posted = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const opened = (asked: unknown = request) => json<View>("/api/views", posted(asked));
const refusedBy = async (path: string, init?: RequestInit) => {
  const answer = await fetched(path, init);
  return { status: answer.status, ...((await answer.json()) as Refused).error };
};
async function floats(path: string): Promise<Float32Array> {
  return new Float32Array(await (await fetched(path)).arrayBuffer());
}
const length = ({ data, cols }: Matrix, i: number, j: number) => {
  let sum = 0;
  for (let k = 0; k < cols; k++) sum += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
  return Math.sqrt(sum);
};

describe("a view", () => {
  test("says what there is to see, and is the same for the same files", async () => {
    const view = await opened();
    expect(view).toMatchObject({
      request,
      rows: original.rows,
      original: { path: "digits.npy", dims: 64, metric: "euclidean" },
      picture: { height: 8, width: 8, channels: 1 },
    });
    expect(view.latents.map(({ name, dims, drawn }) => [name, dims, drawn.how])).toEqual([
      ["digits-umap", 2, "as is"],
      ["digits-pca", 2, "as is"],
    ]);
    expect(view.columns).toEqual([
      { name: "labels", kind: "category", categories: [..."0123456789"], latent: null },
    ]);
    expect((await opened()).id).toBe(view.id);
    expect(await json(`/api/views/${view.id}`)).toEqual(view);
    expect((await opened({ ...request, metric: "cosine" })).id).not.toBe(view.id);
  });

  test("is another one when a file was written anew", async () => {
    const { id } = await opened();
    await utimes(join(server.folder, "digits-labels.npy"), 1e9, 1e9);
    expect((await opened()).id).not.toBe(id);
  });

  test("gives positions and labels as they are in the files", async () => {
    const { id } = await opened();
    const answer = await fetched(`/api/views/${id}/positions?latent=0`);
    expect(answer.headers.get("x-isometer-shape")).toBe(`${original.rows},2`);
    expect(new Float32Array(await answer.arrayBuffer())).toEqual(Float32Array.from(latent.data));
    const codes = new Uint16Array(await (await fetched(`/api/views/${id}/columns/labels`)).arrayBuffer());
    const source = await openSource(join(server.folder, "digits.npy"));
    const labels = await readLabels(join(server.folder, "digits-labels.npy"), source);
    await source.close();
    expect(Array.from(codes, String)).toEqual(labels);
    expect(await json(`/api/views/${id}/names?rows=5,3`)).toEqual({ names: ["5", "3"] });
    const { rows } = await json<{ rows: number[] }>(`/api/views/${id}/find?text=7&limit=4`);
    expect(rows[0]).toBe(7);
    for (const row of rows.slice(1)) expect(labels[row]).toBe("7");
  });

  test("shows a row as the picture that it is", async () => {
    const { id } = await opened();
    const answer = await fetched(`/api/views/${id}/picture?row=12`);
    expect(answer.headers.get("content-type")).toBe("image/png");
    const { data, info } = await sharp(Buffer.from(await answer.arrayBuffer()))
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 8, height: 8 });
    const own = original.data.subarray(12 * 64, 13 * 64);
    const most = Math.max(...own);
    data.forEach((value, at) => {
      expect(Math.abs(value - (255 * own[at]!) / most)).toBeLessThan(1.01);
    });
    const plain = await opened({ ...request, imageSize: undefined });
    expect(plain.picture).toBeNull();
    expect((await refusedBy(`/api/views/${plain.id}/picture?row=1`)).code).toBe("bad-option");
    expect((await refusedBy("/api/views", posted({ ...request, imageSize: "7x8" }))).code).toBe("bad-option");
  });

  test("has the neighbours of brute force, and distances", async () => {
    const { id } = await opened();
    const order = (points: Matrix) => {
      const lengths = Array.from({ length: points.rows }, (_, i) => length(points, 30, i));
      return [...lengths.keys()].filter((i) => i !== 30).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
    };
    const orders = { original: order(original), latent: order(latent) };
    const found = await json<NeighborLists>(`/api/views/${id}/neighbors?latent=0&row=30&k=9`);
    expect(found.original.map(({ row }) => row)).toEqual(orders.original.slice(0, 9));
    expect(found.latent.map(({ row }) => row)).toEqual(orders.latent.slice(0, 9));
    for (const { row, name, distance, otherDistance, otherRank, shared } of found.latent) {
      expect(name).toBe(String(row));
      expect(distance).toBeCloseTo(length(latent, 30, row), 5);
      expect(otherDistance).toBeCloseTo(length(original, 30, row), 5);
      expect(otherRank).toBe(orders.original.indexOf(row) + 1);
      expect(shared).toBe(otherRank <= 9);
    }
    const distances = await floats(`/api/views/${id}/distances?row=30`);
    const inLatent = await floats(`/api/views/${id}/distances?row=30&latent=0`);
    for (let i = 0; i < original.rows; i++) {
      expect(distances[i]).toBeCloseTo(length(original, 30, i), 4);
      expect(inLatent[i]).toBeCloseTo(length(latent, 30, i), 4);
    }
  });

  test("draws pairs, their latent lengths at the scale of least stress", async () => {
    const { id } = await opened();
    const answer = await fetched(`/api/views/${id}/pairs?latent=0&count=3000&seed=4`);
    const scale = Number(answer.headers.get("x-isometer-scale"));
    const table = tableFromIPC(new Uint8Array(await answer.arrayBuffer()));
    const [a, b, dx, dz] = ["a", "b", "original", "latent"].map((name) => table.getChild(name)!.toArray());
    expect(table.numRows).toBe(3000);
    for (let p = 0; p < 3000; p++) {
      expect(dx[p]).toBeCloseTo(length(original, a[p], b[p]), 3);
      expect(dz[p]).toBeCloseTo(scale * length(latent, a[p], b[p]), 3);
    }
    const again = await fetched(`/api/views/${id}/pairs?latent=0&count=3000&seed=4`);
    expect(
      tableFromIPC(new Uint8Array(await again.arrayBuffer()))
        .getChild("a")!
        .toArray(),
    ).toEqual(a);
  });

  test("answers how far a selection can be trusted, by rows or by a mask", async () => {
    const { id } = await opened();
    const rows = Array.from({ length: 40 }, (_, i) => 3 * i);
    const answer = await json<SelectionAnswer>(`/api/views/${id}/selection`, posted({ latent: 0, rows }));
    expect(answer).toMatchObject({ rows: 40, sampled: 40, k: 10 });
    expect(answer.recall.interval).toEqual([answer.recall.value, answer.recall.value]);
    expect(answer.stretch!.pairs).toBe((40 * 39) / 2);
    expect(answer.stretch!.low).toBeLessThan(answer.stretch!.median);
    const mask = Buffer.alloc(Math.ceil(original.rows / 8));
    for (const row of rows) mask[row >> 3]! |= 1 << (row & 7);
    const masked = posted({ latent: 0, mask: mask.toString("base64") });
    const same = await json<SelectionAnswer>(`/api/views/${id}/selection`, masked);
    expect({ ...same, milliseconds: 0 }).toEqual({ ...answer, milliseconds: 0 });
    const twice = posted({ latent: 0, rows: [...rows, ...rows] });
    expect((await json<SelectionAnswer>(`/api/views/${id}/selection`, twice)).rows).toBe(40);
    const one = await json<SelectionAnswer>(`/api/views/${id}/selection`, posted({ latent: 0, rows: [4] }));
    expect(one.stretch).toBeNull();
    expect(one.trustworthiness.whole).toBe(answer.trustworthiness.whole);
  });

  test("has ellipses", async () => {
    const { id } = await opened();
    const answer = await fetched(`/api/views/${id}/ellipses?latent=0`);
    expect(answer.headers.get("x-isometer-rows")).toBe(String(original.rows));
    const ellipses = new Float32Array(await answer.arrayBuffer());
    const sizes = Array.from({ length: original.rows }, (_, i) =>
      Math.sqrt(ellipses[3 * i]! * ellipses[3 * i + 1]!),
    )
      .filter(Number.isFinite)
      .sort((p, q) => p - q);
    expect(sizes.length).toBeGreaterThan(0.99 * original.rows);
    expect(sizes[sizes.length >> 1]).toBeCloseTo(1, 2);
  });

  test("measures what the map does to each row, as an audit does", async () => {
    const { id, latents } = await opened();
    expect(latents[0]!.distortion.state).toBe("none");
    const started = await json<View>(`/api/views/${id}/distortion?latent=0`, posted({}));
    expect(started.latents[0]!.distortion).toMatchObject({ state: "running", error: null });
    expect(started.latents[1]!.distortion.state).toBe("none");
    let view = started;
    while (view.latents[0]!.distortion.state === "running") {
      await new Promise((later) => setTimeout(later, 20));
      view = await json<View>(`/api/views/${id}`);
    }
    const { distortion } = view.latents[0]!;
    expect(distortion).toMatchObject({ state: "done", rows: original.rows, progress: null });
    expect(view.columns.map(({ name }) => name)).toEqual(["labels", ...distortion.columns]);
    const { points } = await audit(original, latent, { exact: true, points: true, threads: 2, scores: [] });
    for (const name of ["trust", "falseNeighbors", "anisotropy"] as const) {
      const shown = await floats(`/api/views/${id}/columns/${name}:0`);
      expect(shown).toEqual(Float32Array.from(points![name]));
      const column = view.columns.find((known) => known.name === `${name}:0`)!;
      expect(column).toMatchObject({
        kind: "number",
        latent: 0,
        better: name === "trust" ? "higher" : "lower",
      });
    }
  });

  test("stops measuring, and begins anew at once: the end of what was stopped is none of the second", async () => {
    const { id } = await opened({ ...request, metric: "cosine" });
    const start = () => json<View>(`/api/views/${id}/distortion?latent=1`, posted({}));
    const stop = () => json<View>(`/api/views/${id}/distortion?latent=1`, { method: "DELETE" });
    const none = { state: "none", progress: null, rows: null, columns: [], error: null };
    expect((await stop()).latents[1]!.distortion).toEqual(none);
    await start();
    expect((await stop()).latents[1]!.distortion).toEqual(none);
    await start();
    await stop();
    await start();
    let view = await json<View>(`/api/views/${id}`);
    while (view.latents[1]!.distortion.state === "running") {
      await new Promise((later) => setTimeout(later, 5));
      view = await json<View>(`/api/views/${id}`);
    }
    const { distortion } = view.latents[1]!;
    expect(distortion).toMatchObject({ state: "done", error: null, rows: original.rows });
    expect(view.columns.map(({ name }) => name)).toEqual(["labels", ...distortion.columns]);
    // What is done stays done.
    expect((await stop()).latents[1]!.distortion).toEqual(distortion);
    expect(await refusedBy(`/api/views/${id}/distortion?latent=2`, { method: "DELETE" })).toMatchObject({
      status: 400,
      code: "bad-option",
    });
    expect((await refusedBy("/api/views/none/distortion?latent=0", { method: "DELETE" })).status).toBe(404);
  });
});

describe("tables", () => {
  const rows = Array.from({ length: 30 }, (_, i) => i);
  test("lend their other columns, and rows are joined by id", async () => {
    const text = rows.map(
      (i) => `item-${i},${i % 7},${i % 5},${i === 3 ? "" : i / 2},kind ${i % 12},text ${i}`,
    );
    await writeFile(join(server.folder, "data.csv"), ["key,x,y,price,kind,note", ...text].join("\n"));
    const codes = rows
      .toReversed()
      .slice(2)
      .map((i) => `item-${i},${i % 7}`);
    await writeFile(join(server.folder, "codes.csv"), ["key,z", ...codes].join("\n"));
    const asked = {
      original: "data.csv",
      latent: ["codes.csv"],
      id: "key",
      vector: "x,y",
      latentVector: "z",
    };
    const view = await opened(asked);
    expect(view).toMatchObject({ rows: 28, latents: [{ dims: 1, drawn: { how: "one line" } }] });
    expect(view.columns).toMatchObject([
      { name: "price", kind: "number", min: 0, max: 13.5 },
      { name: "kind", kind: "category", categories: [...Array(12).keys()].map((i) => `kind ${i}`) },
      { name: "note", kind: "category" },
    ]);
    const price = await floats(`/api/views/${view.id}/columns/price`);
    expect([price[2], price[3], price[27]]).toEqual([1, Number.NaN, 13.5]);
    const { names } = await json<{ names: string[] }>(`/api/views/${view.id}/names?rows=0,27`);
    expect(names).toEqual(["item-0", "item-27"]);
    expect(await json(`/api/views/${view.id}/find?text=ITEM-2&limit=3`)).toEqual({ rows: [2, 20, 21] });
    expect(await json(`/api/views/${view.id}/find?text=kind%2011`)).toEqual({ rows: [11, 23] });
    const labelled = await opened({ ...asked, labels: "kind" });
    expect(labelled.columns.map(({ name }) => name)).toEqual(["kind", "price", "note"]);
    expect(labelled.columns[0]).toEqual(view.columns[1]);
  });
});

describe("a folder of pictures", () => {
  test("shows them as they are, or at the size that is asked for", async () => {
    const folder = join(server.folder, "shots");
    await mkdir(folder);
    for (let i = 0; i < 12; i++) {
      const pixels = Uint8Array.from({ length: 48 }, (_, at) => 20 * i + (at % 6));
      const image = sharp(pixels, { raw: { width: 6, height: 8, channels: 1 } });
      await image.png().toFile(join(folder, `shot-${10 + i}.png`));
    }
    const codes = Array.from({ length: 12 }, (_, i) => `${i},${i % 5}`);
    await writeFile(join(server.folder, "shots.csv"), ["x,y", ...codes].join("\n"));
    const asked = { original: "shots", latent: ["shots.csv"] };
    const view = await opened(asked);
    expect(view.picture).toEqual({ height: 8, width: 6, channels: 1 });
    expect(await json(`/api/views/${view.id}/names?rows=2`)).toEqual({
      names: [expect.stringContaining("shot-12")],
    });
    const png = Buffer.from(await (await fetched(`/api/views/${view.id}/picture?row=3`)).arrayBuffer());
    const shown = await sharp(png).greyscale().raw().toBuffer();
    expect([...shown]).toEqual(Array.from({ length: 48 }, (_, at) => 60 + (at % 6)));
    const small = await opened({ ...asked, imageSize: "4x3", imageMode: "colour" });
    expect(small.picture).toEqual({ height: 4, width: 3, channels: 3 });
    expect(small.original.dims).toBe(36);
  });
});

describe("what is refused", () => {
  test.each([
    ["original", "../x.npy"],
    ["original", "/etc/passwd"],
    ["original", "out.npy"],
    ["original", "s3://bucket/x.npy"],
    ["original", "digits.npy,../../x.npy"],
    ["labels", "/etc/passwd"],
    ["labels", "out.npy"],
    ["latent", ["digits-umap.npy", "..\\x.npy"]],
  ])("%s %j leads out of the folder", async (name, value) => {
    await symlink("/etc/hostname", join(server.folder, "out.npy")).catch(() => {});
    const refused = await refusedBy("/api/views", posted({ ...request, [name]: value }));
    expect(refused).toMatchObject({ status: 400, code: "bad-value" });
    expect(refused.message).toContain("leads out of");
  });

  test("a file where the server happens to run is none of the folder", async () => {
    const refused = await refusedBy("/api/views", posted({ ...request, labels: "package.json" }));
    expect(refused).toMatchObject({ status: 404, code: "missing-file" });
    expect(JSON.stringify(refused)).not.toContain(server.folder);
    const gone = await refusedBy("/api/views", posted({ ...request, original: "package.json" }));
    expect(gone).toMatchObject({ status: 404, code: "missing-file" });
    expect(JSON.stringify(gone)).not.toContain(server.folder);
  });

  test.each([
    [{ original: "digits.npy" }],
    [{ ...request, latent: [] }],
    [{ ...request, latent: new Array(4).fill("digits-umap.npy") }],
    [{ ...request, metric: "geodesic" }],
    [{ ...request, points: "out.csv" }],
    [{ ...request, original: "" }],
  ])("a request of another shape: %j", async (asked) => {
    expect(await refusedBy("/api/views", posted(asked))).toMatchObject({ status: 400, code: "bad-value" });
  });

  test("rows, latents and counts that there are none of", async () => {
    const { id, rows } = await opened();
    const bad = [
      `positions?latent=2`,
      `positions`,
      `positions?latent=-1`,
      `positions?latent=0x1`,
      `neighbors?latent=0&row=${rows}`,
      `neighbors?latent=0`,
      `neighbors?latent=0&row=1&k=0`,
      `neighbors?latent=0&row=1&k=1e9`,
      `neighbors?latent=0&row=1.5`,
      `neighbors?latent=0&row=NaN`,
      `distances?row=${rows}`,
      `pairs?latent=0&count=999999999`,
      `pairs?latent=0&count=10&seed=-1`,
      `picture?row=-1`,
      `names`,
      `names?rows=1,,2`,
      `names?rows=${rows}`,
      `names?rows=${"1,".repeat(2000)}1`,
      `find`,
      `find?text=${"x".repeat(300)}`,
      `find?text=1&limit=100000`,
      `ellipses?latent=9`,
      `columns/nothing`,
      `columns/__proto__`,
      `columns/..%2f..%2fetc%2fpasswd`,
    ];
    for (const path of bad) {
      expect([path, (await refusedBy(`/api/views/${id}/${path}`)).status]).toEqual([path, 400]);
    }
    const selections = [
      { latent: 0 },
      { latent: 0, rows: [] },
      { latent: 0, rows: [rows] },
      { latent: 2, rows: [1] },
      { latent: 0, rows: [1.5] },
      { latent: 0, rows: [1], mask: "AA==" },
      { latent: 0, mask: "AA==" },
      { latent: 0, mask: Buffer.alloc(Math.ceil(rows / 8)).toString("base64") },
    ];
    for (const selection of selections) {
      const { status } = await refusedBy(`/api/views/${id}/selection`, posted(selection));
      expect([selection, status]).toEqual([selection, 400]);
    }
    expect((await refusedBy("/api/views/none/names?rows=1")).status).toBe(404);
    expect((await raw(server, `/api/views/${id}/selection`, { method: "POST", body: "{}" })).status).toBe(
      400,
    );
    expect(server.told).toEqual([]);
  });
});

describe("views in memory", () => {
  const asked = { original: "digits.npy", latent: ["digits-umap.npy"] };
  const never = () => new AbortController().signal;

  test("are read once, and the ones used last stay", async () => {
    const views = openViews({ folder: server.folder, bytes: 1_700_000 });
    const [first, same] = await Promise.all([views.open(asked, never()), views.open(asked, never())]);
    expect(same).toBe(first);
    const second = await views.open({ ...asked, latent: ["digits-pca.npy"] }, never());
    await views.use(first.id, async (view) => expect(view).toBe(first));
    const third = await views.open({ ...asked, metric: "cosine" }, never());
    await expect(views.use(second.id, async () => {})).rejects.toMatchObject({ code: "missing-file" });
    expect(second.signal.aborted).toBe(true);
    await views.use(first.id, async () => {});
    await views.use(third.id, async () => {});
    await views.close();
    await expect(views.use(first.id, async () => {})).rejects.toMatchObject({ code: "missing-file" });
  });

  test("are not read for somebody who has left", async () => {
    const views = openViews({ folder: server.folder });
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const plan = await planView(server.folder, asked);
    // Views are read one at a time: the other one gives time to leave.
    const ahead = views.open({ ...asked, metric: "cosine" }, never());
    const left = views.open(asked, leaving.signal);
    left.catch(() => {});
    // Until it is being read nobody can use it; from then on users wait.
    const state = () =>
      Promise.race([
        views.use(plan.id, async () => "read").catch(() => "unknown"),
        new Promise((later) => setImmediate(later, "reading")),
      ]);
    await expect.poll(state, { interval: 1, timeout: 10_000 }).toBe("reading");
    leaving.abort();
    expect((await ahead).rows).toBe(original.rows);
    await expect(left).rejects.toMatchObject({ code: "aborted" });
    const early = AbortSignal.abort();
    await expect(views.open(asked, early)).rejects.toMatchObject({ code: "aborted" });
    await expect(views.use(plan.id, async () => {})).rejects.toMatchObject({ code: "missing-file" });
    const both = [views.open(asked, staying.signal), views.open(asked, never())];
    const settled = Promise.allSettled(both);
    await new Promise((later) => setImmediate(later));
    staying.abort();
    expect((await settled)[1]).toMatchObject({ status: "fulfilled", value: { rows: original.rows } });
    await views.close();
  });

  test("do no more for a request that was broken off", async () => {
    const views = openViews({ folder: server.folder });
    const { id } = await views.open(asked, never());
    const app = new Hono().onError((error, c) => c.text((error as IsometerError).code, 400));
    viewRoutes(app, views);
    const answer = async (path: string, init: RequestInit) => {
      const sent = await app.request(`/api/views/${id}/${path}`, init);
      return sent.status === 200 ? 200 : sent.text();
    };
    const selection = posted({ latent: 0, rows: [1, 2, 3] });
    const requests = [
      ["neighbors?latent=0&row=1", {}],
      ["distances?row=1", {}],
      ["pairs?latent=0&count=100000", {}],
      ["selection", selection],
    ] as const;
    for (const [path, init] of requests) {
      expect([path, await answer(path, init)]).toEqual([path, 200]);
      const signal = AbortSignal.abort();
      expect([path, await answer(path, { ...init, signal })]).toEqual([path, "aborted"]);
    }
    await views.close();
  });

  test("stop measuring when they are dropped", async () => {
    const views = openViews({ folder: server.folder });
    const view = await views.open(asked, never());
    startDistortion(view, 0);
    await views.close();
    await expect
      .poll(() => view.latents[0]!.distortion)
      .toMatchObject({ state: "failed", error: { code: "aborted" } });
    expect(view.columns).toEqual([]);
  });

  test("find what a first selection needs as soon as a picture was fetched, once", async () => {
    const views = openViews({ folder: server.folder });
    const { latents, id } = await views.open(asked, never());
    const app = new Hono().onError((error, c) => c.text((error as IsometerError).code, 400));
    viewRoutes(app, views);
    const begun: Promise<unknown>[] = [];
    const { whole } = latents[0]!;
    Object.assign(latents[0]!, {
      whole: () => {
        begun.push(whole());
        return begun.at(-1)!;
      },
    });
    await app.request(`/api/views/${id}/positions?latent=0`);
    await expect.poll(() => begun.length, { timeout: 10_000 }).toBe(1);
    const answer = await app.request(`/api/views/${id}/selection`, posted({ latent: 0, rows: [1, 2, 3] }));
    const { recall } = (await answer.json()) as SelectionAnswer;
    expect(begun.length).toBe(2);
    expect(begun[1]).toBe(begun[0]);
    expect(await begun[0]).toMatchObject({ recall: { value: recall.whole } });
    // A failure is for whoever asks.
    Object.assign(latents[0]!, {
      whole: lazy(() => {
        begun.push(Promise.resolve());
        return Promise.reject(new IsometerError("too-few-rows", "there are none"));
      }),
    });
    await app.request(`/api/views/${id}/positions?latent=0`);
    await expect.poll(() => begun.length, { timeout: 10_000 }).toBe(3);
    const refused = await app.request(`/api/views/${id}/selection`, posted({ latent: 0, rows: [1] }));
    expect([refused.status, await refused.text()]).toEqual([400, "too-few-rows"]);
    await views.close();
  });

  test("do nothing ahead once they are put away", async () => {
    const controller = new AbortController();
    const ahead = inBackground(controller.signal, 1);
    const done: string[] = [];
    const until = (name: string) => expect.poll(() => done.at(-1)).toBe(name);
    ahead(async () => done.push("first"));
    ahead(() => Promise.reject(new Error("of no interest")));
    ahead(async () => done.push("third"));
    await until("third");
    ahead(async () => {
      controller.abort();
      done.push("last");
    });
    ahead(async () => done.push("too late"));
    await until("last");
    await new Promise((later) => setTimeout(later, 50));
    expect(done).toEqual(["first", "third", "last"]);
  });

  test("what fails is tried again", async () => {
    const views = openViews({ folder: server.folder });
    const late = { ...asked, original: "late/data.npy" };
    await expect(views.open(late, never())).rejects.toMatchObject({ code: "missing-file" });
    await mkdir(join(server.folder, "late"));
    await symlink(join(server.folder, "digits.npy"), join(server.folder, "late/data.npy"));
    expect((await views.open(late, never())).rows).toBe(original.rows);
    await views.close();
    await rm(join(server.folder, "late"), { recursive: true });
  });
});
