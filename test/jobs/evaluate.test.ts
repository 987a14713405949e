import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { readQrels, readRun, writeRows } from "../../src/data/index.ts";
import { evaluateSchema } from "../../src/jobs/schema-evaluate.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { createStore } from "../../src/stores/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const text = (name: string, lines: readonly string[]) => writeFileSync(file(name), `${lines.join("\n")}\n`);

const [N, Q] = [400, 60];
const documents = mapMatrix(gaussian(rng(1), N, 8), (value, col) => value / (1 + col));
const small: Matrix = {
  data: Float32Array.from({ length: 2 * N }, (_, p) => documents.data[8 * (p >> 1) + (p % 2)]!),
  rows: N,
  cols: 2,
};
const near = gaussian(rng(2), Q, 8);
/** Query q lies near document 5 q. */
const queries = mapMatrix(
  gatherRows(
    documents,
    Array.from({ length: Q }, (_, q) => 5 * q),
  ),
  (value, col, row) => value + 0.3 * near.data[8 * row + col]!,
);
const names = Array.from({ length: N }, (_, i) => `d${i}`);
const asked = Array.from({ length: Q }, (_, q) => `q${q}`);
const smallQueries: Matrix = {
  data: Float32Array.from({ length: 2 * Q }, (_, p) => queries.data[8 * (p >> 1) + (p % 2)]!),
  rows: Q,
  cols: 2,
};
/** Grade 2 for the document that a query is near to, 1 for those on both sides of it in the file, 0 for one more. */
const judged = asked.flatMap((query, q) => [
  [query, `d${5 * q}`, 2] as const,
  [query, `d${5 * q + 1}`, 1] as const,
  [query, `d${5 * q + 2}`, 0] as const,
]);

beforeAll(async () => {
  await writeRows(file("docs.npy"), rowsFromMatrix(documents), {});
  await writeRows(file("small.npy"), rowsFromMatrix(small), {});
  await writeRows(file("queries.npy"), rowsFromMatrix(queries), {});
  await writeRows(file("small-queries.npy"), rowsFromMatrix(smallQueries), {});
  await writeRows(file("docs.parquet"), rowsFromMatrix(documents), { columns: { doc: names } });
  await writeRows(file("queries.parquet"), rowsFromMatrix(queries), { columns: { query: asked } });
  text("docs.txt", names);
  text("queries.txt", asked);
  text(
    "qrels.trec",
    judged.map(([query, doc, grade]) => `${query} 0 ${doc} ${grade}`),
  );
  mkdirSync(file("beir/qrels"), { recursive: true });
  const rows = judged.map((own) => own.join("\t"));
  text("beir/qrels/test.tsv", ["query-id\tcorpus-id\tscore", ...rows]);
  text("plain.csv", ["query,doc,score,by", ...judged.map((own) => `${own.join(",")},me`)]);
  text("named.csv", ["by,frage,seite,note", ...judged.map((own) => `me,${own.join(",")}`)]);
  text(
    "qrels.jsonl",
    judged.map(([query, doc, score]) =>
      JSON.stringify({ "query-id": query, "corpus-id": doc, score, by: "me" }),
    ),
  );
  const { ids } = await nearestNeighbors(queries, documents, { nNeighbors: 50 });
  text(
    "exact.run",
    asked.flatMap((query, q) =>
      Array.from(
        ids.subarray(50 * q, 50 * q + 50),
        (row, p) => `${query} Q0 d${row} ${p + 1} ${100 - p} exact`,
      ),
    ),
  );
  const store = await createStore(file("store"), { dims: 8, metric: "euclidean", mapVersion: null });
  await store.upsert({ ids: names, vectors: documents });
  await store.close();
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["evaluate", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return evaluateSchema.parse(JSON.parse(out));
}

const ids = ["--ids", file("docs.txt"), "--query-ids", file("queries.txt")];
const space = [file("docs.npy"), "--queries", file("queries.npy"), ...ids, "--metric", "euclidean"];
const qrels = ["--qrels", file("qrels.trec")];

describe("isometer evaluate", () => {
  it("scores what an exact search finds", async () => {
    const { systems, worst } = await result(...space, ...qrels);
    const [{ scores, queries: told, missing, depth, exact }] = systems as [(typeof systems)[0]];
    const found = await nearestNeighbors(queries, documents, { nNeighbors: N });
    const place = (q: number, row: number) => found.ids.subarray(N * q, N * q + N).indexOf(row);
    const each = asked.map((_, q) => [place(q, 5 * q), place(q, 5 * q + 1)] as const);
    const mean = (of: (own: readonly [number, number]) => number) =>
      each.reduce((sum, own) => sum + of(own) / Q, 0);
    const gain = (at: number, grade: number) => (at < 10 ? grade / Math.log2(at + 2) : 0);
    expect(scores.ndcg.value).toBeCloseTo(
      mean(([a, b]) => (gain(a, 2) + gain(b, 1)) / (2 + 1 / Math.log2(3))),
      12,
    );
    expect(scores.recall.value).toBeCloseTo(
      mean(([a, b]) => (Number(a < 10) + Number(b < 10)) / 2),
      12,
    );
    expect(scores.mrr.value).toBeCloseTo(
      mean(([a, b]) => (Math.min(a, b) < 10 ? 1 / (1 + Math.min(a, b)) : 0)),
      12,
    );
    expect(scores.recall.null).toBeCloseTo(10 / N, 12);
    expect(scores.recall.value).toBeGreaterThan(10 * scores.recall.null);
    expect([told.scored, missing!.count, depth, exact]).toEqual([Q, 0, N, true]);
    expect(worst[0]!.scores.ndcg).toBeLessThanOrEqual(worst.at(-1)!.scores.ndcg!);
  });

  it("is chance where documents are shuffled (control)", async () => {
    const shuffled = file("shuffled.txt");
    writeFileSync(shuffled, `${[...names.slice(137), ...names.slice(0, 137)].join("\n")}\n`);
    const args = [file("docs.npy"), "--queries", file("queries.npy"), "--metric", "euclidean", ...qrels];
    const { systems } = await result(...args, "--ids", shuffled, "--query-ids", file("queries.txt"));
    const { recall } = systems[0]!.scores;
    expect(recall.interval[0]).toBeLessThanOrEqual(recall.null!);
    expect(recall.interval[1]).toBeGreaterThanOrEqual(recall.null!);
    expect(recall.value).toBeLessThan(0.1);
  });

  it.each([
    ["a folder as BEIR has it", () => file("beir")],
    ["a CSV", () => file("plain.csv")],
    ["columns that are named", () => `${file("named.csv")}:frage,seite,note`],
    ["JSON Lines", () => file("qrels.jsonl")],
  ])("reads judgements from %s", async (_, path) => {
    const trec = await result(...space, ...qrels);
    const other = await result(...space, "--qrels", path());
    expect(other.systems).toEqual(trec.systems);
    expect([trec.qrels.format, other.qrels.format]).toEqual(["trec", "table"]);
    expect(other.qrels).toMatchObject({ queries: Q, judgements: 3 * Q, documents: 3 * Q });
  });

  it("gives the same for a table with ids, a store and a run", async () => {
    const npy = await result(...space, ...qrels, "--depth", "50");
    const args = ["--query-id", "query", "--queries", file("queries.parquet"), ...qrels, "--depth", "50"];
    const table = await result(file("docs.parquet"), "--id", "doc", "--metric", "euclidean", ...args);
    const store = await result(file("store"), ...args);
    const trec = await result(file("exact.run"), ...qrels);
    const values = ({ systems: [own] }: typeof npy) => Object.values(own!.scores).map(({ value }) => value);
    expect(values(table)).toEqual(values(npy));
    expect(values(store)).toEqual(values(npy));
    expect(values(trec)).toEqual(values(npy));
    expect(store.systems[0]).toMatchObject({ kind: "flat", exact: true, documents: N, metric: "euclidean" });
    expect(store.systems[0]!.scores).toEqual(npy.systems[0]!.scores);
    expect(trec.systems[0]).toMatchObject({ kind: "run", exact: null, documents: null, missing: null });
  });

  it("takes differences query by query, from the baseline or from SPACE", async () => {
    const both = [
      file("small.npy"),
      "--queries",
      file("small-queries.npy"),
      "--queries",
      file("queries.npy"),
    ];
    const shared = [...ids, "--metric", "euclidean", ...qrels];
    const under = await result(...both, "--baseline", file("docs.npy"), ...shared);
    const [one, other] = under.systems;
    expect(other!.ahead).toBeNull();
    const { ndcg } = one!.ahead!;
    expect(ndcg.value).toBeCloseTo(one!.scores.ndcg.value - other!.scores.ndcg.value, 12);
    expect(ndcg.interval[1]).toBeLessThan(0);
    const compared = await result(...both, "--compare", file("docs.npy"), ...shared);
    expect(compared.systems[1]!.ahead!.ndcg.value).toBeCloseTo(-ndcg.value, 12);
    const { out } = await run(...both, "--baseline", file("docs.npy"), ...shared);
    expect(out.replace(/\s+/g, " ")).toContain("less than");
  });

  it("states what misses, and drops none of it silently", async () => {
    const lines = judged.map(([query, doc, grade]) => `${query} 0 ${doc} ${grade}`);
    text("odd.trec", [...lines.slice(3), lines[5]!, "q1 0 gone 1", "elsewhere 0 d1 1", "q59 0 d299 0"]);
    const { systems, warnings } = await result(...space, "--qrels", file("odd.trec"));
    const [{ missing, queries: told }] = systems as [(typeof systems)[0]];
    expect(missing).toEqual({ count: 1, first: ["gone"] });
    expect(told).toMatchObject({
      scored: Q - 1,
      unjudged: { count: 1, first: ["q0"] },
      unasked: { count: 1, first: ["elsewhere"] },
    });
    expect(warnings.map(({ code, count }) => [code, count])).toEqual([
      ["pairs-unused", 1],
      ["rows-unmatched", 1],
      ["rows-unmatched", 1],
      ["rows-unmatched", 1],
    ]);
    const complete = await result(...space, "--qrels", file("odd.trec"), "--complete");
    expect(complete.systems[0]!.scores.map.value).toBeCloseTo(
      (systems[0]!.scores.map.value * (Q - 1)) / Q,
      12,
    );
  });

  it("orders a run as trec_eval does, and reads gzip", async () => {
    text("tied.trec", ["q 0 b 1"]);
    const lines = ["q Q0 a 1 0.5 t", "q\tQ0\tb\t2\t0.50000000001\tt", "", "q Q0 c 3 0.7 t"];
    // The two scores are one float32: the later name goes first.
    writeFileSync(file("tied.run.gz"), gzipSync(`${lines.join("\r\n")}`));
    const { systems } = await result(file("tied.run.gz"), "--qrels", file("tied.trec"));
    expect(systems[0]!.scores.mrr.value).toBe(0.5);
    const falling = new Map([["q", ["c", "b", "a"]]]);
    expect(await readRun(file("tied.run.gz"))).toEqual(falling);
  });

  it.each([
    ["short.run", ["q Q0 a 1 0.5"], "line 1 has 5 fields, not 6"],
    ["twice.run", ["q Q0 a 1 0.5 t", "q Q0 a 2 0.4 t"], "line 2 has document a again"],
    ["text.run", ["q Q0 a 1 high t"], 'has the score "high"'],
    ["grade.csv", ["query,doc,score", "q,a,good"], 'row 0 has the grade "good"'],
    ["two.trec", ["q 0 a 1", "q 0 a 2"], "judges document a for query q twice"],
    ["long.trec", ["q 0 a 1", "q 0 a 1 x"], "line 2 has 5 fields, not 4"],
    ["columns.csv", ["by,frage,seite,note", "me,q,a,1"], "no columns query, doc, score"],
  ])("refuses %s", async (name, lines, message) => {
    text(name, lines);
    const read = name.endsWith(".run") ? readRun(file(name)) : readQrels(file(name));
    await expect(read).rejects.toThrow(message);
  });

  it("leaves documents out that are their own query", async () => {
    text("own.trec", ["d3 0 d3 1", "d3 0 d7 1"]);
    const args = [file("docs.npy"), "--queries", file("docs.npy"), "--ids", file("docs.txt"), "--metric"];
    const own = [...args, "euclidean", "--query-ids", file("docs.txt"), "--qrels", file("own.trec")];
    expect((await result(...own)).systems[0]!.scores.mrr.value).toBe(1);
    expect((await result(...own, "--leave-out-own")).systems[0]!.scores.mrr.value).toBeLessThan(1);
  });

  it("--points writes a line for each query and space", async () => {
    const both = [
      file("small.npy"),
      "--queries",
      file("small-queries.npy"),
      "--queries",
      file("queries.npy"),
    ];
    const args = [...both, "--baseline", file("docs.npy"), ...ids, "--metric", "euclidean", ...qrels];
    const { systems, points } = await result(...args, "--points", file("each.csv"));
    const [head, ...lines] = readFileSync(file("each.csv"), "utf8").trim().split("\n");
    expect(head!.split(",")).toEqual(points!.columns);
    expect(lines).toHaveLength(2 * Q);
    const rows = lines.map((line) => line.split(","));
    for (const [s, { name, scores }] of systems.entries()) {
      const own = rows.slice(s * Q, s * Q + Q);
      expect(own.every(([system]) => system === name)).toBe(true);
      const mean = own.reduce((sum, row) => sum + Number(row[points!.columns.indexOf("ndcg")]) / Q, 0);
      expect(mean).toBeCloseTo(scores.ndcg.value, 12);
    }
    expect((await run(...args, "--points", file("each.csv"))).err).toContain("exists already");
    expect((await run(...args, "--points", file("each.csv"), "--force")).status).toBe(0);
  });

  it("fails where a gate does", async () => {
    expect((await run(...space, ...qrels, "--fail-under", "recall=0.01")).status).toBe(0);
    const { status, out } = await run(...space, ...qrels, "--fail-under", "ndcg=0.999");
    expect([status, out.includes("FAILED")]).toEqual([3, true]);
  });

  it.each([
    [[file("docs.npy"), "--queries", file("queries.npy")], "needs judgements"],
    [[file("docs.npy"), ...qrels], "needs --queries"],
    [[...space.slice(0, 3), ...qrels], "no query was both asked and judged"],
    [[...space, "--queries", file("queries.npy"), ...qrels], "given 2 times for 1 spaces"],
    [[file("small.npy"), ...space.slice(1), ...qrels], "8 numbers a row"],
    [[...space, "--qrels", file("none.trec")], "none.trec"],
    [[...space, "--qrels", folder], "holds no judgements"],
    [[...space, ...qrels, "--exact", "--tune", "nprobes=3"], "--exact leaves aside"],
    [[...space, ...qrels, "--force"], "--force is for --points"],
    [[file("store"), ...space.slice(1, 3), ...ids.slice(2), ...qrels, "--tune", "a=3"], "no tuning a"],
    [[...space, "--query-id", "x", ...qrels], "exclude each other"],
    [[...space.slice(0, 3), "--query-id", "x", ...qrels], "has no columns"],
    [[...space, ...qrels, "--fail-under", "nDCG=0.4"], "no score"],
  ])("says what is wrong: %o", async (args, message) => {
    const { status, err } = await run(...args);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, " ")).toContain(message);
  });
});
