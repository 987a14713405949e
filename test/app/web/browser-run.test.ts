import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DIGITS, hasChromium, withBrowser } from "./browser.ts";

const fixture = withBrowser();

describe.skipIf(!hasChromium)("Run in a browser", () => {
  test("a training is seen while it learns; stopped, its best model is kept and shown", async () => {
    const page = await fixture.show({ ...DIGITS, tab: "run" });
    await page.getByRole("combobox", { name: "Job" }).selectOption("train");
    for (const group of await page.locator("form.job summary").all()) await group.click();
    const options = { to: "2", hidden: "32", epochs: "2000", out: "learned" };
    for (const [name, value] of Object.entries(options)) await page.locator(`#option-${name}`).fill(value);
    await page.getByRole("button", { name: "Run train" }).click();
    await page.getByRole("img", { name: /^180 of 1,797 rows at epoch/ }).waitFor({ timeout: 60_000 });
    await page.getByRole("region", { name: "What train tells" }).getByText("condition").waitFor();
    // It goes on while another tab is looked at, and is found again by a page that is loaded anew.
    await page.getByRole("tab", { name: "Truth" }).click();
    await page.getByRole("tab", { name: "Run" }).click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    for (const group of await page.locator("form.job summary").all()) await group.click();
    expect(await page.locator("#option-out").inputValue()).toBe("learned");
    await page.reload();
    await page.getByRole("img", { name: /^180 of 1,797 rows at epoch/ }).waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    await page.getByText(/^stopping: the best model/).waitFor();
    await page.getByRole("button", { name: "End at once" }).waitFor();
    const stopped = page.getByText(/^Stopped: .*learned has the best model so far, of epoch \d+/);
    await stopped.waitFor({ timeout: 60_000 });
    expect(existsSync(join(fixture.server().folder, "learned/encoder.onnx"))).toBe(true);
  });
});
