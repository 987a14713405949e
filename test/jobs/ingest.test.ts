import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { gatherRows, type Matrix, rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { constant, input, node, toOnnx } from "../../src/graph/index.ts";
import { ingestRows } from "../../src/jobs/ingest-rows.ts";
import { ingestSchema } from "../../src/jobs/schema-ingest.ts";
import { openStore, type Store } from "../../src/stores/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-ingest-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const CLI = fileURLToPath(new URL("../../dist/app/cli/main.js", import.meta.url));

const ROWS = 700;
const vectors = gaussian(rng(1), ROWS, 8);
const docs = Array.from({ length: ROWS }, (_, row) => `d${row}`);

async function writeTable(name: string, matrix: Matrix, ids: readonly string[] = docs) {
  const at = Array.from({ length: matrix.rows }, (_, row) => row);
  await writeRows(file(name), rowsFromMatrix(matrix), {
    columns: { doc: ids, year: at.map((row) => 1900 + row), zip: at.map((row) => `0${row}`) },
  });
}

function writeModel(name: string, weight: number) {
  const weights = constant(new Float32Array(16).fill(weight), [8, 2]);
  const codes = node("MatMul", [input("x", ["n", 8]), weights]);
  writeFileSync(file(name), toOnnx({ outputs: { codes } }));
}

beforeAll(async () => {
  await writeTable("all.parquet", vectors);
  await writeRows(file("all.npy"), rowsFromMatrix(vectors), {});
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["ingest", ...args], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return ingestSchema.parse(JSON.parse(out));
}

async function withStore<T>(name: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(file(name), { readOnly: true });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const FLAGS = ["--id", "doc", "--fields", "year,zip"];

describe("isometer ingest", () => {
  it("makes a store, writes rows with ids and fields, and leaves alone what is there", async () => {
    const args = [file("all.parquet"), "--store", file("made"), ...FLAGS, "--batch-rows", "100"];
    const first = await result(...args);
    expect(first.rows).toEqual({ given: ROWS, added: ROWS, replaced: 0, there: 0, inAll: ROWS });
    expect(first.store).toMatchObject({ kind: "flat", created: true, metric: "cosine", index: null });
    const { ids, vectors: kept, fields } = await withStore("made", (store) => store.get(docs));
    expect([ids, kept.data]).toEqual([docs, Float32Array.from(vectors.data)]);
    expect(fields[7]).toEqual({ year: 1907, zip: "07" });
    await withStore("made", async (store) => expect(await store.count({ year: { lt: 1910 } })).toBe(10));
    const again = await result(...args);
    expect(again.rows).toEqual({ given: ROWS, added: 0, replaced: 0, there: ROWS, inAll: ROWS });
    expect(again.store.created).toBe(false);
  });

  it("calls rows by their numbers in the file where they have no ids", async () => {
    const args = ["--store", file("numbers"), "--metric", "euclidean"];
    await result(file("all.npy"), ...args, "--rows", "10:30");
    const { ids, vectors: kept } = await withStore("numbers", (store) => store.get(["10", "29", "9"]));
    expect(ids).toEqual(["10", "29"]);
    expect(kept.data.slice(8)).toEqual(gatherRows(vectors, [29]).data);
    const { rows } = await result(file("all.npy"), ...args);
    expect(rows).toEqual({ given: ROWS, added: ROWS - 20, replaced: 0, there: 20, inAll: ROWS });
  });

  it("replaces what differs only when it is told to, and names it otherwise", async () => {
    const args = ["--store", file("replaced"), ...FLAGS];
    await result(file("all.parquet"), ...args);
    await writeTable(
      "changed.parquet",
      mapMatrix(vectors, (value, _, row) => (row === 650 ? -value : value)),
    );
    const refused = await run(file("changed.parquet"), ...args, "--batch-rows", "100");
    expect(refused).toMatchObject({
      status: 2,
      err: expect.stringMatching(
        /another item under the id "d650" .*row 650[\s\S]*--replace.* 600 of 700 rows/,
      ),
    });
    await withStore("replaced", async (store) =>
      expect((await store.get(["d650"])).vectors.data).toEqual(gatherRows(vectors, [650]).data),
    );
    const { rows } = await result(file("changed.parquet"), ...args, "--replace");
    expect(rows).toEqual({ given: ROWS, added: 0, replaced: 1, there: ROWS - 1, inAll: ROWS });
    const fields = await run(file("changed.parquet"), "--store", file("replaced"), "--id", "doc");
    expect(fields).toMatchObject({ status: 2, err: expect.stringContaining('under the id "d0"') });
  });

  it("takes unit rows of a store that keeps those for the same, and others not", async () => {
    const lengths = (row: number) => Math.hypot(...vectors.data.subarray(8 * row, 8 * row + 8));
    const unit = mapMatrix(vectors, (value, _, row) => value / lengths(row));
    const there = { ids: docs, vectors: unit, fields: docs.map(() => ({})) };
    const written: string[] = [];
    const store = {
      unitRows: true,
      schema: { dims: 8, metric: "cosine", mapVersion: null },
      count: async () => ROWS,
      get: async () => there,
      upsert: async ({ ids }: { ids: readonly string[] }) => void written.push(...ids),
    } as unknown as Store;
    const rows = (matrix: Matrix) => ({
      rows: rowsFromMatrix(matrix),
      name: "rows",
      ids: docs,
      fields: null,
      numberOf: (row: number) => row,
    });
    const how = { batchRows: ROWS, replace: true };
    expect(await ingestRows(store, rows(vectors), how)).toEqual({ added: 0, replaced: 0, there: ROWS });
    const turned = mapMatrix(vectors, (value, col, row) => (row === 3 && col === 0 ? value + 1e-4 : value));
    expect(await ingestRows(store, rows(turned), how)).toEqual({ added: 0, replaced: 1, there: ROWS - 1 });
    expect(written).toEqual(["d3"]);
  });

  it("refuses what does not belong into the store, with the next step", async () => {
    writeModel("a.onnx", 1);
    writeModel("b.onnx", 2);
    const store = ["--store", file("mapped")];
    const { store: made } = await result(file("all.npy"), ...store, "--map", file("a.onnx"));
    expect(made.mapVersion).toMatch(/^sha256:[0-9a-f]{32}$/);
    expect((await result(file("all.npy"), ...store, "--map", file("a.onnx"))).rows.there).toBe(ROWS);
    await writeRows(file("narrow.npy"), rowsFromMatrix(gaussian(rng(2), 5, 7)), {});
    const cases: [string[], RegExp][] = [
      [[file("all.npy"), "--map", file("b.onnx")], /through the map sha256:.*\n.*--map-version sha256:/],
      [[file("all.npy")], /these through one that is not named/],
      [[file("narrow.npy"), "--map", file("a.onnx")], /the rows have 7 numbers, vectors of the store 8/],
      [[file("all.npy"), "--map", file("a.onnx"), "--metric", "euclidean"], /measures by cosine/],
      [[file("all.npy"), "--map", file("a.onnx"), "--map-version", "1"], /exclude each other/],
      [[file("all.npy"), "--map", file("a.onnx"), "--index", "hnsw"], /builds no index "hnsw"/],
      [[file("all.npy"), "--map", file("a.onnx"), "--fields", "year"], /npy input does not have/],
      [[file("all.parquet"), "--id", "doc", "--fields", "yeer"], /no column "yeer".*\n.*Did you mean "year"/],
    ];
    for (const [args, message] of cases) {
      expect(await run(...args, ...store)).toMatchObject({ status: 2, err: expect.stringMatching(message) });
    }
    await withStore("mapped", async (own) => expect(await own.count()).toBe(ROWS));
    expect(await run(file("all.npy"))).toMatchObject({ status: 2, err: expect.stringContaining("--store") });
  });

  it("names rows that cannot be stored by their numbers in the file, and ids that stand twice", async () => {
    const holes = mapMatrix(vectors, (value, col, row) => (row === 300 && col === 2 ? Number.NaN : value));
    await writeRows(file("holes.npy"), rowsFromMatrix(holes), {});
    const zeros = mapMatrix(vectors, (value, _, row) => (row === 300 ? 0 : value));
    await writeRows(file("zeros.npy"), rowsFromMatrix(zeros), {});
    await writeTable(
      "twice.parquet",
      vectors,
      docs.map((id, row) => (row === 5 ? "d4" : id)),
    );
    const into = ["--store", file("holes"), "--batch-rows", "128"];
    expect(await run(file("holes.npy"), ...into)).toMatchObject({
      status: 2,
      err: expect.stringMatching(/NaN or infinite values in row 300\n.* 256 of 700 rows were done/),
    });
    expect((await run(file("zeros.npy"), ...into, "--rows", "290:")).err).toMatch(/row 300 has no direction/);
    expect((await run(file("twice.parquet"), "--store", file("twice"), ...FLAGS)).err).toMatch(
      /"d4" \(rows 4 and 5\)/,
    );
    expect(existsSync(file("twice"))).toBe(false);
  });

  it("where there is no room left keeps what was written, says so, and goes on when there is", async () => {
    const args = `"${file("all.npy")}" --store "${file("full")}" --batch-rows 50`;
    // Blocks of 1 kB: the file of vectors may not grow beyond 10 kB, 6 batches.
    const command = `trap '' XFSZ; ulimit -f 10; exec "${process.execPath}" "${CLI}" ingest ${args}`;
    const { status, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(status).toBe(2);
    const done = Number(/Free some space.* (\d+) of 700 rows were done/.exec(stderr)?.[1]);
    expect(done).toBe(300);
    await withStore("full", async (store) => expect(await store.count()).toBe(done));
    const { rows } = await result(file("all.npy"), "--store", file("full"));
    expect(rows).toEqual({ given: ROWS, added: ROWS - done, replaced: 0, there: done, inAll: ROWS });
  });

  it("killed at any moment, or stopped by Ctrl-C, leaves whole batches; the same command goes on to the end", async () => {
    const many = gaussian(rng(3), 20_000, 8);
    await writeRows(file("many.npy"), rowsFromMatrix(many), {});
    const args = [file("many.npy"), "--store", file("killed"), "--batch-rows", "50"];
    const rowsThere = () => {
      try {
        return JSON.parse(readFileSync(join(file("killed"), "store.json"), "utf8")).rows as number;
      } catch {
        return 0;
      }
    };
    let before = 0;
    for (const signal of ["SIGKILL", "SIGINT", "SIGKILL"] as const) {
      const child = spawn(process.execPath, [CLI, "ingest", ...args], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.on("data", (text: Buffer) => {
        said += text;
      });
      const watching = setInterval(() => {
        if (rowsThere() <= before + 300) return;
        clearInterval(watching);
        child.kill(signal);
      }, 2);
      const status = await new Promise((resolve) => child.on("close", resolve));
      if (signal === "SIGINT") {
        expect(status).toBe(130);
        expect(said).toMatch(/\d+ of 20000 rows were done: the same command goes on/);
      } else expect(status).toBeNull();
      const count = await withStore("killed", (store) => store.count());
      expect(count % 50).toBe(0);
      expect(count).toBeGreaterThan(before);
      expect(count).toBeLessThan(20_000);
      before = count;
    }
    const { rows } = await result(file("many.npy"), "--store", file("killed"));
    expect(rows).toEqual({
      given: 20_000,
      added: 20_000 - before,
      replaced: 0,
      there: before,
      inAll: 20_000,
    });
    const ids = Array.from({ length: 20_000 }, (_, row) => String(row));
    const { vectors: kept } = await withStore("killed", (store) => store.get(ids));
    expect(
      Buffer.compare(Buffer.from(kept.data.buffer), Buffer.from(Float32Array.from(many.data).buffer)),
    ).toBe(0);
  }, 20_000);
});
