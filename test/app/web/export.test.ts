import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ViewColumn } from "../../../src/app/views-contract.ts";
import { fileName, sizeText } from "../../../src/app/web/export/file-name.ts";
import { legendOf } from "../../../src/app/web/export/legend.ts";
import { escaped, shortened } from "../../../src/app/web/export/markup.ts";
import { pageOf } from "../../../src/app/web/export/page.ts";
import { hexOf, PAINTS, type Palette, paintOf } from "../../../src/app/web/export/paint.ts";
import { placesAmong, rowsToPicture, rowsToSave, taken } from "../../../src/app/web/export/rows.ts";
import { MOST_PICTURES, planSheet } from "../../../src/app/web/export/sheet-plan.ts";
import { seenOf, svgOf } from "../../../src/app/web/export/svg.ts";
import { figure } from "../../../src/app/web/map/figure.ts";
import { drawnOf, shuffled } from "../../../src/app/web/map/order.ts";
import { NOTHING } from "../../../src/app/web/map/overlay.ts";
import { answersOf } from "../../../src/app/web/standalone/answers.ts";
import { fromBase64, toBase64 } from "../../../src/app/web/standalone/base64.ts";
import type { Saved } from "../../../src/app/web/standalone/saved.ts";

const HOSTILE = `</script><script>alert(1)</script><!--"'&\u0000\u0007\uD800]]>\u2028<img src=x onerror=alert(1)>`;
const floats = (...values: number[]) => toBase64(Float32Array.from(values));

const saved: Saved = {
  isometer: "1.2.3",
  date: "2026-01-31",
  view: {
    id: "saved",
    request: { original: HOSTILE, latent: [HOSTILE] },
    rows: 3,
    original: { path: HOSTILE, dims: 64, metric: "euclidean" },
    latents: [
      {
        path: HOSTILE,
        name: HOSTILE,
        dims: 2,
        drawn: { how: "as is", variance: 1 },
        distortion: { state: "none", progress: null, rows: null, columns: [], error: null },
      },
    ],
    columns: [
      { name: "__proto__", kind: "category", categories: [HOSTILE, "b"], latent: null },
      { name: "a/b%?", kind: "number", min: 0, max: 2, latent: null },
    ],
    picture: null,
  },
  total: 9,
  positions: floats(0, 1, 2, 3, 4, 5),
  columns: [toBase64(Uint16Array.of(0, 1, 65_535)), floats(0, 1, 2)],
  names: [HOSTILE, "second", "third"],
  rows: toBase64(Int32Array.of(2, 5, 8)),
  lists: { row: 1, k: 1, original: [], latent: [] },
  distances: floats(1, 0, 1),
  ellipses: null,
  audits: [],
  pictures: null,
  shown: {
    colour: "__proto__",
    hidden: [],
    picked: 1,
    selection: null,
    brushed: null,
    nNeighbors: 1,
    layers: { ellipses: false, contours: false, labels: true },
    truth: 0,
    camera: { x: 0.5, y: 0.5, width: 1.1 },
  },
};

describe("a saved page", () => {
  const viewer = { script: "1;", scriptHash: "sha256-S", style: "a{}", styleHash: "sha256-T" };
  const page = pageOf(saved, viewer);

  test("holds names as text alone, whatever they are", () => {
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).not.toMatch(/<img|<!--/);
    expect(page).not.toContain("\u0000");
    const [, data] = /id="saved">([^<]*)</.exec(page)!;
    expect(JSON.parse(data!)).toEqual(saved);
  });

  test("lets nothing run or load but its own script and style", () => {
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    expect(policy!.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'sha256-S'",
      "style-src 'sha256-T'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page).toContain("<script>1;</script>");
    expect(page).not.toMatch(/https?:\/\//);
  });

  test("answers from what was saved, and says of the rest that it was not", async () => {
    const ask = answersOf(saved);
    const at = (rest: string) => ask(`/api/views/saved/${rest}`);
    const numbers = async (rest: string) => new Float32Array(await (await at(rest)).arrayBuffer());
    expect([...(await numbers("positions?latent=0"))]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...(await numbers(`columns/${encodeURIComponent("a/b%?")}`))]).toEqual([0, 1, 2]);
    const codes = new Uint16Array(await (await at("columns/__proto__")).arrayBuffer());
    expect([...codes]).toEqual([0, 1, 65_535]);
    expect(await (await at("names?rows=2,0")).json()).toEqual({ names: ["third", HOSTILE] });
    expect(await (await at("find?text=SECOND&limit=20")).json()).toEqual({ rows: [1] });
    expect(await (await at("neighbors?latent=0&row=1&k=1")).json()).toEqual(saved.lists);
    expect(await (await at("neighbors?latent=0&row=2&k=1")).json()).toBeNull();
    expect([...(await numbers("distances?row=1"))]).toEqual([1, 0, 1]);
    for (const rest of ["distances?row=0", "ellipses?latent=0", "columns/none", "constructor", "selection"]) {
      const answer = await at(rest);
      expect(answer.status, rest).toBe(404);
      expect(((await answer.json()) as { error: { hint: string } }).error.hint).toContain("explore");
    }
    const numbered = answersOf({ ...saved, names: null });
    expect(await (await numbered("/api/views/saved/names?rows=1")).json()).toEqual({ names: ["5"] });
  });

  test("has the script that it says: hashes are of what stands in the element", () => {
    // The build makes them; that it does is seen where Chromium runs the page.
    const hash = createHash("sha256").update(viewer.script).digest("base64");
    expect(pageOf(saved, { ...viewer, scriptHash: `sha256-${hash}` })).toContain(hash);
  });
});

describe("rows of a saved page", () => {
  const drawn = (n: number) =>
    drawnOf(
      Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(i * 7.3)),
      shuffled(n),
    );

  test("are all of few, and of many a sample with those that it needs, in order", () => {
    expect(rowsToSave(drawn(50), [1], 50)).toBeNull();
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 400 }), fc.array(fc.nat(59), { maxLength: 20 }), (n, needed) => {
        const all = drawn(n);
        const rows = rowsToSave(all, needed, 40)!;
        expect(rows).toEqual(Int32Array.from(new Set(rows)).sort());
        expect(rows.length).toBeGreaterThanOrEqual(40);
        expect(rows.length).toBeLessThanOrEqual(44);
        for (const row of needed) expect(rows).toContain(row);
        // The frame is that of all rows.
        const own = taken(
          Float32Array.from({ length: 2 * n }, (_, i) => all.places[2 * all.order[i >> 1]! + (i % 2)]!),
          rows,
          2,
        );
        const again = drawnOf(own, shuffled(rows.length));
        rows.forEach((row, i) => {
          const [a, b] = [again.order[i]!, all.order[row]!];
          expect(again.places[2 * a]).toBeCloseTo(all.places[2 * b]!, 4);
        });
      }),
      { numRuns: 30 },
    );
  });

  test("are found again by their numbers", () => {
    const at = placesAmong(Int32Array.of(2, 5, 8));
    expect([at(2), at(5), at(8), at(3)]).toEqual([0, 1, 2, -1]);
    expect(placesAmong(null)(7)).toBe(7);
    expect([...taken(Uint16Array.of(9, 8, 7, 6), Int32Array.of(1, 3))]).toEqual([8, 6]);
  });

  test("are pictured as far as there is room: those that are needed first, then a sample of those that are saved", () => {
    const order = Int32Array.of(4, 2, 0, 1, 3);
    expect(rowsToPicture(order, [3, 3, 2], (row) => row !== 0, 4)).toEqual([3, 2, 4, 1]);
    expect(rowsToPicture(order, [3], () => true, 9)).toEqual([3, 4, 2, 0, 1]);
    expect(rowsToPicture(order, [3, 2, 1], () => true, 2)).toEqual([3, 2]);
  });

  test("have their pictures in one image that browsers draw", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 1, max: 4000 }),
        fc.integer({ min: 1, max: 300_000 }),
        (h, w, rows) => {
          const { width, height, columns, count } = planSheet({ height: h, width: w }, rows);
          const lines = Math.ceil(count / columns);
          expect(count).toBeLessThanOrEqual(Math.min(rows, MOST_PICTURES));
          expect(count).toBeGreaterThan(Math.min(rows, MOST_PICTURES, 4000) / 2);
          expect(Math.max(width, height)).toBeLessThanOrEqual(56);
          expect(Math.max(columns * width, lines * height)).toBeLessThanOrEqual(16_383);
          expect(columns * width * lines * height).toBeLessThanOrEqual(4200 ** 2);
        },
      ),
    );
    expect(planSheet({ height: 8, width: 8 }, 1797)).toEqual({
      width: 8,
      height: 8,
      columns: 42,
      count: 1797,
    });
    expect(planSheet({ height: 112, width: 224 }, 10)).toMatchObject({ width: 56, height: 28 });
  });

  test("are the same bytes after base64", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
    const many = new Float32Array(100_000).map((_, i) => i);
    expect(new Float32Array(fromBase64(toBase64(many)).buffer)).toEqual(many);
    // A part of a buffer, not the whole of it.
    expect(fromBase64(toBase64(many.subarray(1, 2)))).toHaveLength(4);
  });
});

describe("a vector picture", () => {
  const palette = Object.fromEntries(
    PAINTS.map((name) => [name, { colour: "#123456", opacity: 1 }]),
  ) as unknown as Palette;
  const column: ViewColumn = { name: HOSTILE, kind: "category", categories: [HOSTILE, "b"], latent: null };
  const picture = {
    screen: { width: 400, height: 300 },
    camera: { x: 0.5, y: 0.5, width: 1 },
    points: {
      kind: "circles",
      // The second is left out by the legend, the third lies out of sight.
      places: Float32Array.of(0.5, 0.5, 0.5, 0.5, 7, 7),
      colours: Uint8Array.of(1, 2, 3, 255, 1, 2, 3, 0, 1, 2, 3, 255),
      radius: 3,
    },
    overlay: { ...NOTHING, labels: [{ text: HOSTILE, x: 0.5, y: 0.5 }] },
    title: HOSTILE,
    caption: [HOSTILE],
    legend: legendOf(column, Uint16Array.of(0, 1, 1), new Set()),
    palette,
  } as const;

  test("holds names as text alone, and only the points that are seen", () => {
    const { text, screen } = svgOf(picture);
    expect(text).not.toMatch(/<script|<img|<!--|]]>/);
    for (const control of ["\u0000", "\u0007"]) expect(text).not.toContain(control);
    expect(text).not.toMatch(/[\uD800-\uDFFF]/);
    expect(text.match(/<circle[^>]*r="3"/g)).toHaveLength(1);
    expect(text).toContain('<circle cx="200" cy="150" r="3" fill="#010203"/>');
    expect(screen.height).toBeGreaterThan(300);
    expect(seenOf(picture.points, picture.camera, picture.screen, 3)).toEqual([0]);
  });

  test("can hold its points as an image, or none", () => {
    const image = svgOf({ ...picture, points: { kind: "image", href: "data:image/png;base64,AA" } }).text;
    expect(image).toContain('<image href="data:image/png;base64,AA" width="400" height="300"/>');
    expect(svgOf({ ...picture, points: { kind: "none" } }).text).not.toMatch(/<image|r="3"/);
  });

  test("has a legend of what is shown: categories but the hidden ones, or the ends of a scale", () => {
    expect(legendOf(column, Uint16Array.of(0, 1), new Set(["b"]))).toMatchObject({
      entries: [{ text: HOSTILE }],
      more: 0,
    });
    const names = Array.from({ length: 70 }, (_, i) => `c${i}`);
    const many = legendOf({ ...column, categories: names }, Uint16Array.of(0), new Set());
    expect(many).toMatchObject({ more: 10 });
    const trust: ViewColumn = {
      name: "trust:0",
      kind: "number",
      min: 0,
      max: 1,
      latent: 0,
      better: "higher",
    };
    const scale = legendOf(trust, Float32Array.of(0, 0.5, 1, Number.NaN), new Set());
    expect(scale).toMatchObject({ kind: "scale", low: 0, high: 1, note: "more is better" });
    expect(svgOf({ ...picture, legend: scale }).text).toContain("more is better");
    expect(legendOf(null, null, new Set())).toBeNull();
  });
});

test("texts, colours, names and sizes", () => {
  expect(escaped(`<a href="x">&'`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  expect(escaped("\u0001\uD800\u{1F600}\n")).toBe("\uFFFD\uFFFD\u{1F600}\n");
  expect(shortened("\u{1F600}\u{1F600}\u{1F600}", 2)).toBe("\u{1F600}…");
  expect(paintOf("rgba(16, 32, 255, 0.5)")).toEqual({ colour: "#1020ff", opacity: 0.5 });
  expect(hexOf([0, 7, 255])).toBe("#0007ff");
  expect(fileName("latents/umap.npy", "map.html")).toBe("umap-map.html");
  expect(fileName(`../..\\"<x>:y".npy`, "map.svg")).toBe("x-y-map.svg");
  expect(fileName("...", "map.png")).toBe("latent-map.png");
  expect([0.04478, 19.44, 987.4, 999.7, 1020.4, -1234, 1e12].map(figure)).toEqual([
    ...["0.0448", "19.4", "987", "1,000", "1,020", "-1,234", "1.00e+12"],
  ]);
  expect([sizeText(12), sizeText(150_733), sizeText(2_345_678)]).toEqual(["1 kB", "151 kB", "2.3 MB"]);
});
