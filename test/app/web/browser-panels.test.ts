import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { DIGITS, hasChromium, untilDrawn, untilSaid, withBrowser } from "./browser.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
const fixture = withBrowser(async (folder) => {
  for (const name of ["digits-latent.npy", "digits-decoder.onnx"])
    await cp(join(examples, name), join(folder, name));
  const rows = Array.from({ length: 6000 }, (_, i) => [i, (i * i) % 97, (7 * i) % 31, i % 13]);
  const written = (name: string, cols: number) =>
    writeFile(join(folder, name), rows.map((row) => row.slice(0, cols).join(",")).join("\n"));
  await Promise.all([written("wide.csv", 4), written("plane.csv", 2)]);
  await mkdir(join(folder, "pictures"));
  for (let i = 0; i < 60; i++) {
    const [width, height] = i % 2 === 0 ? [6, 8] : [9, 7];
    const background = { r: (i * 37) % 256, g: (i * 101) % 256, b: (i * 11) % 256 };
    const picture = sharp({ create: { width, height, channels: 3, background } });
    await picture.png().toFile(join(folder, "pictures", `${String(i).padStart(2, "0")}.png`));
  }
  await writeFile(
    join(folder, "codes.csv"),
    rows
      .slice(0, 60)
      .map(([a, b]) => `${a},${b}`)
      .join("\n"),
  );
});

async function shown(tab: string, said: Parameters<typeof fixture.show>[0] = {}): Promise<Page> {
  const page = await fixture.show({ ...DIGITS, tab, ...said });
  await untilDrawn(page, 1797);
  return page;
}

describe.skipIf(!hasChromium)("panels in a browser", () => {
  test("Truth: distortions are measured, colour the map, and come back from a link", async () => {
    const page = await shown("truth");
    await page.getByRole("button", { name: "Measure distortion" }).click();
    await page
      .getByRole("button", { name: "trust", exact: true, pressed: true })
      .waitFor({ timeout: 60_000 });
    await page.getByRole("region", { name: "Colours: trust" }).getByText("more is better").waitFor();
    await page.getByRole("button", { name: "anisotropy" }).click();
    await untilSaid(page, "colour", "anisotropy:0");
    await page.reload();
    await page.getByRole("region", { name: "Colours: anisotropy" }).waitFor();
  });

  test("what is told is of the latent that is drawn and of the colour that is seen", async () => {
    const page = await shown("truth", { row: 12 });
    const ends = page.locator(".legend .scale > span:not(.ramp):not(.note)");
    const colourBy = async (name: string) => {
      await page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("region", { name: `Colours: ${name}` }).waitFor();
    };
    await page
      .getByRole("button", { name: "Measure distortion" })
      .or(page.getByRole("button", { name: "anisotropy" }))
      .first()
      .click();
    await page.getByRole("button", { name: "trust", exact: true }).waitFor({ timeout: 60_000 });
    await colourBy("trust");
    await expect.poll(async () => Number(await ends.last().textContent())).toBeLessThanOrEqual(1);
    await colourBy("anisotropy");
    await expect.poll(async () => Number(await ends.last().textContent())).toBeGreaterThan(1);

    const there = page.getByRole("region", { name: "In the latent" }).getByRole("listitem");
    const own = await there.allTextContents();
    await page.getByRole("combobox", { name: "Latent" }).selectOption("digits-pca");
    await expect.poll(async () => (await there.allTextContents()).length).toBe(10);
    expect(await there.allTextContents()).not.toEqual(own);
    // The colour stays, and says of which latent it is.
    await page.getByRole("region", { name: "Colours: anisotropy of digits-umap" }).waitFor();
    const colour = page.getByRole("combobox", { name: "Colour" });
    expect(await colour.inputValue()).toBe("anisotropy:0");
    await page.getByRole("tab", { name: "Export" }).click();
    await page.getByRole("button", { name: "Prepare page" }).press("Enter");
    await page.getByText(/points, .* kB/).waitFor({ timeout: 60_000 });
    await page.locator("button:focus", { hasText: "Prepare page" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: /^Save .*\.html$/ }).click();
    const text = await readFile(await (await download).path(), "utf8");
    const saved = JSON.parse(/id="saved">(.*?)<\/script>/.exec(text)![1]!);
    expect(saved.shown.colour).toBe("anisotropy of digits-umap");
    expect(saved.view.columns.map(({ name }: { name: string }) => name)).toEqual([
      "labels",
      "anisotropy of digits-umap",
    ]);
  });

  test("Truth: measuring is cancelled by keys, which stay where they are, and begun again", async () => {
    // Many rows, so that it takes its time.
    const page = await fixture.show({ original: "wide.csv", latent: "plane.csv", tab: "truth" });
    await untilDrawn(page, 6000);
    const start = page.getByRole("button", { name: "Measure distortion" });
    await start.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("progressbar", { name: /^measuring distortion/ }).waitFor();
    await page.locator("button:focus", { hasText: "Cancel" }).waitFor();
    await page.keyboard.press("Enter");
    await start.waitFor();
    await page.locator("button:focus", { hasText: "Measure distortion" }).waitFor();
    expect(await page.getByRole("progressbar").count()).toBe(0);
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.keyboard.press("Enter");
    await page
      .getByRole("button", { name: "trust", exact: true, pressed: true })
      .waitFor({ timeout: 90_000 });
  });

  test("Pairs: a brush in the Shepard plot, what is drawn too close, and their rows on the map", async () => {
    const page = await shown("pairs");
    const brush = page.getByRole("application", { name: "Choose pairs" });
    await brush.waitFor();
    await brush.scrollIntoViewIfNeeded();
    const box = (await brush.boundingBox())!;
    await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.4 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.7 * box.width, box.y + 0.8 * box.height, { steps: 4 });
    await page.mouse.up();
    await page.getByText(/^[\d,]+ pairs of [\d,]+ rows chosen/).waitFor();
    await page.getByRole("button", { name: "Far apart, drawn close" }).click();
    await page.getByText(/^200 pairs of/).waitFor();
    await page.getByRole("button", { name: "Select these rows" }).click();
    await page.getByRole("button", { name: /^Let go of \d+/ }).click();
    await page.getByRole("button", { name: "Let go", exact: true }).click();
    expect(await page.getByText("rows chosen").count()).toBe(0);
  });

  test("Scores: an audit is cancelled, another one ends with scores and a curve", async () => {
    const page = await shown("scores");
    await page.getByRole("button", { name: "Audit" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Audit" }).click();
    await page.getByRole("rowheader", { name: "trustworthiness" }).first().waitFor({ timeout: 60_000 });
    await page.getByRole("img", { name: /^Share of neighbours kept/ }).waitFor();
    expect(
      await page.getByRole("img", { name: /of the way from chance to an isometry/ }).count(),
    ).toBeGreaterThan(10);
  });

  test("Scores: pictures of a folder are audited as the view reads them; the keyboard stays where it is", async () => {
    const reading = { imageSize: "4x4", imageMode: "colour" };
    const page = await fixture.show({ original: "pictures", latent: "codes.csv", tab: "scores", ...reading });
    await untilDrawn(page, 60);
    await page.getByText("pictures: 60 rows, 48 dimensions").waitFor();
    const asked = page.waitForRequest("**/api/jobs/audit");
    await page.getByRole("button", { name: "Audit" }).press("Enter");
    expect((await asked).postDataJSON().options).toEqual(reading);
    await page.getByRole("rowheader", { name: "trustworthiness" }).first().waitFor({ timeout: 60_000 });
    await page.locator("button:focus", { hasText: "Audit again" }).waitFor();
    // A size says of rows that are none how they look, which is nothing to an audit.
    const other = await shown("scores", { latent: "digits-pca.npy", imageSize: "8x8" });
    const begun = other.waitForResponse("**/api/jobs/audit");
    await other.getByRole("button", { name: "Audit" }).press("Enter");
    expect((await begun).request().postDataJSON().options).not.toHaveProperty("imageSize");
    expect((await begun).status()).toBe(202);
  });

  test("Compare: two maps with one selection, the way between them, who moved", async () => {
    const page = await shown("compare", { row: 5 });
    await page.getByRole("button", { name: "Two maps" }).click();
    await page.getByRole("figure", { name: "Map of digits-pca" }).waitFor();
    await untilSaid(page, "maps", "2");
    await page.getByRole("button", { name: "Move to digits-pca" }).click();
    await untilSaid(page, "way", "1");
    await page.getByRole("slider", { name: /^Moves points/ }).fill("40");
    await untilSaid(page, "way", "0.4");
    const movers = page.getByRole("list", { name: /that moved most$/ });
    await movers.waitFor({ timeout: 60_000 });
    await movers.getByRole("button").first().click();
    expect(await page.getByRole("button", { name: "Select these rows" }).isEnabled()).toBe(true);
  });

  test("Morph: frames of a decoder between two rows; a frame leads to its neighbours", async () => {
    const page = await shown("morph", { latent: "digits-latent.npy", imageSize: "8x8", from: 3, until: 200 });
    await page.getByRole("combobox", { name: "Decoder" }).selectOption("digits-decoder.onnx");
    await page.getByRole("button", { name: "Show the way" }).click();
    const frames = page.getByRole("button", { name: /^Frame \d+: most like/ });
    await frames.first().waitFor({ timeout: 90_000 });
    expect(await frames.count()).toBe(18);
    await page.getByRole("columnheader", { name: "Geodesic" }).waitFor();
    await frames.nth(4).click();
    await page.getByRole("region", { name: "In the data" }).getByRole("button").first().waitFor();
  });

  test("Run: a fit is seen and cancelled, what it had stays; another job ends with a report", async () => {
    const page = await shown("run");
    await page.getByRole("combobox", { name: "Job" }).selectOption("reduce");
    await page.getByText("Method", { exact: true }).click();
    await page.locator("#option-to").fill("2");
    await page.locator("#option-with").selectOption("tsne");
    await page.getByRole("button", { name: "Run reduce" }).click();
    await page.getByRole("img", { name: /points at iteration/ }).waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText(/^Stopped at iteration/).waitFor({ timeout: 60_000 });
    await page.getByRole("combobox", { name: "Job" }).selectOption("audit");
    await page.getByRole("button", { name: "Run audit" }).click();
    await page.getByRole("heading", { name: "audit is done" }).waitFor({ timeout: 60_000 });
    expect(await page.locator(".report").textContent()).toContain("trustworthiness");
  });

  test("Export: PNG, SVG and Parquet; a page that works from a file and asks nobody", async () => {
    const page = await shown("export", { row: 5 });
    const saved = async (button: string | RegExp): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: button }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/^digits-umap/);
      return download.path();
    };
    expect((await readFile(await saved("Save PNG"))).subarray(1, 4).toString()).toBe("PNG");
    expect(await readFile(await saved("Save SVG"), "utf8")).toMatch(/^(<\?xml[^>]*>\s*)?<svg /);
    expect((await readFile(await saved("Save Parquet"))).subarray(0, 4).toString()).toBe("PAR1");
    await page.getByRole("button", { name: "Prepare page" }).click();
    await page.getByRole("button", { name: /^Save .*html$/ }).waitFor({ timeout: 60_000 });
    const path = join(fixture.server().folder, "saved.html");
    await cp(await saved(/^Save .*html$/), path);
    const { page: alone } = await fixture.open(pathToFileURL(path).href);
    await untilDrawn(alone, 1797);
    await alone.getByRole("figure", { name: "Map of digits-umap" }).waitFor();
  });
});
