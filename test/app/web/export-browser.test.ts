import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { rowsFromMatrix } from "../../../src/base/index.ts";
import { writeNpy } from "../../../src/data/index.ts";
import { matrix, readMatrix } from "../../../src/index.ts";
import { type Served, served } from "../server/server.ts";
import { addressOf, hasChromium, openBrowser, openPage, untilDrawn, type Watched } from "./browser.ts";

const DIGITS = {
  original: "digits.npy",
  latent: ["digits-umap.npy", "digits-pca.npy"],
  labels: "digits-labels.npy",
};
const DRAWN = 1797;
/** Rows of the smaller files, which are audited. */
const FEW = 300;

/** Every word of it would run, were it taken for markup. */
const HOSTILE = `</script><script>window.hit=1</script><img src=x onerror="window.hit=1">'&]]>`;
const FILE = "<img src=x onerror=hit()>.csv";

let server: Served;
let hostile: Served;
let browser: Browser;
let folder: string;
let opened: Watched[] = [];

beforeAll(async () => {
  if (!hasChromium) return;
  folder = await mkdtemp(join(tmpdir(), "isometer-saved-"));
  const request = { original: FILE, latent: [FILE], id: "key", vector: "a,b", labels: "kind" };
  [server, hostile, browser] = await Promise.all([served(), served({ suggestion: request }), openBrowser()]);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = Array.from({ length: 40 }, (_, i) =>
    [quoted(`${i} ${HOSTILE}`), Math.sin(i), Math.cos(i), quoted(`${i % 3} ${HOSTILE}`)].join(","),
  );
  await writeFile(join(hostile.folder, FILE), ["key,a,b,kind", ...lines].join("\n"));
  for (const name of ["digits", "digits-umap"]) {
    const { data, cols } = await readMatrix(join(server.folder, `${name}.npy`));
    const few = rowsFromMatrix(matrix(data.subarray(0, FEW * cols), FEW, cols));
    await writeNpy(join(server.folder, `${name}-${FEW}.npy`), few);
  }
});
afterEach(async () => {
  const faults = opened.flatMap((one) => one.faults);
  for (const one of opened) await one.close();
  opened = [];
  expect(faults).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.close(), hostile?.close()]);
  if (folder) await rm(folder, { recursive: true });
});

async function shown(url: string, points: number): Promise<Page> {
  const watched = await openPage(browser, url);
  opened.push(watched);
  await untilDrawn(watched.page, points);
  return watched.page;
}

/** Selects the first row that a search finds. */
async function find(page: Page, text: string): Promise<void> {
  await page.getByRole("searchbox").fill(text);
  await page.getByRole("search").getByRole("button").first().waitFor();
  await page.getByRole("searchbox").press("Enter");
}

/** What a button saves. */
async function saved(page: Page, button: RegExp): Promise<string> {
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  const download = await waiting;
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

async function savedPage(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Prepare page" }).click();
  await page.getByText(/points, .* kB/).waitFor();
  return saved(page, /^Save .*\.html$/);
}

async function breaches(page: Page): Promise<readonly string[]> {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(axe);
  const found = (await page.evaluate("axe.run()")) as {
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  };
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

describe.skipIf(!hasChromium)("a map that is saved as a page", () => {
  test("opens from a file without a server, with what was known of the selected point", async () => {
    const said = { ...DIGITS, tab: "export", row: 12, colour: "labels", k: 7 };
    const page = await shown(addressOf(server.url, said), DRAWN);
    const path = await savedPage(page);
    const alone = await shown(pathToFileURL(path).href, DRAWN);
    await alone.getByRole("heading", { name: "12" }).waitFor();
    expect(await alone.getByRole("region", { name: "In the data" }).getByRole("listitem").count()).toBe(7);
    expect(await alone.getByText("All 1,797 rows").count()).toBe(1);
    // True distances of the selected point were saved; they move the others.
    await alone.getByRole("button", { name: "True distances" }).click();
    await untilDrawn(alone, DRAWN);
    // Of others nothing is known, and that is said.
    await find(alone, "100");
    await alone.getByText("Its neighbours were not saved").waitFor();
    await alone.getByRole("button", { name: "Back to 12" }).click();
    await alone.getByRole("region", { name: "In the latent" }).waitFor();
    // The legend hides and shows.
    await alone.getByRole("button", { name: "7", exact: true }).click();
    await untilDrawn(alone, DRAWN);
    expect(await breaches(alone)).toEqual([]);
  });

  test("holds pictures of rows in one image, and the scores with their curve where they were measured", async () => {
    const few = { original: `digits-${FEW}.npy`, latent: [`digits-umap-${FEW}.npy`] };
    const said = { ...few, tab: "scores", row: 12, imageSize: "8x8", k: 5 };
    const page = await shown(addressOf(server.url, said), FEW);
    await page.getByRole("button", { name: "Audit" }).click();
    await page.getByRole("img", { name: /^Share of neighbours kept/ }).waitFor({ timeout: 60_000 });
    await page.getByRole("tab", { name: "Export" }).click();
    await page.getByRole("button", { name: "Prepare page" }).click();
    await page.getByRole("progressbar", { name: "reading pictures" }).waitFor();
    await page.getByText(/points, .* kB/).waitFor({ timeout: 60_000 });
    const alone = await shown(pathToFileURL(await saved(page, /^Save .*\.html$/)).href, FEW);
    const pictures = alone.getByRole("region", { name: "In the data" }).locator("img");
    expect(await pictures.count()).toBe(5);
    expect(
      await pictures.first().evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBe(8);
    await alone.getByText("The picture of every row.").waitFor();
    // It is that of the row: the server has the same.
    const pixelsOf = (url: string) =>
      alone.evaluate<number[]>(`(async () => {
        const image = new Image();
        image.src = ${JSON.stringify(url)};
        await image.decode();
        const context = Object.assign(document.createElement("canvas"), { width: 8, height: 8 }).getContext("2d");
        context.drawImage(image, 0, 0);
        return [...context.getImageData(0, 0, 8, 8).data];
      })()`);
    const mine = (await alone.locator("#picked img").getAttribute("src"))!;
    const asked = { original: "digits.npy", latent: ["digits-pca.npy"], imageSize: "8x8" };
    const opened = await fetch(new URL("/api/views", server.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
    const { id } = (await opened.json()) as { id: string };
    const png = await (await fetch(new URL(`/api/views/${id}/picture?row=12`, server.url))).arrayBuffer();
    const theirs = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    expect(await pixelsOf(mine)).toEqual(await pixelsOf(theirs));
    await alone.getByRole("rowheader", { name: "trustworthiness" }).first().waitFor();
    await alone.getByRole("img", { name: /^Share of neighbours kept/ }).waitFor();
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 1280],
      ["dark", 390],
    ] as const) {
      await alone.emulateMedia({ colorScheme });
      await alone.setViewportSize({ width, height: 800 });
      expect([colorScheme, width, await breaches(alone)]).toEqual([colorScheme, width, []]);
      expect(await alone.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
  });

  test("shows hostile names as text, and runs nothing of them", async () => {
    const page = await shown(hostile.url, 40);
    await page.getByRole("tab", { name: "Export" }).click();
    const path = await savedPage(page);
    expect(path).toMatch(/img-src-x-onerror-hit-map\.html$/);
    const alone = await shown(pathToFileURL(path).href, 40);
    await find(alone, `3 ${HOSTILE}`);
    await alone.getByRole("heading", { name: `3 ${HOSTILE}` }).waitFor();
    await alone.getByRole("cell", { name: HOSTILE }).waitFor();
    expect(await alone.evaluate("window.hit")).toBeUndefined();
    expect(await alone.evaluate("document.querySelectorAll('img').length")).toBe(0);
    expect(await alone.title()).toContain(FILE);
  });

  test("draws without WebGL2 too; what others write into the file does not run (control)", async () => {
    const page = await shown(hostile.url, 40);
    await page.getByRole("tab", { name: "Export" }).click();
    const path = await savedPage(page);
    const plain = await shown(`${pathToFileURL(path).href}?painter=canvas`, 40);
    await plain.getByText("without WebGL2").waitFor();
    const other = (await readFile(path, "utf8")).replace(
      "<noscript>",
      "<script>window.hit=1</script><noscript>",
    );
    await writeFile(`${path}.html`, other);
    const meddled = await openPage(browser, pathToFileURL(`${path}.html`).href);
    await untilDrawn(meddled.page, 40);
    expect(await meddled.page.evaluate("window.hit")).toBeUndefined();
    expect(meddled.faults.join()).toContain("script-src");
    await meddled.close();
  });

  test("is prepared anew when the map looks otherwise, and can be stopped", async () => {
    const page = await shown(addressOf(server.url, { ...DIGITS, tab: "export" }), DRAWN);
    await page.getByRole("button", { name: "Prepare page" }).click();
    await page.getByText(/points, .* kB/).waitFor();
    await page.getByRole("button", { name: "Density" }).click();
    await expect.poll(() => page.getByText(/points, .* kB/).count()).toBe(0);
    // Names that never come.
    await page.route("**/names?*", () => {});
    await page.getByRole("button", { name: "Prepare page" }).click();
    await page.getByRole("progressbar", { name: "reading names" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Prepare page" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});

describe.skipIf(!hasChromium)("a map that is saved as a picture, or a table", () => {
  test("is SVG that others read, PNG of twice as many pixels, and Parquet", async () => {
    const said = { ...DIGITS, tab: "export", row: 3, colour: "labels", layers: "labels contours ellipses" };
    const page = await shown(addressOf(server.url, said), DRAWN);
    const canvas = (await page.locator("figure.map canvas").first().boundingBox())!;
    const svg = await saved(page, /Save SVG/);
    const text = await readFile(svg, "utf8");
    expect(text.match(/<circle[^>]*fill-opacity/g)).toHaveLength(DRAWN);
    expect(text).toContain("digits-umap.npy");
    const drawing = await openPage(browser, pathToFileURL(svg).href);
    opened.push(drawing);
    expect(await drawing.page.evaluate("document.documentElement.nodeName")).toBe("svg");
    expect(await drawing.page.evaluate("document.getElementsByTagName('parsererror').length")).toBe(0);
    await page.getByLabel("Paper").selectOption("dark");
    const png = sharp(await saved(page, /Save PNG/));
    const { width, height } = await png.metadata();
    expect(width).toBe(Math.round(2 * canvas.width));
    expect(height).toBeGreaterThan(2 * canvas.height);
    const { channels } = await png.stats();
    expect(channels.slice(0, 3).every(({ mean }) => mean < 80)).toBe(true);
    // Points are in it, not only paper.
    expect(channels[0]!.stdev).toBeGreaterThan(5);
    const parquet = await readFile(await saved(page, /Save Parquet/));
    expect(parquet.subarray(0, 4).toString()).toBe("PAR1");
  });

  test("holds hostile names as text", async () => {
    const page = await shown(hostile.url, 40);
    await page.getByRole("tab", { name: "Export" }).click();
    const svg = await saved(page, /Save SVG/);
    const drawing = await openPage(browser, pathToFileURL(svg).href);
    opened.push(drawing);
    expect(await drawing.page.evaluate("document.documentElement.nodeName")).toBe("svg");
    expect(await drawing.page.evaluate("document.querySelectorAll('script, img').length")).toBe(0);
    expect(await drawing.page.evaluate("document.documentElement.textContent")).toContain("window.hit=1");
    await saved(page, /Save PNG/);
  });
});

describe.skipIf(!hasChromium)("a fit that is watched", () => {
  test("moves while it runs, and stays where it was stopped, also when the tab was left", async () => {
    const page = await shown(addressOf(server.url, { ...DIGITS, tab: "run", colour: "labels" }), DRAWN);
    await page.getByText("Method", { exact: true }).click();
    await page.locator("#option-with").selectOption("umap");
    await page.locator("#option-steps").fill("100000");
    await page.getByRole("button", { name: "Run reduce" }).click();
    const picture = page.getByRole("img", { name: /points at iteration/ });
    await picture.waitFor({ timeout: 60_000 });
    const first = await picture.getAttribute("aria-label");
    await expect.poll(() => picture.getAttribute("aria-label")).not.toBe(first);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/Stopped at iteration/).waitFor();
    const stopped = await picture.getAttribute("aria-label");
    const pixels = await picture.screenshot();
    expect((await sharp(pixels).stats()).channels[0]!.stdev).toBeGreaterThan(3);
    await page.getByRole("tab", { name: "Truth" }).click();
    await page.getByRole("tab", { name: "Run" }).click();
    await expect.poll(() => picture.getAttribute("aria-label")).toBe(stopped);
  });
});
