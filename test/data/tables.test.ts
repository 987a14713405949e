import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { openFileDatabase, query } from "../../src/data/node-duckdb.ts";
import { fails, folder, rowsOfInput, table, withSource } from "./tables-kit.ts";

const files = folder();
/** The rows of make-tables.py. */
const WRITTEN = [0, 1, 2, 3].map((i) => [i, i + 0.25, i + 0.5]);

describe("tables that other tools wrote", () => {
  it.each([
    ["list-float32.parquet", "float[]"],
    ["fixed-float64.parquet", "double[]"],
    ["list.feather", "List<Float32>"],
    ["fixed.arrow", "FixedSizeList[3]<Float64>"],
    ["stream.arrow", "FixedSizeList[3]<Float64>"],
    ["pandas.tsv", "decimal"],
    ["pandas-counted.csv", "decimal"],
    ["pandas-lists.csv", "decimal[]"],
    ["pandas.jsonl", "number[]"],
  ])("%s", async (name, dtype) => {
    await withSource(table(name), {}, async (source) => {
      expect(source).toMatchObject({ rows: 4, cols: 3, shape: [4, 3], dtype, path: table(name) });
      const narrowed = /64|double/i.test(dtype);
      expect(source.warnings.some((w) => w.code === "narrowed")).toBe(narrowed);
    });
    expect(await rowsOfInput(table(name))).toEqual(WRITTEN);
    expect(await rowsOfInput(table(name), { range: { start: 1, end: 3 } })).toEqual(WRITTEN.slice(1, 3));
  });

  it("reads ids and other columns as text", async () => {
    for (const name of ["list-float32.parquet", "list.feather"]) {
      await withSource(table(name), { id: "id" }, async (source) => {
        expect(await source.ids!()).toEqual(["a", "b", "c", "d"]);
        expect(await source.column!("label")).toEqual(["0", "1", "0", "1"]);
        await fails(source.column!("labl").then(), "unknown-column", "label");
      });
    }
  });

  it("reads one column per dimension, whatever number types they have", async () => {
    const expected = [0, 1, 2, 3].map((i) => [i, i + 0.25, i + 1]);
    expect(await rowsOfInput(table("columns.parquet"))).toEqual(expected);
    expect(await rowsOfInput(table("columns.arrow"))).toEqual(expected);
    expect(await rowsOfInput(table("columns.parquet"), { vector: "n,x" })).toEqual(
      expected.map(([x, , n]) => [n, x]),
    );
  });

  it("refuses what is no matrix, with the row", async () => {
    const read = (name: string) => rowsOfInput(table(name));
    await fails(read("unequal.parquet"), "bad-value", "row 1 has 1 values, that of row 0 has 2");
    await fails(read("unequal.arrow"), "bad-value", "row 1 has 1 values");
    await fails(read("null-inside.parquet"), "bad-value", "row 1 has no value at place 1");
    await fails(read("null-row.parquet"), "bad-value", 'row 1 has no value in column "emb"');
    await fails(read("null-cell.parquet"), "bad-value", 'row 1 has no value in column "x"');
    await fails(read("nested.parquet"), "bad-format", "no column of numbers", "emb");
    await fails(read("no-rows.parquet"), "empty-input", "no rows");
    await fails(read("lz4.feather"), "bad-format", "compress", "uncompressed");
    await fails(read("two-lists.parquet"), "ambiguous-column", "emb, emb2", '--vector "emb"');
    expect(await rowsOfInput(table("two-lists.parquet"), { vector: "emb2" })).toEqual(WRITTEN);
  });

  it("does not take pandas' row numbers for a dimension", async () => {
    await fails(
      rowsOfInput(table("pandas-index.csv")),
      "ambiguous-column",
      'Without it: --vector "x,y,z"',
      '--id "Unnamed: 0"',
    );
    expect(await rowsOfInput(table("pandas-index.csv"), { vector: "x,y,z" })).toEqual(WRITTEN);
    expect(await rowsOfInput(table("pandas-index.csv"), { id: "Unnamed: 0" })).toEqual(WRITTEN);
  });
});

describe("delimited text", () => {
  const csv = (text: string | Uint8Array, options = {}, name = "t.csv") =>
    rowsOfInput(files.put(name, text), options);

  it.each([
    ["CRLF", "x,y\r\n1,2\r\n3,4\r\n"],
    ["no last line end", "x,y\n1,2\n3,4"],
    ["empty lines at the end", "x,y\n1,2\n3,4\n\n\n"],
    ["a byte order mark", "\ufeffx,y\n1,2\n3,4\n"],
    ["semicolons", "x;y\n1;2\n3;4\n"],
    ["tabs", "x\ty\n1\t2\n3\t4\n"],
    ["quotes", '"x","y"\n"1","2"\n"3","4"\n'],
    ["exponents and spaces", "x,y\n 1e0,+2\n30e-1 , 4.\n"],
    ["text beside", 'x,t,y\n1,"a, ""b""\nc",2\n3,,4\n'],
    ["a label that looks like a number here and there", "t,x,y\na,1,2\n7,3,4\n"],
  ])("%s", async (_, text) => {
    const options = text.startsWith("t,") ? { vector: "x,y" } : {};
    expect(await csv(text, options)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await csv(gzipSync(text), options, "t.csv.gz")).toHaveLength(2);
  });

  it("keeps NaN and infinities", async () => {
    expect(await csv("x,y\nnan,1\n-inf,Infinity\n")).toEqual([
      [Number.NaN, 1],
      [-Infinity, Infinity],
    ]);
  });

  it("says when it guessed that there is, or is no, header", async () => {
    const warnings = (text: string) =>
      withSource(files.put("h.csv", text), {}, async (s) => s.warnings.map((w) => w.code));
    expect(await warnings("1,2\n3,4\n")).toEqual(["header-guessed"]);
    expect(await warnings("0,1,2\n3,4,5\n")).toEqual(["header-guessed"]);
    expect(await warnings("x,y\n3,4\n")).toEqual([]);
    expect(await csv("1,2\n3,4\n")).toHaveLength(2);
    expect(await csv("a,1,2\nb,3,4\n")).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await warnings("2019,2020,name\n3,4,a\n5,6,b\n")).toEqual(["header-guessed"]);
  });

  it.each([
    ["a short line", "x,y\n1,2\n3\n5,6\n", "bad-format", "line 3 has 1 cell, the header has 2"],
    ["a long line", "x,y\n1,2\n3,4,5\n", "bad-format", "line 3 has 3 cells, the header has 2"],
    ["an empty line", "x,y\n1,2\n\n3,4\n", "bad-format", "line 3 is empty"],
    [
      "text among numbers",
      "x,y\n1,2\noops,4\n5,6\n",
      "bad-value",
      'line 3, column "x": "oops" is not a number',
    ],
    ["text beyond text", "x,t,y\n1,a,2\n3,b,oops\n5,c,6\n", "bad-value", 'line 3, column "y": "oops"'],
    ["NA", "x,y\nNA,2\n1,4\nNA,3\n", "bad-value", 'line 2, column "x": "NA" is not a number'],
    ["an empty cell", "x,y\n1,\n3,4\n", "bad-value", 'row 0 has no value in column "y"'],
    ["an open quote", 'x,y\n1,"2\n3,4\n', "bad-format", /line \d|stray quotes/],
    ["beyond float32", "x,y\n1,2\n3,1e39\n", "bad-value", "row 1 holds 1e+39"],
    ["only a header", "x,y\n", "empty-input", "column names but no rows"],
    ["nothing", "", "empty-input", "empty (0 bytes)"],
    ["spaces", "  \n \n", "empty-input", "no rows"],
    ["two names alike", "x,x\n1,2\n", "bad-format", 'two columns named "x"'],
    ["words only", "a,b\nc,d\n", "bad-format", "no column of numbers"],
    ["decimal commas", "x;y\n1,5;2,5\n", "bad-format", "with a point"],
    ["lists without commas", 'v,t\n"[1 2]",a\n', "bad-value", "is not a list of numbers"],
    ["unequal lists", 'v,t\n"[1, 2]",a\n"[3]",b\n', "bad-value", "row 1 has 1 values"],
    ["UTF-16", Buffer.from("\ufeffx,y\n1,2\n", "utf16le"), "bad-format", "UTF-8"],
    ["binary", Uint8Array.of(1, 2, 0, 255, 7), "bad-format", "binary"],
    ["an id beside", "id,x,y\n1,2,3\n", "ambiguous-column", '--id "id"'],
    ["a class beside", "x,y,label\n1,2,0\n", "ambiguous-column", '--vector "x,y"'],
  ])("refuses %s", async (_, text, code, part) => {
    await fails(csv(text), code, part);
  });

  it("finds what lies far behind the part that columns are read from", async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => `${i},0.5,`).join("\n");
    const place = (line: string) => csv(`x,y,t\n${many}\n${line}\n1,2,\n`);
    await fails(place("1,2"), "bad-format", "line 300002 has 2 cells, the header has 3");
    await fails(place("1,oops,"), "bad-value", 'line 300002, column "y": "oops"');
    await fails(place("1,,"), "bad-value", "row 300000 has no value");
    await fails(place(""), "bad-format", "line 300002 is empty");
  });

  it("refuses a gzip file that is cut off between two lines", async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i},${i * 7}`).join("\n");
    const whole = gzipSync(`x,y\n${lines}\n`);
    await fails(csv(whole.subarray(0, whole.length / 2), {}, "cut.csv.gz"), "truncated", "cut off");
  });

  it("reads rows in file order from several threads", async () => {
    const text = `x,y\n${Array.from({ length: 200_000 }, (_, i) => `${i},${-i}`).join("\n")}\n`;
    const rows = await csv(text);
    expect(rows.every(([x, y], i) => x === i && y === -i)).toBe(true);
    expect(await csv(text, { range: { start: 150_000, end: 150_002 } })).toEqual([
      [150_000, -150_000],
      [150_001, -150_001],
    ]);
  });

  it("reads just the file whose name has glob and quote characters", async () => {
    files.put("aZb.csv", "x,y\n9,9\n");
    files.put("a1.csv", "x,y\n8,8\n");
    for (const name of [
      "a*b.csv",
      "a[1].csv",
      "a?.csv",
      "x.csv' UNION SELECT 1 --.csv",
      '"q".csv',
      "{a,b}.csv",
    ]) {
      expect(await csv("x,y\n1,2\n", {}, name)).toEqual([[1, 2]]);
    }
    expect(readdirSync(files.path)).toContain("a*b.csv");
    symlinkSync(join(files.path, "a1.csv"), join(files.path, "link.csv"));
    expect(await rowsOfInput(join(files.path, "link.csv"))).toEqual([[8, 8]]);
  });

  it("lets the database reach no other file, nor change that", async () => {
    const path = files.put("only.csv", "x,y\n1,2\n");
    const other = files.put("other.csv", "x,y\n3,4\n");
    const database = await openFileDatabase(path);
    const run = (sql: string) => query(database, sql, []);
    expect(await run(`SELECT x FROM read_csv('${path}')`)).toHaveLength(1);
    for (const sql of [
      `SELECT * FROM read_csv('${other}')`,
      `SELECT * FROM read_text('/etc/hosts')`,
      `SELECT * FROM glob('${files.path}/*')`,
      `COPY (SELECT 1) TO '${other}'`,
      `ATTACH '${files.path}/new.duckdb'`,
      "SET enable_external_access = true",
      "INSTALL httpfs",
    ]) {
      await expect(run(sql), sql).rejects.toThrow(/Permission|disabled|locked|Cannot/i);
    }
    await database.close();
  });

  it("quotes names of columns", async () => {
    const name = `x" FROM t; --`;
    expect(await csv(`"x"" FROM t; --",y\n1,2\n`, { vector: name })).toEqual([[1]]);
    const parquet = join(files.path, "names.parquet");
    await writeRows(parquet, rowsFromMatrix(matrix([1, 2], 1, 2)), { columns: { [name]: ["it's"] } });
    await withSource(parquet, { id: name }, async (s) => expect(await s.ids!()).toEqual(["it's"]));
  });
});

describe("JSON Lines", () => {
  const jsonl = (text: string, options = {}) => rowsOfInput(files.put("t.jsonl", text), options);
  it("reads lists, plain lists and one key per dimension", async () => {
    expect(await jsonl('{"id":"a","v":[1,2]}\n{"id":"b","v":[3,4.5]}\n')).toEqual([
      [1, 2],
      [3, 4.5],
    ]);
    expect(await jsonl("[1,2]\n[NaN,-Infinity]\n")).toEqual([
      [1, 2],
      [Number.NaN, -Infinity],
    ]);
    expect(await jsonl('{"x":1,"y":2}\n{"y":4,"x":3,"t":"s"}\n')).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await jsonl('{"X":1,"a b":2}\n', { vector: "a b,X" })).toEqual([[2, 1]]);
  });
  it.each([
    ["broken JSON", '{"v":[1,2]}\n{"v":[3,}\n', "bad-format", "line 2 is not valid JSON"],
    ["a cut last line", '{"v":[1,2]}\n{"v":[3', "bad-format", "line 2 is not valid JSON"],
    ["text in a list", '{"v":[1,2]}\n{"v":[3,"q"]}\n', "bad-value", 'line 2, "v" holds "q" at place 1'],
    ["null in a list", '{"v":[1,2]}\n{"v":[3,null]}\n', "bad-value", "row 1 has no value at place 1"],
    ["a missing key", '{"v":[1,2]}\n{"w":1}\n', "bad-value", 'row 1 has no value in column "v"'],
    ["unequal lists", '{"v":[1,2]}\n{"v":[3]}\n', "bad-value", "row 1 has 1 values"],
    ["a number for a list", '{"v":[1,2]}\n{"v":3}\n', "bad-value", 'line 2, "v" is 3, not a list'],
    ["two lists", '{"v":[1,2],"w":[1]}\n', "ambiguous-column", '--vector "v"'],
    ["bare values", "1\n2\n", "bad-format", "neither an object nor a list"],
    ["nothing", "\n", "empty-input", "no rows"],
  ])("refuses %s", async (_, text, code, part) => {
    await fails(jsonl(text), code, part);
  });
});

describe("damaged files", () => {
  it.each(["d.parquet", "d.arrow", "d.feather"])("%s", async (name) => {
    await fails(rowsOfInput(files.put(name, "PAR1 hello PAR1")), "bad-format", "Parquet");
    await fails(rowsOfInput(files.put(name, "ARROW1\0\0 hello")), "bad-format", "Arrow");
    await fails(rowsOfInput(files.put(name, "")), "empty-input");
  });
});

describe("what is written is read", () => {
  const value = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -9, max: 9 }));
  const table_ = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))
    .chain(([rows, cols]) =>
      fc.record({
        rows: fc.constant(rows),
        cols: fc.constant(cols),
        data: fc.array(value, { minLength: rows * cols, maxLength: rows * cols }),
        ids: fc.array(fc.string(), { minLength: rows, maxLength: rows }),
      }),
    );

  it.each(["csv", "tsv", "parquet", "jsonl", "arrow"])("%s", async (format) => {
    await fc.assert(
      fc.asyncProperty(table_, async ({ rows, cols, data, ids }) => {
        const path = join(files.path, `round.${format}`);
        const m = matrix(data, rows, cols);
        // DuckDB's text formats cannot hold the character 0; an empty cell of CSV is no text.
        const names = ids.map((id, i) => `n${i}${id.replaceAll("\0", "")}`);
        await writeRows(path, rowsFromMatrix(m, 4), {
          columns: { name: names, count: names.map((_, i) => i) },
        });
        const vector = format.endsWith("sv") ? "x*" : "vector";
        await withSource(path, { id: "name", vector }, async (source) => {
          expect([source.rows, source.cols]).toEqual([rows, cols]);
          expect(await source.ids!()).toEqual(names);
          expect(await source.column!("count")).toEqual(names.map((_, i) => String(i)));
        });
        const read = (await rowsOfInput(path, { vector })).flat();
        // JSON and CSV write -0 as 0.
        expect(read.map((v) => v + 0)).toEqual([...m.data].map((v) => v + 0));
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it("writes whole files or none, and refuses what cannot be", async () => {
    const rows = rowsFromMatrix(matrix([1, 2], 1, 2));
    const before = readdirSync(files.path).length;
    await fails(writeRows(join(files.path, "no/t.csv"), rows), "bad-option", "folder does not exist");
    await fails(writeRows(join(files.path, "t.xyz"), rows), "bad-option", "no format");
    await fails(writeRows(join(files.path, "t.csv.gz"), rows), "bad-option");
    const columns = { a: ["1", "2"] };
    await fails(writeRows(join(files.path, "n.csv"), rows, { columns }), "bad-option", "2 values for 1 rows");
    const short = { ...rows, rows: 2 };
    for (const format of ["csv", "parquet", "arrow"]) {
      await fails(writeRows(join(files.path, `n.${format}`), short), "truncated");
    }
    expect(readdirSync(files.path)).toHaveLength(before);
  });

  it("writes Parquet in row groups from many blocks, in order", async () => {
    const m = matrix(
      Float32Array.from({ length: 20_000 * 3 }, (_, i) => i),
      20_000,
      3,
    );
    const path = join(files.path, "many.parquet");
    await writeRows(path, rowsFromMatrix(m, 3000));
    expect((await rowsOfInput(path)).flat()).toEqual([...m.data]);
    expect(await rowsOfInput(path, { range: { start: 12_345, end: 12_346 } })).toEqual([
      [37_035, 37_036, 37_037],
    ]);
  });
});
