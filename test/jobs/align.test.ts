import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, permutation, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { metadataOf } from "../../src/graph/index.ts";
import { alignSchema, alignUnpairedSchema } from "../../src/jobs/schema-align.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix, rotate } from "../matrices.ts";
import { nestingErrors } from "../report/html-kit.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-align-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** A cloud, and the same in another frame: rotated, scaled, shifted; both also as tables with ids, in other orders. */
const points = gaussian(rng(1), 300, 6);
const copy = mapMatrix(rotate(points, rng(2)), (value, col) => 3 * value + col);
beforeAll(async () => {
  const all = Array.from({ length: 300 }, (_, i) => i);
  await write("from.npy", points, all);
  await write("to.npy", copy, all);
  await write("other.npy", gaussian(rng(9), 300, 6), all);
  await write("from.parquet", points, all.slice(10));
  await write("twice.parquet", copy, [...all.slice(0, 200), 7, 7]);
  const ids = { columns: { doc: all.map((row) => `e${row}`) } };
  await writeRows(file("apart.parquet"), rowsFromMatrix(copy), ids);
  await write("to.parquet", copy, permutation(rng(3), 300));
  const shifted = mapMatrix(points, (value, col) => value + (col === 0 ? 40 : 20));
  await write("far.npy", shifted, all);
  // Columns of different shapes: nothing but the true rotation lays it upon itself.
  const random = rng(11);
  const skewed = mapMatrix(
    gaussian(random, 400, 6),
    (value, col) => (value + 0.35 * value * value) / (1 + 0.4 * col),
  );
  await write(
    "skewed.npy",
    skewed,
    Array.from({ length: 400 }, (_, i) => i),
  );
  await write(
    "skewed-turned.npy",
    rotate(skewed, rng(12)),
    Array.from({ length: 400 }, (_, i) => 399 - i),
  );
  writeFileSync(file("anchors.txt"), `${all.slice(0, 80).join("\n")}\n`);
});

async function write(name: string, m: Matrix, rows: ArrayLike<number>): Promise<void> {
  const columns = name.endsWith(".npy") ? {} : { columns: { doc: Array.from(rows, (row) => `d${row}`) } };
  await writeRows(file(name), rowsFromMatrix(gatherRows(m, rows)), columns);
}

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["align", ...args, "--threads", "1", "--metric", "euclidean"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, err } = await run(...args, "--json", file("result.json"), "--force");
  expect(status, err).toBe(0);
  return alignSchema.parse(JSON.parse(await readFile(file("result.json"), "utf8")));
}

describe("isometer align", () => {
  it("says migrate, writes the map, and the map does what it says", async () => {
    const found = await result(file("from.npy"), file("to.npy"), "--out", file("map.onnx"));
    expect([found.verdict, found.method, found.joined, found.alignable]).toEqual([
      "migrate",
      "orthogonal",
      "order",
      "globally",
    ]);
    expect(found.heldOut.recall.value).toBeGreaterThan(0.999);
    expect(found.distortion!.trustworthiness!.value).toBeGreaterThan(0.999);
    expect(found.map).toEqual({ inputs: 6, outputs: 6, path: file("map.onnx") });
    const metadata = metadataOf(await readFile(file("map.onnx")));
    expect(metadata["isometer.method"]).toBe("orthogonal");
    expect(metadata["isometer.verdict"]).toBe("migrate");
    const host = testHost();
    const args = ["apply", file("map.onnx"), file("from.npy"), "--out", file("mapped.npy"), "--force"];
    expect(await runCommandLine(args, host), host.written.err).toBe(0);
    const mapped = await readMatrix(file("mapped.npy"));
    mapped.data.forEach((value, at) => {
      expect(Math.abs(value - copy.data[at]!)).toBeLessThan(1e-4);
    });
  });

  it("joins by id, and names rows by it", async () => {
    const found = await result(file("from.parquet"), file("to.parquet"), "--id", "doc");
    expect([found.verdict, found.joined, found.rows]).toEqual(["migrate", "id", 290]);
    expect(found.worst.every(({ name }) => /^d\d+$/.test(name))).toBe(true);
    expect(found.warnings.some(({ code }) => code === "rows-unmatched")).toBe(true);
  });

  it("refuses ids that stand for several rows, and spaces without a common id", async () => {
    for (const [name, code] of [
      ["twice.parquet", "d7"],
      ["apart.parquet", "id"],
    ] as const) {
      const { status, err } = await run(file("from.parquet"), file(name), "--id", "doc");
      expect(status, err).toBe(2);
      expect(err).toContain(code);
    }
  });

  it("takes anchors that are named or counted, and methods by name", async () => {
    const named = await result(file("from.npy"), file("to.npy"), "--anchors", file("anchors.txt"));
    expect([named.anchors, named.tested]).toEqual([80, 220]);
    const counted = await result(file("from.npy"), file("to.npy"), "--anchors", "40", "--with", "ridge,cca");
    expect([counted.anchors, counted.folds]).toEqual([40, 1]);
    expect(counted.methods.map(({ method }) => method)).toEqual(["ridge", "cca"]);
  });

  it("measures the gap where it is asked to, and writes the repair", async () => {
    const found = await result(file("from.npy"), file("far.npy"), "--gap", "--gap-maps", file("repair"));
    expect(found.gap!.recommended).not.toBeNull();
    expect(found.gap!.before.gap.value).toBeGreaterThan(0.5);
    for (const path of found.gap!.maps!) expect(existsSync(path)).toBe(true);
    const { out } = await run(file("from.npy"), file("far.npy"), "--gap");
    expect(out).toContain("Modality gap");
  });

  it("prints the verdict first, and makes a page that is whole", async () => {
    const { out, status } = await run(file("from.npy"), file("other.npy"), "--html", file("page.html"));
    expect(status).toBe(0);
    expect(out).toContain("Unrelated");
    const page = await readFile(file("page.html"), "utf8");
    expect(nestingErrors(page)).toEqual([]);
    expect(page).toContain("Unrelated");
  });

  it("compares three spaces or more", async () => {
    const { out, status } = await run(file("from.npy"), file("to.npy"), file("other.npy"));
    expect(status).toBe(0);
    expect(out).toContain("3 models of 300 items");
  });

  it("seeks a map without pairs, says whether there is one, and writes the pairs", async () => {
    const host = testHost();
    const own = [file("skewed.npy"), file("skewed-turned.npy"), "--unpaired", "--threads", "1"];
    const args = [
      "align",
      ...own,
      "--json",
      "-",
      "--pairs",
      file("pairs.csv"),
      "--out",
      file("unpaired.onnx"),
      "--force",
    ];
    expect(await runCommandLine(args, host), host.written.err).toBe(0);
    const found = alignUnpairedSchema.parse(JSON.parse(host.written.out));
    expect([found.found, found.pairs.path, found.map!.path]).toEqual([
      true,
      file("pairs.csv"),
      file("unpaired.onnx"),
    ]);
    const lines = (await readFile(file("pairs.csv"), "utf8")).trim().split("\n").slice(1);
    // Row i of the first is row 399 - i of the second.
    const right = lines.filter((line) => Number(line.split(",")[0]) + Number(line.split(",")[1]) === 399);
    expect(right.length).toBeGreaterThan(0.95 * 400);
    const control = testHost();
    const unrelated = ["align", file("from.npy"), file("other.npy"), "--unpaired", "--threads", "1"];
    expect(await runCommandLine(unrelated, control)).toBe(0);
    expect(control.written.out).toContain("Not found");
  });

  it("ranks by CSLS where it is asked to, by cosine alone", async () => {
    const host = testHost();
    const args = [
      "align",
      file("from.npy"),
      file("to.npy"),
      "--search",
      "csls",
      "--threads",
      "1",
      "--json",
      "-",
    ];
    expect(await runCommandLine(args, host), host.written.err).toBe(0);
    const found = alignSchema.parse(JSON.parse(host.written.out));
    expect(found.options.search).toBe("csls");
    const { value, null: chance } = found.heldOut.recall;
    expect(value).toBeGreaterThan(chance! + 0.3);
  });

  it("refuses what it cannot do, and says what to do instead", async () => {
    const two = [file("from.npy"), file("to.npy")];
    for (const [args, words] of [
      [[...two, "--with", "orthogonl"], "orthogonal"],
      [[...two, "--anchors", "299"], "anchors"],
      [[...two, "--fail-under", "stretch=1"], "stretch"],
      [[...two, "--gap-maps", file("none")], "--gap"],
      [[...two, "--pairs", file("none.csv")], "--unpaired"],
      [[...two, "--unpaired", "--anchors", "20"], "anchors"],
      [[...two, "--search", "csls"], "csls"],
      [[...two, "--out", file("anchors.txt")], "exists"],
    ] as const) {
      const { status, err } = await run(...args);
      expect(status, err).toBe(2);
      expect(err).toContain(words);
    }
  });

  it("as a process: exit 3 for a failed gate, after the report", () => {
    const main = fileURLToPath(new URL("../../dist/app/cli/main.js", import.meta.url));
    const gate = ["--fail-under", "recall=0.9", "--anchors", "50"];
    const { status, stdout } = spawnSync(
      process.execPath,
      [main, "align", file("from.npy"), file("other.npy"), ...gate],
      {
        encoding: "utf8",
      },
    );
    expect(status).toBe(3);
    expect(stdout).toContain("Unrelated");
  });
});
