import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { jsonText } from "../../src/app/cli/outputs.ts";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, permutation, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { openSource, writeRows } from "../../src/data/index.ts";
import { auditFiles } from "../../src/jobs/audit-compare.ts";
import { AUDIT_DEFAULTS, type AuditValues } from "../../src/jobs/audit-options.ts";
import { auditSchema } from "../../src/jobs/schema.ts";
import { type AuditResult, auditMarkdown, auditReport } from "../../src/report/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";
import { textOf } from "../report/fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-points-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const digits = (name: string) => fileURLToPath(new URL(`../../examples/digits${name}.npy`, import.meta.url));

const stages = new Set<string>();
const ctx = {
  watch: { onProgress: ({ stage }: { stage: string }) => stages.add(stage) },
  clock: () => 0,
  version: "0",
  example: (name: string) => name,
  exists: async (path: string) => existsSync(path),
};

async function audited(original: string, latent: string, options: Partial<AuditValues>) {
  const values = { ...AUDIT_DEFAULTS, baseline: "none", achievable: "none", threads: 2, ...options } as const;
  return (await auditFiles(ctx, { original, latent: [latent] }, values)) as AuditResult;
}

async function columnOf(path: string, name: string): Promise<readonly string[]> {
  const source = await openSource(path, { vector: "trust" });
  try {
    return await source.column!(name);
  } finally {
    await source.close();
  }
}

describe("--points", () => {
  it("writes a line per row with its label, and says so", async () => {
    const path = file("all.parquet");
    const result = await audited(digits(""), digits("-tsne"), {
      rows: ":300",
      labels: digits("-labels"),
      points: path,
    });
    expect(result.points).toMatchObject({ path, rows: 300 });
    expect(result.points!.columns.slice(0, 4)).toEqual(["row", "label", "trust", "trustworthiness"]);
    expect(result.warnings.map(({ code }) => code)).not.toContain("points-sampled");
    expect(() => auditSchema.parse(JSON.parse(jsonText(result)))).not.toThrow();
    expect(jsonText(result)).not.toContain('falseNeighbors":');
    expect(textOf(auditReport(result, { width: 120 }))).toContain(`300 rows, 18 columns in ${path}`);
    expect(await columnOf(path, "row")).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
    expect((await columnOf(path, "label")).slice(0, 4)).toEqual(["0", "1", "2", "3"]);
    expect(stages).toContain("looking at points");
  });

  it("numbers rows as the file does, whatever was left out: --rows, and rows joined by id", async () => {
    const path = file("part.csv");
    await audited(digits(""), digits("-tsne"), { rows: "100:300", points: path, holdout: "150:200" });
    expect(await columnOf(path, "row")).toEqual(Array.from({ length: 200 }, (_, i) => String(100 + i)));
    const out = (await columnOf(path, "heldOut")).flatMap((mark, i) => (mark === "1" ? [100 + i] : []));
    expect([out.length, out[0], out.at(-1)]).toEqual([50, 150, 199]);

    const m = gaussian(rng(1), 90, 3);
    const write = async (name: string, rows: readonly number[]) => {
      const columns = { doc: rows.map((row) => `d${row}`) };
      await writeRows(file(name), rowsFromMatrix(gatherRows(m, rows)), { columns });
    };
    const all = Array.from({ length: 90 }, (_, i) => i);
    await write("x.parquet", all);
    await write("z.parquet", all.filter((row) => row % 3 > 0).reverse());
    await audited(file("x.parquet"), file("z.parquet"), {
      id: "doc",
      points: file("joined.csv"),
      nNeighbors: 5,
    });
    const rows = await columnOf(file("joined.csv"), "row");
    expect(rows.slice(0, 4)).toEqual(["1", "2", "4", "5"]);
    expect(await columnOf(file("joined.csv"), "id")).toEqual(rows.map((row) => `d${row}`));
  });

  it("writes the anchors of a sampled audit, with a warning; the next command does not write again", async () => {
    const options = { rows: ":400", sample: 50, points: file("some.jsonl") };
    const { points, warnings, next } = await audited(digits(""), digits("-pca"), options);
    expect(points!.rows).toBe(50);
    const told = warnings.find(({ code }) => code === "points-sampled")!.message;
    expect(told).toContain("the 50 anchors, not all 400 rows");
    expect(next.map(({ command }) => command).join()).not.toMatch(/--points|--force/);
  });

  it("leaves files alone unless told, and refuses before any work", async () => {
    const path = file("kept.csv");
    writeFileSync(path, "mine");
    const change = { points: path, rows: ":100", nNeighbors: 5 };
    await expect(audited("none.npy", "none.npy", change)).rejects.toMatchObject({ code: "file-exists" });
    await expect(audited("none.npy", "none.npy", { points: "p.xlsx" })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("no format with named columns"),
    });
    await expect(audited("none.npy", "none.npy", { force: true })).rejects.toMatchObject({
      message: expect.stringContaining("--force is for --points"),
    });
    await audited(digits(""), digits("-pca"), { ...change, force: true });
    expect((await columnOf(path, "row")).length).toBe(100);
  });

  it("on the command line never goes over an input, into a missing folder or where another text goes", async () => {
    const refused = async (...args: string[]) => {
      const host = testHost();
      const status = await runCommandLine(["audit", digits(""), digits("-pca"), ...args], host);
      expect([status, host.written.out]).toEqual([2, ""]);
      return host.written.err;
    };
    expect(await refused("--points", digits("-pca"), "--force")).toContain("would overwrite the input");
    expect(await refused("--points", file("no/p.csv"))).toContain("its folder does not exist");
    expect(await refused("--points", file("p.csv"), "--json", file("p.csv"))).toContain("both go to");
  });
});

describe("--holdout", () => {
  it("names rows by a range or a file of numbers, with the same result", async () => {
    const rows = file("rows.txt");
    writeFileSync(rows, Array.from({ length: 80 }, (_, i) => `${199 - i}\n`).join(""));
    const change = { rows: ":300" };
    const range = await audited(digits(""), digits("-pca"), { ...change, holdout: "120:200" });
    const listed = await audited(digits(""), digits("-pca"), { ...change, holdout: rows });
    expect(range.holdout).toMatchObject({ from: "120:200", rows: 80, anchors: 80 });
    expect(listed.holdout).toEqual({ ...range.holdout, from: rows });
    expect(range.options.holdout).toBe("120:200");
    expect(() => auditSchema.parse(JSON.parse(jsonText(range)))).not.toThrow();
    expect([...stages]).toEqual(
      expect.arrayContaining(["rows held out: finding neighbours", "rows seen: ranking distances"]),
    );
  });

  it("is told in words: no gap for a linear map, a gap where the map only knows what it saw", async () => {
    const whole: Matrix = await readMatrix(digits(""), 500);
    const right = mapMatrix(whole, (v) => v + 0);
    const order = permutation(rng(2), 100);
    const from = Array.from({ length: 500 }, (_, row) => (row < 400 ? row : 400 + order[row - 400]!));
    await writeRows(file("right.npy"), rowsFromMatrix(right));
    await writeRows(file("learnt.npy"), rowsFromMatrix(gatherRows(whole, from)));
    const tell = async (latent: string) => {
      const result = await audited(digits(""), latent, { rows: ":500", holdout: "400:" });
      return { text: textOf(auditReport(result, { width: 100 })), markdown: auditMarkdown(result) };
    };
    const good = await tell(file("right.npy"));
    expect(good.text).toContain("  100 rows of each against all rows; held out: 400:\n");
    expect(good.text.replace(/\s+/g, " ")).toContain(
      "Rows that the map never saw (100): trustworthiness 1.000 against 1.000",
    );
    expect(good.markdown).toContain("No score is worse beyond chance.");
    const bad = await tell(file("learnt.npy"));
    expect(bad.markdown).toMatch(
      /Rows that the map never saw \(100\): (trustworthiness|continuity) 0\.[456]\d\d against 0\.\d+ of rows/,
    );
    expect(bad.markdown).toContain(
      "Worse beyond chance: trustworthiness, continuity, neighborRecall, distanceSpearman and",
    );
    expect(bad.text).toContain("never seen  95 % interval");
  });

  it("refuses rows that are not there and groups that are too small, by the name of the flag", async () => {
    const far = file("far.txt");
    writeFileSync(far, "1\n5000\n");
    const refused = (holdout: string, message: RegExp) =>
      expect(audited(digits(""), digits("-pca"), { rows: ":300", holdout })).rejects.toMatchObject({
        message,
      });
    await refused(far, /names row 5000, the original has 1797 rows/);
    await refused(
      "290:",
      /^--holdout must leave at least 20 rows on either side, there are 10 held-out rows/,
    );
    await refused("5:2", /not a range of rows/);
    await refused(file("nothing.npy"), /there is no file/);
  });
});
