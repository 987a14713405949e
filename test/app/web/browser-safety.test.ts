import { cp, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { type Address, DIGITS, hasChromium, untilDrawn, untilSaid, withBrowser } from "./browser.ts";

const TABS = ["truth", "pairs", "scores", "compare", "morph", "run", "export"] as const;
const SCRIPT = "<img src=x onerror=alert(1)>";

const fixture = withBrowser(async (folder) => {
  await cp(join(folder, "digits-umap.npy"), join(folder, `${SCRIPT}.npy`));
  const rows = Array.from({ length: 1797 }, (_, i) => i);
  const labels = ["<script>alert(1)</script>", SCRIPT, "javascript:alert(1)", "'\"`--></style>"];
  const quoted = rows.map((i) => `"${labels[i % 4]!.replaceAll('"', '""')}"`);
  await writeFile(join(folder, "scripts.csv"), `${["label", ...quoted].join("\n")}\n`);
  await writeFile(
    join(folder, "many.csv"),
    `${["label", ...rows.map((i) => `kind ${i % 300}`)].join("\n")}\n`,
  );
});

/** Breaches that block people, as axe-core finds them. */
async function breaches(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const found = await page.evaluate<{ violations: Violation[] }>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(!hasChromium)("whoever uses it", () => {
  const looks: [string, BrowserContextOptions][] = [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["390 pixels wide", { viewport: { width: 390, height: 844 }, hasTouch: true }],
  ];
  test.each(looks)("is met by no serious obstacle that axe-core knows, %s", async (_, look) => {
    // The policy keeps out scripts that are put in from outside: that holds in every other test.
    const page = await fixture.show(
      { ...DIGITS, row: 5, rows: "1,2,3,4,5,6,7,8" },
      { ...look, bypassCSP: true, reducedMotion: "reduce" },
    );
    await untilDrawn(page, 1797);
    await page.getByRole("region", { name: "In the data" }).getByRole("button").first().waitFor();
    for (const tab of TABS) {
      await page.locator(`#tab-${tab}`).click();
      if (tab === "pairs") await page.getByRole("application", { name: "Choose pairs" }).waitFor();
      if (tab === "run") await page.getByRole("button", { name: "Run reduce" }).waitFor();
      expect([tab, await breaches(page)]).toEqual([tab, []]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    }
  });

  test("would not be met by one unnoticed", async () => {
    const page = await fixture.show({}, { bypassCSP: true });
    await untilDrawn(page, 1797);
    await page.evaluate("document.body.append(document.createElement('button'))");
    expect(await breaches(page)).toEqual([expect.stringMatching(/^button-name: /)]);
  });

  test("chooses files by keys where none were named, and reads why one cannot be opened", async () => {
    const opened = await fixture.open(
      new URL("/?original=nothing.npy&latent=digits-umap.npy", fixture.server().url).href,
      { bypassCSP: true },
    );
    const { page } = opened;
    await page.getByRole("alert").getByText("there is no file nothing.npy").waitFor();
    expect(opened.faults.splice(0)).toEqual([expect.stringContaining("404")]);
    expect(await breaches(page)).toEqual([]);
    await page.getByRole("combobox", { name: "Data" }).selectOption("digits.npy");
    await page.getByRole("checkbox", { name: "digits-pca.npy" }).focus();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Open" }).focus();
    await page.keyboard.press("Enter");
    await untilDrawn(page, 1797);
    await untilSaid(page, "latent", "digits-pca.npy");
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("follows a link that asks for nonsense as far as it goes", async () => {
    const nonsense = {
      at: "seven",
      to: -1,
      maps: 9,
      way: "NaN",
      row: 5e9,
      k: 0,
      rows: "1,x,-4,5000000,2",
      seen: "0.5,0.5,0",
    };
    const page = await fixture.show({
      ...DIGITS,
      ...nonsense,
      tab: "nowhere",
      colour: "trust:9",
      layers: "?",
    });
    await untilDrawn(page, 1797);
    await page.getByRole("heading", { name: "2 rows selected" }).waitFor();
    await page.getByRole("rowheader", { name: "neighbours in both" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("without WebGL2 gets a plain canvas, and is told", async () => {
    const page = await fixture.show({ ...DIGITS, painter: "canvas" });
    await untilDrawn(page, 1797);
    await page.getByText("without WebGL2").waitFor();
  });
});

describe.skipIf(!hasChromium)("the policy", () => {
  const views: [string, Address][] = [
    ...TABS.map((tab): [string, Address] => [
      tab,
      { ...DIGITS, tab, row: 5, layers: "ellipses+contours+labels" },
    ]),
    ["what is suggested", { original: "" }],
  ];
  test.each(views)("keeps to itself on %s: no breach, no error, no other host", async (tab, said) => {
    // Whatever is noted fails the test: see openPage.
    const page = await fixture.show(said);
    if (tab !== "what is suggested") await untilDrawn(page, 1797);
    await page.waitForLoadState("networkidle");
  });

  test.each(TABS)("names and labels that are scripts stay text on %s", async (tab) => {
    const page = await fixture.show({
      original: "digits.npy",
      latent: [`${SCRIPT}.npy`, "digits-pca.npy"],
      labels: "scripts.csv",
      tab,
      row: 1,
      maps: 2,
    });
    await untilDrawn(page, 1797);
    await page.getByRole("button", { name: SCRIPT, exact: true }).first().waitFor();
    await page.waitForLoadState("networkidle");
    expect(await page.locator("img[src=x], #app script").count()).toBe(0);
  });

  test("300 categories: those that fit are in the legend, all are counted", async () => {
    const page = await fixture.show({
      original: "digits.npy",
      latent: "digits-umap.npy",
      labels: "many.csv",
    });
    await untilDrawn(page, 1797);
    await page.getByRole("region", { name: "Colours:" }).getByText("and 240 more").waitFor();
  });
});
