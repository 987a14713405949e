import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectRows, matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { openFvecs, writeFvecs } from "../../src/data/node-fvecs.ts";
import {
  anyMatrix,
  bytesOf,
  expectSame,
  integerMatrix,
  readAll,
  refused,
  refusedToRead,
  scratch,
} from "./arrays.ts";

const files = scratch();
const open = (name: string, bytes: Uint8Array) => openFvecs(files.put(name, bytes));

const dimension = (d: number) => new Uint8Array(Int32Array.of(d).buffer);
const record = (...values: number[]) =>
  bytesOf(dimension(values.length), new Uint8Array(Float32Array.from(values).buffer));

describe("round trips", () => {
  it.each(["round.fvecs", "round.bvecs", "round.ivecs"])("%s", async (name) => {
    const any = name.includes("f")
      ? anyMatrix
      : name.includes("b")
        ? integerMatrix(0, 255)
        : integerMatrix(-(2 ** 24), 2 ** 24);
    await fc.assert(
      fc.asyncProperty(any, fc.integer({ min: 1, max: 30 }), async (m, block) => {
        await writeFvecs(files.path(name), rowsFromMatrix(m, block));
        const source = await openFvecs(files.path(name));
        expect(source).toMatchObject({
          format: name.slice(6),
          rows: m.rows,
          cols: m.cols,
          shape: [m.rows, m.cols],
        });
        expect(source.warnings.map(({ code }) => code)).toEqual(name.endsWith("ivecs") ? ["narrowed"] : []);
        // -0 has no integer twin.
        const values = source.format === "fvecs" ? m.data : m.data.map((value) => value + 0);
        expectSame((await collectRows(source)).data, values);
        const range = { start: m.rows >> 1, end: m.rows };
        expectSame((await collectRows(source, range)).data, values.subarray(range.start * m.cols));
        await source.close();
      }),
      { numRuns: 30 },
    );
  });

  it("reads bytes made by hand, gzip too, and the format that is asked for", async () => {
    const bytes = bytesOf(record(1, 2, 3), record(4, 5, 6));
    for (const [name, body] of [
      ["hand.fvecs", bytes],
      ["hand.fvecs.gz", gzipSync(bytes)],
    ] as const) {
      const { source, matrix: got } = await readAll(open(name, body));
      expect(source).toMatchObject({ dtype: "float32", rows: 2, cols: 3 });
      expectSame(got.data, [1, 2, 3, 4, 5, 6]);
    }
    const path = files.put("data.bin", bytesOf(dimension(2), [7, 255]));
    const { matrix: got } = await readAll(openFvecs(path, {}, "bvecs"));
    expectSame(got.data, [7, 255]);
    await writeFvecs(path, rowsFromMatrix(matrix([-3, 4], 1, 2)), { format: "ivecs" });
    expectSame((await readAll(openFvecs(path, {}, "ivecs"))).matrix.data, [-3, 4]);
  });

  it("refuses values that the format cannot hold, with the row, and writes nothing", async () => {
    const rows = rowsFromMatrix(matrix([1, 2, 3, 256, 5, 6], 3, 2), 1);
    const error = await refused(writeFvecs(files.path("bad.bvecs"), rows), "bad-value");
    expect(error.message).toContain("row 1 holds 256");
    for (const value of [0.5, Number.NaN, 2 ** 31]) {
      await refused(writeFvecs(files.path("bad.ivecs"), rowsFromMatrix(matrix([value], 1, 1))), "bad-value");
    }
    expect(files.files().filter((name) => name.startsWith("bad"))).toEqual([]);
  });
});

describe("what a hostile user would try", () => {
  it("rows of different dimensions, seen by the size or only by reading", async () => {
    const uneven = bytesOf(record(1, 2, 3), record(4, 5));
    expect((await refusedToRead(open("uneven.fvecs", uneven), "bad-format")).message).toContain(
      "row 1 announces 2",
    );
    await refusedToRead(open("uneven.fvecs.gz", gzipSync(uneven)), "bad-format");
    const hidden = bytesOf(record(1, 2, 3), record(4), record(5), record(6, 7, 8));
    expect(hidden.length % 16).toBe(0);
    expect((await refusedToRead(open("hidden.fvecs", hidden), "bad-format")).message).toContain(
      "row 1 announces 1",
    );
  });

  it.each([
    ["nothing", new Uint8Array(0), "empty-input"],
    ["three bytes", bytesOf([1, 0, 0]), "truncated"],
    ["dimension 0", bytesOf(dimension(0)), "bad-format"],
    ["dimension -1", bytesOf(dimension(-1), [0]), "bad-format"],
    ["dimension 2^31 - 1", bytesOf(dimension(2 ** 31 - 1), [0]), "too-large"],
    ["big-endian", bytesOf([0, 0, 0, 2], new Uint8Array(8)), "truncated"],
    ["a cut row", bytesOf(record(1, 2), record(3, 4).subarray(0, 9)), "truncated"],
    ["a cut dimension", bytesOf(record(1, 2), [2, 0]), "truncated"],
    ["text", bytesOf("name,x,y\n1,2,3\n"), "too-large"],
  ] as const)("%s", async (_, bytes, code) => {
    await refusedToRead(open("bad.fvecs", bytes), code);
    await refusedToRead(open("bad.fvecs.gz", gzipSync(bytes)), code);
  });

  it("no file, a folder, a .gz that is none", async () => {
    await refusedToRead(openFvecs(files.path("none.fvecs")), "missing-file");
    await refusedToRead(openFvecs(files.path(".")), "not-a-file");
    await refusedToRead(open("plain.fvecs.gz", record(1)), "bad-format");
  });
});
