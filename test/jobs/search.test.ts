import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { searchSchema } from "../../src/jobs/schema-search.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { createStore } from "../../src/stores/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";
import { nestingErrors } from "../report/html-kit.ts";

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
  await writeRows(file("original-queries.npy"), rowsFromMatrix(gatherRows(original, [5, 6])), {});
  const fields = { year: all.map(String), kind: all.map((row) => "abc"[row % 3]!) };
  const ids = all.map((row) => `d${row}`);
  await writeRows(file("fields.parquet"), rowsFromMatrix(space), { columns: { doc: ids, ...fields } });
  await writeRows(file("half.parquet"), rowsFromMatrix(gatherRows(original, all.slice(0, 400))), {
    columns: { doc: ids.slice(0, 400) },
  });
  const store = await createStore(file("store"), { dims: 3, metric: "euclidean", mapVersion: "1" });
  await store.upsert({
    ids,
    vectors: space,
    fields: all.map((row) => ({ year: row, kind: fields.kind[row]! })),
  });
  await store.close();
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

  it("--html writes a page with a reliability diagram and what was left out, without a script", async () => {
    const args = [file("space.npy"), "--metric", "euclidean", "--original", file("original.npy")];
    const sought = ["--like", "3", "--like", "77", "--min-trust", "0.6"];
    const page = file("page.html");
    expect((await run(...args, ...sought, "--html", page)).status).toBe(0);
    const text = readFileSync(page, "utf8");
    expect(nestingErrors(text)).toEqual([]);
    expect(text).not.toContain("<script");
    expect(text.match(/<figure>/g)).toHaveLength(2);
    const { answers, calibration } = await result(...args, ...sought);
    for (const { hits } of calibration!.bins.filter((bin) => bin.hits > 0))
      expect(text).toContain(`>${hits.toLocaleString("en")}</text>`);
    const open = await result(...args, "--like", "3", "--like", "77");
    open.answers.forEach(({ hits }, q) => {
      const [first] = hits.filter(({ name }) => !answers[q]!.hits.some((own) => own.name === name));
      if (first) expect(text).toContain(`${first.name} (${first.trust!.value.toFixed(2)})`);
    });
    expect(text).toContain("Left out");
    // Without an original nothing is known: hits alone.
    expect((await run(file("space.npy"), "--like", "3", "--html", file("bare.html"))).status).toBe(0);
    expect(readFileSync(file("bare.html"), "utf8")).not.toMatch(/<figure>|Left out/);
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
    ["year>=400", (row: number) => row >= 400],
    ["kind in a,b", (row: number) => row % 3 !== 2],
    ["kind!=a", (row: number) => row % 3 !== 0],
    ["year<100", (row: number) => row < 100],
  ])("looks only where %s", async (condition, holds) => {
    const args = [file("fields.parquet"), "--id", "doc", "--like", "d12", "--metric", "euclidean"];
    const { answers, rows } = await result(...args, "--where", condition, "--k", "5");
    const left = all.filter(holds);
    expect(rows).toBe(left.length);
    const near = await nearestNeighbors(gatherRows(space, [12]), gatherRows(space, left), { nNeighbors: 6 });
    const wanted = Array.from(near.ids, (at) => `d${left[at]}`).filter((name) => name !== "d12");
    expect(answers[0]!.hits.map(({ name }) => name)).toEqual(wanted.slice(0, 5));
  });

  it("puts candidates in order by the original, and says what that did", async () => {
    const args = [file("space.npy"), "--metric", "euclidean", "--original", file("original.npy")];
    const near = (points: Matrix, row: number, k: number) =>
      nearestNeighbors(gatherRows(points, [row]), points, { nNeighbors: k + 1 });
    const ids = async (points: Matrix, k: number) =>
      Array.from((await near(points, 77, k)).ids).filter((id) => id !== 77);
    const { answers, rerank, calibration } = await result(...args, "--like", "77", "--rerank", "100");
    const order = await ids(original, 799);
    const candidates = new Set(await ids(space, 100));
    const wanted = order.filter((id) => candidates.has(id)).slice(0, 10);
    const [{ hits, changed }] = answers as [(typeof answers)[0]];
    expect(hits.map(({ row }) => row)).toEqual(wanted);
    const first = await ids(space, 10);
    expect(changed).toBe(wanted.filter((id) => !first.includes(id)).length);
    expect(hits.map(({ place }) => place)).toEqual(
      await Promise.all(wanted.map(async (id) => 1 + (await ids(space, 100)).indexOf(id))),
    );
    const exact = (await near(original, 77, 799)).distances;
    expect(hits[0]!.originalDistance).toBeCloseTo(exact[1 + order.indexOf(wanted[0]!)]!, 6);
    const { before, after, gain } = rerank!.recall;
    expect(gain.value).toBeCloseTo(after.value - before.value, 12);
    expect(gain.interval[0]).toBeGreaterThan(0.1);
    expect(calibration!.ece).toBeLessThan(0.05);
    // All rows are candidates: nothing is missed.
    const all = await result(...args, "--like", "77", "--rerank", "798");
    expect(all.rerank!.recall.after.value).toBeGreaterThan(0.999);
    expect(all.answers[0]!.hits.map(({ row }) => row)).toEqual(order.slice(0, 10));
  });

  it("takes queries in both spaces", async () => {
    const args = [file("space.npy"), "--metric", "euclidean", "--original", file("original.npy"), "--rerank"];
    const both = ["--queries", file("queries.npy"), "--original-queries", file("original-queries.npy")];
    const { answers } = await result(...args, "20", ...both, "--k", "3");
    expect(answers.map(({ hits }) => hits[0])).toMatchObject([
      { row: 5, originalDistance: 0 },
      { row: 6, originalDistance: 0 },
    ]);
    const { status, err } = await run(...args, "20", "--queries", file("queries.npy"));
    expect([status, err.includes("--original-queries")]).toEqual([2, true]);
  });

  describe("a store", () => {
    const like = ["--like", "d12", "--k", "5"];

    it("gives what the same file gives, also with trust", async () => {
      const byFile = [file("space.parquet"), "--original", file("original.parquet"), "--id", "doc"];
      const table = await result(...byFile, "--metric", "euclidean", ...like);
      const args = [file("store"), "--original", file("original.parquet"), "--id", "doc", ...like];
      const store = await result(...args);
      expect(store.search).toEqual({ kind: "flat", exact: true, index: null, tuning: {}, recall: null });
      expect(store.options.metric).toBe("euclidean");
      const plain = ({ answers }: typeof store) =>
        answers[0]!.hits.map(({ name, distance, trust }) => ({ name, distance, trust }));
      expect(plain(store)).toEqual(plain(table));
      expect(store.calibration).toEqual(table.calibration);
      expect(store.answers[0]!.hits.every(({ row }) => row === null)).toBe(true);
    });

    it("filters by its fields", async () => {
      const { answers, rows } = await result(file("store"), ...like, "--where", "year<100");
      expect(rows).toBe(100);
      expect(answers[0]!.hits.every(({ name }) => Number(name.slice(1)) < 100)).toBe(true);
      const text = await result(file("store"), ...like, "--where", 'kind="a"', "--where", "year>=600");
      expect(text.answers[0]!.hits.every(({ name }) => Number(name.slice(1)) % 3 === 0)).toBe(true);
    });

    it("knows nothing of items that the original does not have", async () => {
      const args = [file("store"), "--original", file("half.parquet"), "--id", "doc", ...like];
      const { answers, warnings } = await result(...args);
      for (const { name, trust } of answers[0]!.hits)
        expect(trust === null).toBe(Number(name.slice(1)) >= 400);
      expect(warnings).toMatchObject([{ code: "rows-unmatched", count: 400 }]);
    });

    it.each([
      [["--like", "d800"], "no item d800"],
      [[...like, "--metric", "cosine"], "measures by euclidean"],
      [[...like, "--map-version", "2"], "through another map"],
      [[...like, "--tune", "nprobes=3"], "no tuning nprobes"],
      [["--queries", file("original.npy")], "10 numbers"],
      [[...like, "--tune", "nprobes"], "--tune needs NAME=VALUE"],
      [[...like, "--where", "year>9999"], "leaves no item"],
      [[...like, "--rows", "0:10"], "--rows is for files"],
      [[...like, "--original", file("original.npy")], "need the ids"],
    ])("says what is wrong: %o", async (args, message) => {
      const { status, err } = await run(file("store"), ...args);
      expect(status).toBe(2);
      expect(err.replace(/\s+/g, " ")).toContain(message);
    });
  });

  it.each([
    [[file("space.npy")], "nothing is sought"],
    [[file("space.npy"), "--like", "1", "--where", "year>1"], "has no other columns"],
    [[file("fields.parquet"), "--like", "1", "--where", "yaer>1"], "year"],
    [[file("fields.parquet"), "--like", "1", "--where", "year>b"], "holds numbers"],
    [[file("fields.parquet"), "--like", "1", "--where", "year>9999"], "leaves no row"],
    [[file("space.npy"), "--like", "1", "--rerank", "20"], "--rerank needs --original"],
    [[file("space.npy"), "--like", "1", "--map-version", "2"], "is for stores"],
    [[file("space.npy"), "--like", "800"], "has no row 800"],
    [[file("space.npy"), "--like", "1", "--min-trust", "0.5"], "--min-trust needs --original"],
    [[file("space.npy"), "--queries", file("original.npy")], "10 numbers a row"],
  ])("says what is wrong: %o", async (args, message) => {
    const { status, err } = await run(...args);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
