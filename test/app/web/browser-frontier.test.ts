import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommandLine } from "../../../src/app/cli/run.ts";
import { testHost } from "../host.ts";
import { DIGITS, hasChromium, untilDrawn, withBrowser } from "./browser.ts";

const fixture = withBrowser(async (folder) => {
  const [original, json] = [join(folder, "digits.npy"), join(folder, "limits.json")];
  const grid = ["--dims", "16,64", "--bits", "8,4", "--threads", "1"];
  expect(await runCommandLine(["limits", original, ...grid, "--json", json], testHost())).toBe(0);
});

test.skipIf(!hasChromium)("Scores: the limits of the original, as a picture and in numbers", async () => {
  const page = await fixture.show({ ...DIGITS, tab: "scores" });
  await untilDrawn(page, 1797);
  await page.getByRole("heading", { name: "Limits of the original" }).waitFor();
  await page.getByText(/^32 bytes a row instead of 256, 8\.0x fewer/).waitFor();
  const chart = page.getByRole("img", { name: /by bytes of a row, beside the target 0\.95$/ });
  expect(await chart.locator("circle").count()).toBeGreaterThan(2);
  await page.getByText("The frontier in numbers").click();
  await page.getByRole("rowheader", { name: "64 x 4, chosen" }).waitFor();
  expect(await page.getByRole("row", { name: /^64 x 8 / }).count()).toBe(1);

  // Another distance has other limits.
  const other = await fixture.show({ ...DIGITS, metric: "cosine", tab: "scores" });
  await untilDrawn(other, 1797);
  const limits = await other.waitForFunction(
    () => performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/limits"))?.name,
  );
  const none = await fetch((await limits.jsonValue())!);
  expect(await none.json()).toEqual({ limits: null });
  expect(await other.getByText("Limits of the original").count()).toBe(0);
});
