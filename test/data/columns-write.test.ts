import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { RecordBatchReader, tableFromIPC } from "apache-arrow";
import { expect, it } from "vitest";
import { readRowNumbers, writeColumns } from "../../src/data/index.ts";
import { fails, folder } from "./tables-kit.ts";

const files = folder();

const COLUMNS = {
  row: Int32Array.of(3, 5, 8),
  id: ["a", "ünï", 'q"😀'],
  share: Float64Array.of(1, Number.NaN, 0),
  bent: Float64Array.of(0.1, Number.POSITIVE_INFINITY, -1e-300),
};

async function written(name: string): Promise<string> {
  const path = join(files.path, name);
  await writeColumns(path, COLUMNS);
  return path;
}

it("Parquet: integers, doubles and text as such, what is no finite number null", async () => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const read = async (sql: string) =>
    (await connection.runAndReadAll(`${sql} '${await written("c.parquet")}'`)).getRows();
  expect((await read("DESCRIBE SELECT * FROM")).map(([name, type]) => [name, type])).toEqual([
    ["row", "BIGINT"],
    ["id", "VARCHAR"],
    ["share", "DOUBLE"],
    ["bent", "DOUBLE"],
  ]);
  expect(await read("SELECT * FROM")).toEqual([
    [3n, "a", 1, 0.1],
    [5n, "ünï", null, null],
    [8n, 'q"😀', 0, -1e-300],
  ]);
});

it("CSV and JSON Lines: the same, empty or null", async () => {
  expect(readFileSync(await written("c.csv"), "utf8")).toBe(
    'row,id,share,bent\n3,a,1.0,0.1\n5,ünï,,\n8,"q""😀",0.0,-1e-300\n',
  );
  const lines = readFileSync(await written("c.jsonl"), "utf8")
    .trim()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line))[1]).toEqual({ row: 5, id: "ünï", share: null, bent: null });
});

it("Arrow: the same types in every batch", async () => {
  const table = tableFromIPC(readFileSync(await written("c.arrow")));
  expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "row Int32",
    "id Utf8",
    "share Float64",
    "bent Float64",
  ]);
  expect([...table].map((row) => row.toJSON().share)).toEqual([1, null, 0]);
  const many = { n: Int32Array.from({ length: 9000 }, (_, i) => i), x: new Float64Array(9000).fill(0.5) };
  await writeColumns(join(files.path, "many.arrow"), many);
  const batches = [...RecordBatchReader.from(readFileSync(join(files.path, "many.arrow")))];
  expect(batches.length).toBeGreaterThan(1);
  expect(
    tableFromIPC(readFileSync(join(files.path, "many.arrow")))
      .getChild("n")!
      .get(8999),
  ).toBe(8999);
});

it("npy: packed records, as numpy.load reads them", async () => {
  const bytes = readFileSync(await written("c.npy"));
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  expect(bytes.toString("latin1", 10, start).trim()).toBe(
    "{'descr': [('row', '<i8'), ('id', '<U3'), ('share', '<f8'), ('bent', '<f8')], 'fortran_order': False, 'shape': (3,), }",
  );
  const width = 8 + 12 + 8 + 8;
  expect(bytes.length).toBe(start + 3 * width);
  const last = start + 2 * width;
  expect(bytes.readBigInt64LE(last)).toBe(8n);
  expect([0, 1, 2].map((c) => String.fromCodePoint(bytes.readUInt32LE(last + 8 + 4 * c))).join("")).toBe(
    'q"😀',
  );
  expect([bytes.readDoubleLE(last + 20), bytes.readDoubleLE(last + 28)]).toEqual([0, -1e-300]);
  expect(bytes.readDoubleLE(last - 16)).toBeNaN();
});

it("refuses formats without named columns, and names that NumPy would not take", async () => {
  await fails(
    writeColumns(join(files.path, "c.fvecs"), COLUMNS),
    "bad-option",
    "no format with named columns",
  );
  await fails(writeColumns(join(files.path, "c"), COLUMNS), "bad-option", "points.parquet");
  await fails(writeColumns(join(files.path, "d.npy"), { "a'b": [1] }), "bad-option", "cannot be named");
  await fails(writeColumns(join(files.path, "no/c.csv"), COLUMNS), "bad-option", "folder does not exist");
});

it("reads row numbers from text, CSV and npy, and refuses what is none", async () => {
  const path = files.put("rows.txt", "4\n0\n 17\n");
  expect([...(await readRowNumbers(path))]).toEqual([4, 0, 17]);
  expect([...(await readRowNumbers(files.put("rows.csv", "row\n4\n9\n")))]).toEqual([4, 9]);
  const table = files.put("two.csv", "row,x\n4,0.5\n9,1.5\n");
  expect([...(await readRowNumbers(`${table}:row`))]).toEqual([4, 9]);
  for (const wrong of ["-1", "1.5", "", "true", "1e3", "4 5"]) {
    await fails(readRowNumbers(files.put("wrong.txt", `1\n${wrong}\n2\n`)), "bad-value", "no row number");
  }
  await fails(readRowNumbers(join(files.path, "none.txt")), "missing-file");
});
