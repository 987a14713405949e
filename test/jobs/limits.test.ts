import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { limitsSchema } from "../../src/jobs/schema-limits.ts";
import type { LimitsResult } from "../../src/report/index.ts";
import { limitsNotes } from "../../src/report/limits-words.ts";
import { compressionLimits } from "../../src/spaces/limits/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-limits-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const digits = fileURLToPath(new URL("../../examples/digits.npy", import.meta.url));

/** 400 rows of 12 dimensions, of less variance each. */
const falling = matrix(
  gaussian(rng(1), 400, 12).data.map((value, at) => value / 2 ** (at % 12)),
  400,
  12,
);

beforeAll(async () => {
  await writeRows(file("falling.npy"), rowsFromMatrix(falling), {});
  await writeRows(file("even.npy"), rowsFromMatrix(gaussian(rng(2), 400, 12)), {});
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["limits", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return limitsSchema.parse(JSON.parse(out));
}

describe("isometer limits", () => {
  it("finds what the library finds", async () => {
    const found = await result(file("falling.npy"), "--dims", "4,8,12", "--bits", "32,8,2");
    const { cells, chosen, frontier } = await compressionLimits(falling, {
      dims: [4, 8, 12],
      bits: [32, 8, 2],
      threads: 1,
    });
    expect(found.cells).toEqual(JSON.parse(JSON.stringify(cells)));
    expect(found).toMatchObject({ chosen, frontier, cols: 12, originalBytes: 48, searched: 400 });
    expect(found.options).toMatchObject({ dims: [4, 8, 12], bits: [32, 8, 2], target: 0.95, holdout: null });
    const { dims, bits } = found.cells[found.chosen!.cell]!;
    expect([dims, bits]).toEqual([8, 8]);
  });

  it("says in words how few bytes are enough, and what to type next", async () => {
    const { status, out } = await run(file("falling.npy"), "--dims", "4,8,12", "--bits", "32,8,2");
    const words = out.replace(/\s+/g, " ");
    expect(status).toBe(0);
    expect(words).toMatch(
      /8 bytes a row instead of 48, 6\.0x fewer: 8 dimensions at 8 bits \((PCA|truncated)\) keep/,
    );
    expect(words).toContain("Of fewer bytes the best is");
    expect(words).toMatch(/isometer limits \S+falling\.npy --dims 5,6,7,8/);
    expect(words).toMatch(/isometer reduce \S+falling\.npy --with (pca|truncate) --to 8 --out map\.onnx/);
  });

  it("says so where nothing is enough", async () => {
    const args = [file("even.npy"), "--dims", "4,8", "--bits", "8", "--target", "0.99"];
    const { chosen, next } = await result(...args);
    expect(chosen).toBeNull();
    expect(next[0]!.command).toMatch(/--target 0\.\d+ --dims 4,8 --bits 8/);
    const { out } = await run(...args);
    expect(out.replace(/\s+/g, " ")).toContain(
      "keeps 0.99 of the 10 nearest for sure in fewer than 48 bytes",
    );
  });

  it("says so where queries are too few to show the target", async () => {
    const few = ["--rows", "0:100", "--dims", "12", "--bits", "32,8", "--n-neighbors", "3"];
    const words = (await run(file("even.npy"), ...few)).out.replace(/\s+/g, " ");
    expect(words).toContain(
      "25 queries cannot show 0.95 for sure: even if all is found the interval begins at 0.867",
    );
    expect((await run(file("even.npy"), ...few, "--target", "0.8")).out).not.toContain("cannot show");
  });

  it("says so where fresh queries and those that choose do not agree", async () => {
    const found = (await result(file("falling.npy"), "--dims", "4,8,12", "--bits", "32,8,2")) as LimitsResult;
    const { cells, chosen } = found;
    const words = (own: LimitsResult) => limitsNotes(own).join(" ");
    expect(words(found)).not.toContain("did not choose");
    const unsure = words({ ...found, chosen: { ...chosen!, confirmed: false } });
    expect(unsure).toContain(
      `The ${found.queries.reporting} queries that did not choose it are not above 0.95`,
    );
    const fewer = cells.filter(({ bytes }) => bytes < cells[chosen!.cell]!.bytes);
    const sure = { value: 0.97, interval: [0.96, 0.98] as const };
    const better = cells.map((cell) => (fewer.includes(cell) ? { ...cell, recall: sure } : cell));
    expect(words({ ...found, cells: better })).toContain("the queries that choose were less sure of it: 0.");
  });

  it("has gates on bytes and compression", async () => {
    const args = [file("falling.npy"), "--dims", "8", "--bits", "8"];
    expect((await run(...args, "--fail-over", "bytes=8", "--fail-under", "compression=6")).status).toBe(0);
    const { status, err } = await run(...args, "--fail-over", "bytes=7");
    expect(status).toBe(3);
    expect(err).toContain("bytes");
    expect(
      (await run(file("even.npy"), "--dims", "8", "--bits", "8", "--fail-over", "bytes=40")).status,
    ).toBe(3);
    expect((await run(...args, "--fail-under", "bytes=7")).status).toBe(2);
  });

  it("writes the frontier as a page", async () => {
    const html = file("limits.html");
    const args = ["--dims", "8,16,32", "--bits", "32,8,4", "--holdout", "0.1"];
    const { status, out } = await run(digits, ...args, "--html", html, "--json", "-");
    expect(status).toBe(0);
    const { cells, frontier, queries } = limitsSchema.parse(JSON.parse(out));
    expect(queries).toEqual({ choosing: 90, reporting: 90 });
    const page = readFileSync(html, "utf8");
    expect(page).toContain("Recall over bytes of a row");
    expect(page).toContain("Recall with PCA");
    for (const at of frontier) expect(page).toContain(cells[at]!.recall.value!.toFixed(3));
  });

  it("refuses what it does not understand", async () => {
    const { status, err } = await run(file("even.npy"), "--dims", "8;4");
    expect(status).toBe(2);
    expect(err).toContain("whole numbers with commas");
    expect((await run(file("even.npy"), "--bits", "3")).err).toContain("--bits must be");
    expect((await run(file("even.npy"), "--dims", "13")).err).toContain("--dims must be");
  });
});
