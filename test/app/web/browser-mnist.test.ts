import { cp } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { rowsFromMatrix } from "../../../src/base/index.ts";
import { writeNpy } from "../../../src/data/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { pca, project } from "../../../src/linalg/index.ts";
import { readMatrix } from "../../matrices.ts";
import { hasSharedData, sharedData } from "../../shared-data.ts";
import { hands, hasChromium, untilDrawn, untilSaid, withBrowser } from "./browser.ts";

const [IMAGES, LABELS] = ["images-idx3", "labels-idx1"].map((part) =>
  sharedData(`images/mnist/t10k-${part}-ubyte.gz`),
);
const MNIST = { original: basename(IMAGES!), latent: ["pca-2.npy", "pca-10.npy"], labels: basename(LABELS!) };
const canRun = hasChromium && hasSharedData;

const fixture = withBrowser(async (folder) => {
  if (!canRun) return;
  for (const path of [IMAGES!, LABELS!]) await cp(path, join(folder, basename(path)));
  const images = await readMatrix(IMAGES!);
  const engine = await findEngine({ threads: 2 });
  const { mean, components } = await pca(images, 10, { engine });
  for (const dims of [2, 10]) {
    const codes = await project(
      images,
      { mean, components: components.slice(0, dims * images.cols) },
      { engine },
    );
    await writeNpy(join(folder, `pca-${dims}.npy`), rowsFromMatrix(codes));
  }
});

describe.skipIf(!canRun)("10,000 pictures of MNIST in a browser", () => {
  test("are pointed at, selected, brushed and compared, with their pictures", async () => {
    const page = await fixture.show(MNIST);
    await untilDrawn(page, 10_000);
    const box = (await hands(page, "pca-2").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const picture = page.locator(".tooltip img");
    const width = () =>
      picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
    await expect.poll(width, { timeout: 15_000 }).toBe(28);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    const list = page.getByRole("region", { name: "In the data" });
    await list.locator("img").nth(9).waitFor({ timeout: 15_000 });

    await page.getByRole("button", { name: "Lasso" }).click();
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.4 * box.height);
    await page.mouse.down();
    for (const [x, y] of [
      [0.5, 0.4],
      [0.5, 0.6],
      [0.3, 0.6],
    ] as const) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
    }
    await page.mouse.up();
    await page.getByRole("rowheader", { name: "real neighbours are shown" }).waitFor({ timeout: 30_000 });

    await page.getByRole("tab", { name: "Pairs" }).click();
    await page.getByRole("button", { name: "Near, drawn far apart" }).click({ timeout: 30_000 });
    await page.getByText(/^200 pairs of/).waitFor();

    await page.getByRole("tab", { name: "Compare" }).click();
    await page.getByRole("button", { name: "Two maps" }).click();
    await page
      .getByRole("figure", { name: "Map of pca-10" })
      .getByText(/PCA to 2 \(\d+ % of its variance\)/)
      .waitFor();
    await page.getByRole("list", { name: /that moved most$/ }).waitFor({ timeout: 60_000 });
    await untilSaid(page, "maps", "2");
  });
});
