import { join } from "node:path";
import fc from "fast-check";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { View, ViewColumn } from "../../../src/app/views-contract.ts";
import { coloursOf, fade } from "../../../src/app/web/map/colours.ts";
import { gridOf, within } from "../../../src/app/web/map/grid.ts";
import { NOWHERE } from "../../../src/app/web/map/order.ts";
import { RADIUS, sizedRings } from "../../../src/app/web/map/overlay.ts";
import { rng, rowsFromMatrix } from "../../../src/base/index.ts";
import { writeNpy } from "../../../src/data/index.ts";
import {
  type Address,
  DIGITS,
  hands,
  hasChromium,
  placeOf,
  untilDrawn,
  untilSaid,
  withBrowser,
} from "./browser.ts";

describe("points of a map", () => {
  test("are within a polygon by the grid exactly where they are by the even-odd rule", () => {
    const place = fc.double({ min: -0.4, max: 1.4, noNaN: true });
    const coarse = fc.integer({ min: 0, max: 8 }).map((i) => i / 8);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 200 }),
        fc.array(fc.oneof(fc.tuple(place, place), fc.tuple(coarse, coarse)), { minLength: 3, maxLength: 12 }),
        (points, corners) => {
          const places = Float32Array.from([...points.flat(), NOWHERE, NOWHERE]);
          const found = [...within(gridOf(places), corners.flat())].sort((a, b) => a - b);
          const isInside = (x: number, y: number) =>
            corners.filter(([x1, y1], i) => {
              const [x2, y2] = corners.at(i - 1)!;
              return y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1;
            }).length %
              2 ===
            1;
          expect(found).toEqual(
            Array.from({ length: places.length / 2 }, (_, i) => i).filter((i) =>
              isInside(places[2 * i]!, places[2 * i + 1]!),
            ),
          );
        },
      ),
      { numRuns: 200 },
    );
    const many = Float32Array.from({ length: 40_000 }, (_, i) => (i * 0.754877) % 1);
    const square = [0.1, 0.1, 0.9, 0.1, 0.9, 0.8, 0.1, 0.8];
    const inSquare = (i: number) =>
      many[2 * i]! > 0.1 && many[2 * i]! < 0.9 && many[2 * i + 1]! > 0.1 && many[2 * i + 1]! < 0.8;
    expect(within(gridOf(many), square).length).toBe(
      Array.from({ length: 20_000 }, (_, i) => i).filter(inSquare).length,
    );
  });

  test("grow faint in place where they are not selected, and come back; what the legend leaves out stays away", () => {
    const column: ViewColumn = { name: "kind", kind: "category", categories: ["a", "b"], latent: null };
    const rows = Int32Array.of(2, 0, 1, 3);
    const colours = coloursOf(rows, column, Uint16Array.of(0, 0, 1, 0), new Set(["b"]));
    const opacities = () => Array.from(rows, (_, i) => colours[4 * i + 3]!);
    const [, seen] = opacities();
    fade(colours, rows, Int32Array.of(1, 2));
    const [out, faint, selected] = opacities();
    expect([out, selected]).toEqual([0, seen]);
    expect(faint).toBeLessThan(seen! / 4);
    fade(colours, rows, null);
    expect(opacities()).toEqual([0, seen, seen, seen]);
  });

  test("have rings that leave each other in sight where a neighbourhood is drawn small", () => {
    const rings = [0, 1, 2].map((i) => ({ kind: "false" as const, x: i, y: 0 }));
    const all = [...rings, { kind: "picked" as const, x: 0, y: 0 }];
    const radii = (zoom: number) => sizedRings(all, zoom).map(({ radius }) => radius);
    expect(radii(100)).toEqual([RADIUS.false, RADIUS.false, RADIUS.false, RADIUS.picked]);
    expect(Math.max(...radii(1).slice(0, 3))).toBeLessThan(RADIUS.false / 2);
    expect(radii(1)[3]).toBe(RADIUS.picked);
  });
});

const fixture = withBrowser(async (folder) => {
  const [count, source] = [200_001, rng(0)];
  for (const [name, cols] of [
    ["many.npy", 3],
    ["many-latent.npy", 2],
  ] as const) {
    const data = Float32Array.from({ length: count * cols }, () => source.uniform());
    await writeNpy(join(folder, name), rowsFromMatrix({ data, rows: count, cols }));
  }
});
let positions: Float32Array;

beforeAll(async () => {
  if (!hasChromium) return;
  const { url } = fixture.server();
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(DIGITS),
  };
  const view = (await (await fetch(new URL("/api/views", url), init)).json()) as View;
  const answer = await fetch(new URL(`/api/views/${view.id}/positions?latent=0`, url));
  positions = new Float32Array(await answer.arrayBuffer());
});

async function shown(said: Address = {}): Promise<Page> {
  const page = await fixture.show({ ...DIGITS, ...said });
  await untilDrawn(page, 1797);
  return page;
}

describe.skipIf(!hasChromium)("the map in a browser", () => {
  test("shows what the server suggests, and says so in its address", async () => {
    const page = await fixture.show({});
    await untilDrawn(page, 1797);
    await untilSaid(page, "original", "digits.npy");
    await page.getByText("1,797 rows, 64 dimensions").waitFor();
    expect(await page.getByRole("figure", { name: "Map of digits-umap" }).textContent()).toContain(
      "1,797 points",
    );
    expect(await page.getByRole("region", { name: "Colours: labels" }).getByRole("button").count()).toBe(10);
  });

  test("names the row under the pointer, and selects it by a click", async () => {
    const page = await shown({ imageSize: "8x8" });
    const at = await placeOf(page, positions, "digits-umap", 1000);
    await page.mouse.move(at.x, at.y);
    const tooltip = page.locator(".tooltip");
    await tooltip.waitFor();
    expect(await tooltip.textContent()).toMatch(/^\d+labels: \d$/);
    const width = () =>
      tooltip.locator("img").evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
    await expect.poll(width).toBe(8);
    await page.mouse.click(at.x, at.y);
    await page.getByRole("region", { name: "In the data" }).getByRole("button").first().waitFor();
    expect(await page.getByRole("region", { name: "In the data" }).getByRole("button").count()).toBe(10);
    expect(await page.getByText("nearest in the data are among").textContent()).toMatch(/^\d+ of the 10 /);
  });

  test("measures what is taken by the lasso; lets it go", async () => {
    const page = await shown();
    await page.getByRole("button", { name: "Lasso" }).click();
    const box = (await hands(page, "digits-umap").boundingBox())!;
    const corners = [
      [0.6, 0.3],
      [0.95, 0.3],
      [0.95, 0.6],
      [0.6, 0.6],
    ] as const;
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.3 * box.height);
    await page.mouse.down();
    for (const [x, y] of corners)
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 });
    await page.mouse.up();
    await page.getByRole("rowheader", { name: "neighbours shown are real" }).waitFor();
    const count = Number(
      (await page.getByRole("heading", { name: "rows selected" }).textContent())!.split(" ")[0],
    );
    expect(count).toBeGreaterThan(100);
    await page.getByRole("button", { name: `Let go of ${count}` }).click();
    expect(await page.getByRole("heading", { name: "rows selected" }).count()).toBe(0);
  });

  test("asks about a selection before it colours many points, and colours them then", async () => {
    const page = await fixture.show({
      original: "many.npy",
      latent: "many-latent.npy",
    });
    await untilDrawn(page, 200_001);
    await page.evaluate(
      `window.drawnAt = []; window.answerAt = null;
       addEventListener("isometer-frame", () => drawnAt.push(performance.now()));`,
    );
    await page.route("**/selection", async (route) => {
      await page.evaluate("window.answerAt = performance.now()");
      await route.continue();
    });
    await page.getByRole("button", { name: "Lasso" }).click();
    const box = (await hands(page, "many-latent").boundingBox())!;
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.4 * box.height);
    await page.mouse.down();
    for (const [x, y] of [
      [0.6, 0.4],
      [0.6, 0.6],
      [0.4, 0.6],
    ] as const)
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 });
    await page.evaluate("drawnAt.length = 0");
    await page.mouse.up();
    await page.getByRole("rowheader", { name: "neighbours in both" }).waitFor({ timeout: 30_000 });
    await expect.poll(() => page.evaluate("drawnAt.length"), { timeout: 30_000 }).toBe(1);
    expect(await page.evaluate("answerAt < drawnAt[0]")).toBe(true);
  });

  test("leaves categories out by the legend, finds rows by label", async () => {
    const page = await shown();
    const legend = page.getByRole("region", { name: "Colours: labels" });
    await legend.getByRole("button", { name: "3" }).click();
    await untilSaid(page, "without", "3");
    await legend.getByRole("button", { name: "Show all" }).click();
    await untilSaid(page, "without", null);
    await page.getByRole("searchbox").fill("1234");
    await page.getByRole("search").getByRole("button", { name: "1234" }).waitFor();
    await page.getByRole("searchbox").press("Enter");
    await untilSaid(page, "row", "1234");
  });

  test("moves points to their true distance, shows ellipses, density and another latent", async () => {
    const page = await shown({ row: 30 });
    for (const name of ["Ellipses", "Density", "True distances"]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("button", { name, pressed: true }).waitFor();
    }
    await untilSaid(page, "truth", "1");
    await untilSaid(page, "layers", "ellipses+contours+labels");
    const said = page
      .getByRole("figure")
      .getByRole("status")
      .filter({ hasText: "Distances from the ringed" });
    expect(await said.textContent()).toMatch(/true.*Density is that of these places.*Ellipses.*left out/);
    // All of it is in sight, without a camera in the link.
    await untilSaid(page, "seen", null);
    await page.getByRole("combobox", { name: "Latent" }).selectOption("digits-pca");
    await page.getByRole("figure", { name: "Map of digits-pca" }).waitFor();
    await page.getByRole("combobox", { name: "Colour" }).selectOption("one colour");
    await untilSaid(page, "at", "1");
    await untilDrawn(page, 1797);
  });

  test("comes back from its address: camera, colour, row, selection, tab", async () => {
    const page = await shown({
      row: 77,
      rows: "1,2,3,4,5",
      without: ["3", "4"],
      k: 7,
      at: 1,
      seen: "0.4,0.6,0.5",
    });
    const check = async () => {
      await page.getByRole("heading", { name: "5 rows selected" }).waitFor();
      expect(await page.getByRole("spinbutton", { name: "Neighbours" }).inputValue()).toBe("7");
      await page.getByRole("region", { name: "In the data" }).getByRole("button").first().waitFor();
      expect(await page.getByRole("button", { name: "4", exact: true }).getAttribute("aria-pressed")).toBe(
        "false",
      );
      await untilSaid(page, "seen", "0.4000,0.6000,0.5000");
      await page.getByRole("figure", { name: "Map of digits-pca" }).waitFor();
    };
    await check();
    const before = page.url();
    await page.reload();
    await check();
    expect(page.url()).toBe(before);
  });

  test("is used by keys alone", async () => {
    const page = await shown();
    const focused = () =>
      page.evaluate<string>(
        "document.activeElement.textContent || document.activeElement.getAttribute('aria-label') || ''",
      );
    const tabTo = async (text: RegExp) => {
      for (let i = 0; i < 60 && !text.test(await focused()); i++) await page.keyboard.press("Tab");
      expect(await focused()).toMatch(text);
    };
    await tabTo(/^Skip the map/);
    await tabTo(/^digits-umap: 1,797 points/);
    for (const key of ["+", "+", "ArrowLeft", "ArrowUp"]) await page.keyboard.press(key);
    await expect.poll(() => new URL(page.url()).searchParams.get("seen")).not.toBeNull();
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "In the data" }).getByRole("button").first().waitFor();
    const first = Number(new URL(page.url()).searchParams.get("row"));
    await page.keyboard.press("n");
    await page.locator(".tooltip").waitFor();
    const name = await page.locator(".tooltip strong").textContent();
    await page.keyboard.press("Enter");
    await untilSaid(page, "row", name);
    expect(Number(name)).not.toBe(first);
    await page.keyboard.press("0");
    await untilSaid(page, "seen", null);
    await tabTo(/^Truth$/);
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("tab", { name: "Pairs" }).getAttribute("aria-selected")).toBe("true");
    await tabTo(/^Choose pairs/);
    for (const key of ["ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"]) await page.keyboard.press(key);
    await page.getByText(/pairs of [\d,]+ rows chosen/).waitFor();
  });
});
