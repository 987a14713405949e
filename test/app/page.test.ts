import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { audit, type Job } from "../../src/jobs/index.ts";
import { auditFixture } from "../report/fixture.ts";
import { nestingErrors } from "../report/html-kit.ts";
import { testHost } from "./host.ts";

const example = (file: string) => new URL(`../../examples/${file}`, import.meta.url).pathname;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-page-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["audit", ...args], host);
  return { status, ...host.written };
}

describe("--html", () => {
  test("writes a page with figures, pictures and words beside the report", async () => {
    const original = join(folder, "<b>&x.npy");
    await copyFile(example("digits.npy"), original);
    const words = join(folder, "words.txt");
    await writeFile(words, Array.from({ length: 1797 }, (_, i) => `digit <i>${i}</i>\n`).join(""));
    const file = join(folder, "report.html");
    const json = join(folder, "report.json");
    const looks = ["--image-shape", "8x8", "--text", words, "--labels", example("digits-labels.npy")];
    const inputs = [original, example("digits-tsne.npy"), "--baseline", "none"];
    const { status, out, err } = await run(...inputs, ...looks, "--html", file, "--json", json);
    expect([status, err]).toEqual([0, `isometer: wrote ${file}\nisometer: wrote ${json}\n`]);
    expect(out).toContain("Neighbourhoods can be trusted");
    const page = await readFile(file, "utf8");
    expect(nestingErrors(page)).toEqual([]);
    expect(page.match(/<figure>/g)!.length).toBeGreaterThanOrEqual(4);
    expect(page).toContain("&lt;b&gt;&amp;x.npy");
    // Pictures and words of the named rows, and of no other.
    const images = page.match(/<img src="data:image\/png;base64,/g)!.length;
    const texts = page.match(/<blockquote>digit &lt;i&gt;\d+&lt;\/i&gt;<\/blockquote>/g)!.length;
    expect(images).toBe(texts);
    expect(images).toBeLessThanOrEqual(6 * 5);
    expect(page.length).toBeLessThan(500_000);
    // What only figures need is not in the result.
    const result = await readFile(json, "utf8");
    expect(result).not.toMatch(/"picture"|"density"/);
    expect(
      JSON.parse(result)
        .next.map(({ command }: { command: string }) => command)
        .join(),
    ).not.toMatch(/--text|--image-shape/);
  });

  test("gives the same bytes again, but for the time it took", async () => {
    const same = async () => {
      const { out } = await run(
        example("digits.npy"),
        example("digits-pca.npy"),
        "--sample",
        "300",
        "--html",
        "-",
      );
      return out.replace(/<dt>time<\/dt><dd>[^<]*/, "");
    };
    const first = await same();
    expect(first.startsWith("<!doctype html>")).toBe(true);
    expect(await same()).toBe(first);
  });

  test.each([
    ["--text", "words.txt"],
    ["--image-shape", "8x8"],
  ])("is needed for %s", async (flag, value) => {
    const { status, err } = await run(example("digits.npy"), example("digits-pca.npy"), flag, value);
    expect(status).toBe(2);
    expect(err).toContain(`${flag} is shown on a page`);
  });

  test("refuses a shape that does not fit before any work", async () => {
    const file = join(folder, "none.html");
    const shape = ["--image-shape", "28x28", "--html", file];
    const { status, err } = await run(example("digits.npy"), example("digits-pca.npy"), ...shape);
    expect([status, err]).toEqual([
      2,
      expect.stringContaining("has 784 values, a row of the original has 64"),
    ]);
  });

  test("of a run that gathered nothing is a page without figures", async () => {
    const host = testHost();
    const job = { ...audit, run: async () => ({ ...auditFixture(), gates: [] }) } as unknown as Job;
    expect(await runCommandLine(["audit", "a", "b", "--html", "-"], host, [job])).toBe(0);
    expect(host.written.out).toContain("Neighbourhoods can be trusted");
    expect(host.written.out).not.toContain("<figure>");
  });
});
