import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { likelyLabels, likelyLatents, readable } from "../../../src/app/web/open-files.ts";
import { hasChromium, untilDrawn, untilSaid, type Watched, withBrowser } from "./browser.ts";

describe("files to open", () => {
  test("are those that hold vectors or labels", () => {
    expect(readable(["a.npy", "a.py", "b.csv", "notes.md", "train-images-idx3-ubyte.gz"])).toEqual([
      "a.npy",
      "b.csv",
      "train-images-idx3-ubyte.gz",
    ]);
  });

  test("stand as latents by what their paths share with the data; labels and the data come last", () => {
    const paths = [
      "images/mnist/t10k-images-idx3-ubyte.gz",
      "images/mnist/t10k-labels-idx1-ubyte.gz",
      "latents/fashion-mnist-t10k-umap.npy",
      "latents/mnist-t10k-umap.npy",
      "words/glove.csv",
    ];
    const [data, labels, fashion, mnist, words] = paths;
    expect(likelyLatents(paths, data!)).toEqual([mnist, fashion, words, labels, data]);
    expect(likelyLabels(["glove.csv", "other-labels.csv", ...paths], data!).slice(0, 2)).toEqual([
      labels,
      "other-labels.csv",
    ]);
    // Of no data nothing is known but what names say: the order is that of the folder otherwise.
    expect(likelyLatents(["b.npy", "a.npy", "a-umap.npy"], "")).toEqual(["a-umap.npy", "b.npy", "a.npy"]);
  });
});

const fixture = withBrowser(async (folder) => {
  const lines = Array.from(
    { length: 60 },
    (_, i) => `row ${i},${Math.sin(i)},${Math.cos(i)},${i % 2},${i % 3}`,
  );
  await writeFile(join(folder, "table.csv"), ["key,x,y,z,kind", ...lines].join("\n"));
  for (let i = 0; i < 14; i++) {
    await writeFile(
      join(folder, `other-${i}.csv`),
      ["a,b", ...lines.map((_, row) => `${row},${i}`)].join("\n"),
    );
  }
  await writeFile(
    join(folder, "table-latent.csv"),
    ["key,a,b", ...lines.map((line) => line.split(",").slice(0, 3).join(","))].join("\n"),
  );
});

/** The form, from a page that the server suggests. */
async function form(look: BrowserContextOptions = {}): Promise<Watched> {
  const opened = await fixture.open(fixture.server().url, { bypassCSP: true, ...look });
  const { page } = opened;
  await page.getByRole("link", { name: "Other files" }).click();
  await page.getByRole("button", { name: "Open" }).waitFor();
  return opened;
}

const names = (page: Page, list: string) =>
  page
    .locator(`#${list} option`)
    .evaluateAll((all) => all.map((one) => (one as unknown as { value: string }).value));

describe.skipIf(!hasChromium)("the form that opens a view", () => {
  test("suggests columns of the data, and opens with all that was said", async () => {
    const { page } = await form();
    await page.getByRole("combobox", { name: "Data" }).selectOption("table.csv");
    await expect
      .poll(() => names(page, "open-id-known"), { timeout: 30_000 })
      .toEqual(["key", "x", "y", "z", "kind"]);
    expect((await names(page, "open-labels-known")).slice(0, 5)).toContain("kind");
    await page.getByRole("searchbox").fill("latent");
    await page.getByRole("status").filter({ hasText: "1 found. None chosen." }).waitFor();
    await page.getByRole("checkbox", { name: "table-latent.csv" }).check();
    await page.getByRole("searchbox").fill("other");
    // What was chosen stays in sight.
    expect(await page.getByRole("checkbox", { name: "table-latent.csv" }).isChecked()).toBe(true);
    await page.getByLabel("Labels").fill("kind");
    await page.getByText(/^More/).click();
    await page.getByLabel("Ids").fill("key");
    await page.getByLabel("Vectors", { exact: true }).fill("x,y,z");
    await page.getByLabel("Latent vectors").fill("a,b");
    await page.getByLabel("Metric", { exact: true }).selectOption("cosine");
    await page.getByLabel("Latent metric").selectOption("manhattan");
    await page.getByRole("button", { name: "Open" }).click();
    await untilDrawn(page, 60);
    const said = {
      labels: "kind",
      id: "key",
      vector: "x,y,z",
      latentVector: "a,b",
      metric: "cosine",
      latentMetric: "manhattan",
    };
    for (const [name, value] of Object.entries(said)) await untilSaid(page, name, value);
    await untilSaid(page, "imageSize", null);
    await page.getByRole("region", { name: "Colours: kind" }).waitFor();
  });

  test("says what is wrong beside its button, and keeps what was chosen; by keys alone", async () => {
    const opened = await form();
    const { page } = opened;
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole("combobox", { name: "Data" }).focus();
    await page.keyboard.type("digits.npy");
    await press("Tab");
    await page.keyboard.type("digits pca");
    await press("Tab", "Space", "Tab");
    await page.keyboard.type("digits-labels.npy");
    await press("Tab", "Enter");
    for (let i = 0; i < 6; i++) await press("Tab");
    await page.keyboard.type("9x9");
    await press("Enter");
    const alert = page.locator("form").getByRole("alert");
    await alert.getByText("81").waitFor();
    expect(await page.getByRole("alert").count()).toBe(1);
    expect(opened.faults.splice(0)).toEqual([expect.stringContaining("400")]);
    expect(await page.getByRole("combobox", { name: "Data" }).inputValue()).toBe("digits.npy");
    expect(await page.getByRole("checkbox", { name: "digits-pca.npy" }).isChecked()).toBe(true);
    expect(await page.getByLabel("Size of pictures").inputValue()).toBe("9x9");
    await page.getByLabel("Size of pictures").fill("8x8");
    await press("Enter");
    await untilDrawn(page, 1797);
    await untilSaid(page, "imageSize", "8x8");
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("can be called off while files are read, and nothing is lost", async () => {
    const { page } = await form();
    let isLeft = false;
    await page.route("**/api/views", () => {});
    page.on("requestfailed", (request) => {
      isLeft ||= request.url().endsWith("/api/views");
    });
    await page.getByRole("combobox", { name: "Data" }).selectOption("digits.npy");
    await page.getByRole("checkbox", { name: "digits-pca.npy" }).check();
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("reading the files").waitFor();
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    await expect.poll(() => isLeft).toBe(true);
    await expect.poll(() => page.getByText("reading the files").count()).toBe(0);
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await page.getByRole("checkbox", { name: "digits-pca.npy" }).isChecked()).toBe(true);
    expect(await page.getByRole("button", { name: "Open" }).isEnabled()).toBe(true);
    // The keyboard is where it can be tried again.
    await page.locator("button:focus", { hasText: "Open" }).waitFor();
  });

  test.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["390 pixels wide", { viewport: { width: 390, height: 844 } }],
  ] as const)("is met by no serious obstacle that axe-core knows, %s", async (_, look) => {
    const { page } = await form(look);
    await page.getByText(/^More/).click();
    await page.evaluate(
      await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"),
    );
    const { violations } = await page.evaluate<{ violations: { id: string; impact: string }[] }>(
      "axe.run(document)",
    );
    expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  });
});
