import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { searchSchema } from "../../src/jobs/schema-search.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-search-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const original = mapMatrix(gaussian(rng(1), 800, 10), (value, col) => value / (1 + col));
const space: Matrix = {
  data: Float32Array.from({ length: 800 * 3 }, (_, p) => original.data[Math.floor(p / 3) * 10 + (p % 3)]!),
  rows: 800,
  cols: 3,
};
const all = Array.from({ length: 800 }, (_, i) => i);

beforeAll(async () => {
  await writeRows(file("original.npy"), rowsFromMatrix(original), {});
  await writeRows(file("space.npy"), rowsFromMatrix(space), {});
  await writeRows(file("queries.npy"), rowsFromMatrix(gatherRows(space, [5, 6])), {});
  const columns = { doc: all.map((row) => `d${row}`) };
  await writeRows(file("original.parquet"), rowsFromMatrix(gatherRows(original, all)), { columns });
  const back = all.slice().reverse();
  await writeRows(file("space.parquet"), rowsFromMatrix(gatherRows(space, back)), {
    columns: { doc: back.map((row) => `d${row}`) },
  });
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["search", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return searchSchema.parse(JSON.parse(out));
}

describe("isometer search", () => {
  it("finds what an exact search finds, the row itself left out", async () => {
    const { answers, calibration } = await result(file("space.npy"), "--like", "12", "--metric", "euclidean");
    const { ids, distances } = await nearestNeighbors(gatherRows(space, [12]), space, { nNeighbors: 11 });
    expect(answers[0]!.hits.map(({ row }) => row)).toEqual(Array.from(ids).slice(1));
    expect(answers[0]!.hits.map(({ distance }) => distance)).toEqual(Array.from(distances).slice(1));
    expect(answers[0]!.hits.every(({ trust }) => trust === null)).toBe(true);
    expect(calibration).toBeNull();
  });

  it("measures cosine as 1 - cos, and takes vectors from a file", async () => {
    const { answers } = await result(file("space.npy"), "--queries", file("queries.npy"), "--k", "3");
    expect(answers.map(({ query }) => query)).toEqual(["query 0", "query 1"]);
    expect(answers.map(({ hits }) => hits[0]!.row)).toEqual([5, 6]);
    const [x, y] = [5, answers[0]!.hits[1]!.row!].map((row) => space.data.slice(3 * row, 3 * row + 3));
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
    const cosine = dot(x!, y!) / Math.sqrt(dot(x!, x!) * dot(y!, y!));
    expect(answers[0]!.hits[1]!.distance).toBeCloseTo(1 - cosine, 9);
  });

  it("says how far each hit can be trusted, and leaves out what is asked for no more", async () => {
    const args = [
      file("space.npy"),
      "--metric",
      "euclidean",
      "--original",
      file("original.npy"),
      "--like",
      "3",
      "--like",
      "77",
    ];
    const open = await result(...args);
    expect(open.calibration!.ece).toBeLessThan(0.05);
    expect(open.calibration!.brier.value!).toBeLessThan(0.9 * open.calibration!.baseBrier!);
    const strict = await result(...args, "--min-trust", "0.6");
    open.answers.forEach(({ hits }, q) => {
      const sure = hits.filter(({ trust }) => trust!.value >= 0.6);
      expect(strict.answers[q]!.hits).toEqual(sure);
      expect(strict.answers[q]!.withheld).toBe(hits.length - sure.length);
    });
    expect(strict.answers.some(({ withheld }) => withheld > 0)).toBe(true);
    const { out } = await run(...args, "--min-trust", "1");
    expect(out).toContain("no answer: 10 hits below --min-trust");
    expect(out).toContain("How such chances turned out");
  });

  it("joins by id, and names hits by it", async () => {
    const by = await result(
      file("space.parquet"),
      "--original",
      file("original.parquet"),
      "--id",
      "doc",
      "--like",
      "d12",
    );
    const order = await result(file("space.npy"), "--original", file("original.npy"), "--like", "12");
    expect(by.answers[0]!.hits.map(({ name }) => name)).toEqual(
      order.answers[0]!.hits.map(({ row }) => `d${row}`),
    );
    expect(by.answers[0]!.hits[0]!.trust!.value).toBeCloseTo(order.answers[0]!.hits[0]!.trust!.value, 9);
  });

  it.each([
    [[file("space.npy")], "nothing is sought"],
    [[file("space.npy"), "--like", "800"], "has no row 800"],
    [[file("space.npy"), "--like", "1", "--min-trust", "0.5"], "--min-trust needs --original"],
    [[file("space.npy"), "--queries", file("original.npy")], "10 numbers a row"],
  ])("says what is wrong: %o", async (args, message) => {
    const { status, err } = await run(...args);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
