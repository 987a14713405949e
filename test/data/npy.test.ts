import { readFileSync, statSync, truncateSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectRows, matrix, type Rows, rowsFromMatrix } from "../../src/base/index.ts";
import { openNpy, readNpyText, writeNpy } from "../../src/data/node-npy.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";
import {
  anyMatrix,
  bytesOf,
  expectedFiles,
  expectedValues,
  expectSame,
  fixture,
  readAll,
  refused,
  refusedToRead,
  scratch,
} from "./arrays.ts";

const files = scratch();

/** An .npy file with any header text. */
function npy(header: string, body: Uint8Array | readonly number[] = [], version = 1): Uint8Array {
  const length =
    version === 1
      ? [header.length & 255, header.length >> 8]
      : [...new Uint8Array(Uint32Array.of(header.length).buffer)];
  return bytesOf("\x93NUMPY", [version, 0], length, header, body);
}
const dict = (descr: string, shape: string, fortran = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
const floats = (count: number) => new Uint8Array(Float32Array.from({ length: count }, (_, i) => i).buffer);

describe("files that NumPy wrote", () => {
  const names = Object.keys(expectedFiles).filter(
    (name) => /\.npy(\.gz)?$/.test(name) && !name.startsWith("text"),
  );
  it.each(names)("%s", async (name) => {
    const { source, matrix: got } = await readAll(openNpy(fixture(name)));
    const { dtype, shape } = expectedFiles[name]!;
    expect(source).toMatchObject({ format: "npy", dtype, shape, rows: shape[0], path: fixture(name) });
    expectSame(got.data, expectedValues(name));
    const narrowed = /^(u?int(32|64)|float64)$/.test(dtype);
    expect(source.warnings.map((warning) => warning.code)).toEqual(narrowed ? ["narrowed"] : []);
  });

  it.each(names)("any range of %s", async (name) => {
    const { matrix: all } = await readAll(openNpy(fixture(name)));
    const source = await openNpy(fixture(name));
    for (let start = 0; start <= all.rows; start += 2) {
      const end = Math.min(all.rows, start + 3);
      const part = await collectRows(source, { start, end });
      expectSame(part.data, all.data.subarray(start * all.cols, end * all.cols));
    }
    await source.close();
  });

  it("reads ids and labels as text, 64-bit integers in full", async () => {
    for (const name of ["text-unicode.npy", "text-bytes.npy", "text-i8.npy"]) {
      expect(await readNpyText(fixture(name))).toEqual(expectedFiles[name]!.text);
    }
    expect(await readNpyText(fixture("rank1.npy"))).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    await refused(readNpyText(fixture("rank3.npy")), "bad-format");
  });
});

describe("writing", () => {
  it("comes back bit for bit, float32 and float64", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMatrix,
        fc.constantFrom("float32", "float64"),
        fc.integer({ min: 1, max: 30 }),
        async (m, dtype, block) => {
          await writeNpy(files.path("round.npy"), rowsFromMatrix(m, block), { dtype });
          const { source, matrix: got } = await readAll(openNpy(files.path("round.npy")));
          expect(source).toMatchObject({ dtype, shape: [m.rows, m.cols] });
          expectSame(got.data, m.data);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("begins the elements at a multiple of 64 and streams several blocks", async () => {
    const m = matrix(
      Float32Array.from({ length: 3_000_000 }, (_, i) => i % 1009),
      30_000,
      100,
    );
    await writeNpy(files.path("large.npy"), rowsFromMatrix(m));
    expect((statSync(files.path("large.npy")).size - 12_000_000) % 64).toBe(0);
    const source = await openNpy(files.path("large.npy"));
    let blocks = 0;
    for await (const block of source.blocks()) blocks += block.matrix.rows > 0 ? 1 : 0;
    expect(blocks).toBe(2);
    expectSame((await collectRows(source)).data, m.data);
    await source.close();
  });

  it("accepts rows on shared memory", async () => {
    const { matrix: shared } = await readAll(openNpy(fixture("c-f4.npy")));
    await writeNpy(files.path("shared.npy"), rowsFromMatrix(shared));
    expectSame((await readAll(openNpy(files.path("shared.npy")))).matrix.data, shared.data);
  });

  it("leaves the old file and no temporary one when it fails", async () => {
    const m = matrix([1, 2, 3, 4], 2, 2);
    await writeNpy(files.path("old.npy"), rowsFromMatrix(m));
    const before = files.files();
    const short: Rows = { rows: 5, cols: 2, blocks: () => rowsFromMatrix(m).blocks() };
    await refused(writeNpy(files.path("old.npy"), short), "truncated");
    const failing: Rows = {
      ...short,
      blocks() {
        throw new TypeError("from outside");
      },
    };
    await expect(writeNpy(files.path("new.npy"), failing)).rejects.toThrow("from outside");
    const stopped = AbortSignal.abort();
    await expect(
      writeNpy(files.path("old.npy"), rowsFromMatrix(m), { signal: stopped }),
    ).rejects.toMatchObject({
      code: "aborted",
    });
    expect(files.files()).toEqual(before);
    expectSame((await readAll(openNpy(files.path("old.npy")))).matrix.data, [1, 2, 3, 4]);
  });

  it("refuses places that cannot be written", async () => {
    const rows = rowsFromMatrix(matrix([1], 1, 1));
    await refused(writeNpy(files.path("no/such/folder.npy"), rows), "bad-option");
    await refused(writeNpy(files.path("."), rows), "bad-option");
    await refused(writeNpy(files.path("x.npy.gz"), rows), "bad-option");
  });
});

describe("shapes and orders built by hand", () => {
  it("Fortran order larger than a block equals C order", async () => {
    const [rows, cols] = [70_000, 41];
    const values = Float32Array.from({ length: rows * cols }, (_, i) => i % 9973);
    const flipped = new Float32Array(values.length);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) flipped[j * rows + i] = values[i * cols + j]!;
    const bytes = npy(dict("'<f4'", `(${rows}, ${cols})`, "True"), new Uint8Array(flipped.buffer));
    const { matrix: plain } = await readAll(openNpy(files.put("fortran.npy", bytes)));
    expectSame(plain.data, values);
    const range = { start: 12_345, end: 68_001 };
    const { matrix: zipped } = await readAll(
      openNpy(files.put("fortran.npy.gz", gzipSync(bytes, { level: 1 }))),
      {
        start: 0,
        end: rows,
      },
    );
    expectSame(zipped.data, values);
    const source = await openNpy(files.path("fortran.npy.gz"));
    const part = await collectRows(source, range);
    await source.close();
    expectSame(part.data, values.subarray(range.start * cols, range.end * cols));
  });

  it("Fortran order with few rows and more columns than one read takes", async () => {
    const [rows, cols] = [30, 150_000];
    const values = Float32Array.from({ length: rows * cols }, (_, i) => i % 9973);
    const flipped = new Float32Array(values.length);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) flipped[j * rows + i] = values[i * cols + j]!;
    const path = files.put(
      "flat.npy",
      npy(dict("'<f4'", `(${rows}, ${cols})`, "True"), new Uint8Array(flipped.buffer)),
    );
    expectSame((await readAll(openNpy(path))).matrix.data, values);
    const source = await openNpy(path);
    expectSame((await collectRows(source, { start: 7, end: 9 })).data, values.subarray(7 * cols, 9 * cols));
    await source.close();
  });

  it("ignores bytes after the end, as NumPy does, and reads gzip by content under any name", async () => {
    const bytes = bytesOf(npy(dict("'<f4'", "(2, 2)"), floats(4)), "trailing");
    expectSame((await readAll(openNpy(files.put("trailing.npy", bytes)))).matrix.data, [0, 1, 2, 3]);
    const zipped = files.put("unnamed.npy", gzipSync(bytes));
    expectSame((await readAll(openNpy(zipped))).matrix.data, [0, 1, 2, 3]);
  });

  it("yields blocks of their own: one may be kept while the next is read", async () => {
    const source = await openNpy(fixture("c-f4.npy"));
    const [first] = [await source.blocks()[Symbol.asyncIterator]().next()];
    const again = await collectRows(source);
    expectSame(first.value.matrix.data, again.data);
    await source.close();
  });
});

describe("what a hostile user would try", () => {
  const open = (name: string, bytes: Uint8Array) => openNpy(files.put(name, bytes));

  it.each([
    ["bad-rank0.npy", "bad-format"],
    ["bad-structured.npy", "unsupported-dtype"],
    ["bad-object.npy", "unsupported-dtype"],
    ["bad-complex.npy", "unsupported-dtype"],
    ["bad-date.npy", "unsupported-dtype"],
    ["bad-text.npy", "unsupported-dtype"],
    ["bad-empty.npy", "empty-input"],
  ] as const)("NumPy's %s: %s", async (name, code) => {
    await refusedToRead(openNpy(fixture(name)), code);
  });

  it("float64 beyond float32, with its row", async () => {
    const error = await refusedToRead(openNpy(fixture("bad-huge.npy")), "bad-value");
    expect(error.message).toContain("row 1 holds 1e+300");
    const bytes = readFileSync(fixture("bad-huge.npy"));
    const fortran = bytesOf(bytes.toString("latin1").replace("False", "True "));
    expect((await refusedToRead(open("huge-f.npy", fortran), "bad-value")).message).toContain("row 1 ");
  });

  it("truncated anywhere", async () => {
    const whole = npy(dict("'<f4'", "(3, 2)"), floats(6));
    for (let length = 1; length < whole.length; length++) {
      const code = length < 10 ? "bad-format" : "truncated";
      await refusedToRead(open("cut.npy", whole.subarray(0, length)), code);
      await refusedToRead(open("cut.npy.gz", gzipSync(whole.subarray(0, length))), code);
    }
    const zipped = gzipSync(whole);
    for (let length = 2; length < zipped.length; length++) {
      await refusedToRead(open("cut.npy.gz", zipped.subarray(0, length)), "truncated");
    }
  });

  it("10^15 rows announced, plain and compressed", async () => {
    const claim = npy(dict("'<f4'", "(1000000000000000, 4)"), floats(4));
    const error = await refusedToRead(open("claim.npy", claim), "truncated");
    expect(error.message).toContain("16.0 PB");
    await refusedToRead(open("claim.npy.gz", gzipSync(claim)), "truncated");
    const fortran = npy(dict("'<f4'", "(1000000000000000, 4)", "True"), floats(4));
    await refusedToRead(open("claim.npy", fortran), "truncated");
    await refusedToRead(open("claim.npy.gz", gzipSync(fortran)), "truncated");
  });

  it("one gigabyte announced by a small gzip is counted before it is believed", async () => {
    const claim = gzipSync(npy(dict("'<f4'", "(250000000, 1)"), new Uint8Array(1_000_000)));
    await refused(openNpy(files.put("bomb.npy.gz", claim)), "truncated");
    const honest = gzipSync(npy(dict("'<f4'", "(250000, 1)"), new Uint8Array(1_000_000)));
    expect((await readAll(openNpy(files.put("zeros.npy.gz", honest)))).matrix.rows).toBe(250_000);
  });

  it("a sparse file whose single row is enormous", async () => {
    const path = files.put("wide.npy", npy(dict("'<f4'", "(1, 68719476736)")));
    truncateSync(path, 2 ** 38 + 4096);
    await refusedToRead(openNpy(path), "too-large");
  });

  const shapes = [
    ["(-3, 2)", "bad-format"],
    ["(2.5, 2)", "bad-format"],
    ["(1e3, 2)", "bad-format"],
    ["(99999999999999999999999, 2)", "bad-format"],
    [`(${"9".repeat(400)}, 2)`, "bad-format"],
    ["(9007199254740991, 9007199254740991)", "truncated"],
    ["('3', 2)", "bad-format"],
    ["(True, 2)", "bad-format"],
    ["((1,), 2)", "bad-format"],
    ["6", "bad-format"],
    ["(6,", "bad-format"],
    ["(__import__('os').getpid(),)", "bad-format"],
    [`(${"1, ".repeat(65)})`, "bad-format"],
    [`${"(".repeat(5000)}${")".repeat(5000)}`, "bad-format"],
    ["(0, 4)", "empty-input"],
    ["(4, 0)", "empty-input"],
    ["()", "bad-format"],
  ] as const;
  it.each(shapes.map(([shape, code]) => [shape.slice(0, 40), code, shape] as const))(
    "shape %s: %s",
    async (_, code, shape) => {
      await refusedToRead(open("shape.npy", npy(dict("'<f4'", shape), floats(6))), code);
    },
  );

  it.each([
    ["'|O'", "unsupported-dtype"],
    ["'<c16'", "unsupported-dtype"],
    ["'<f16'", "unsupported-dtype"],
    ["'<U8'", "unsupported-dtype"],
    ["'|V2'", "unsupported-dtype"],
    ["[('x', '<f4')]", "unsupported-dtype"],
    ["'constructor'", "bad-format"],
    ["'<z4'", "bad-format"],
    ["'<f4\\n\\x1b[31m'", "bad-format"],
    ["3", "bad-format"],
    ["None", "bad-format"],
  ] as const)("descr %s: %s", async (descr, code) => {
    await refusedToRead(open("descr.npy", npy(dict(descr, "(3, 2)"), floats(6))), code);
  });

  it("headers that are no such dict", async () => {
    const good = dict("'<f4'", "(3, 2)");
    const twice = good.replace("'descr'", "'shape': (3, 2), 'descr'");
    const extra = good.replace("'descr'", "'__proto__': {}, 'descr'");
    for (const header of [
      "",
      "{",
      "}",
      "nonsense",
      `'${"a".repeat(60_000)}'`,
      twice,
      extra,
      `${good}x`,
      good.replace("False", "0"),
    ]) {
      await refusedToRead(open("header.npy", npy(header, floats(6))), "bad-format");
    }
  });

  it("wrong magic, version and header length", async () => {
    const good = npy(dict("'<f4'", "(3, 2)"), floats(6));
    await refusedToRead(open("magic.npy", bytesOf("PK\x03\x04 not an array")), "bad-format");
    await refusedToRead(
      open("version.npy", bytesOf(good.subarray(0, 6), [9, 0], good.subarray(8))),
      "bad-format",
    );
    await refusedToRead(
      open("length.npy", bytesOf(good.subarray(0, 8), [255, 255], good.subarray(10))),
      "truncated",
    );
    await refusedToRead(
      open("length2.npy", bytesOf("\x93NUMPY", [2, 0, 255, 255, 255, 255], "{")),
      "bad-format",
    );
    await refusedToRead(open("length3.npy", bytesOf("\x93NUMPY", [3, 0, 0, 0, 8, 0], "{")), "truncated");
    const long = `'${"a".repeat(2 ** 20 - 2)}'`;
    await refusedToRead(open("long.npy", npy(long, [], 2)), "bad-format");
  });

  it("damaged gzip, and a .gz that is none", async () => {
    const zipped = gzipSync(npy(dict("'<f4'", "(100, 2)"), floats(200)));
    const broken = Uint8Array.from(zipped);
    broken[zipped.length >> 1]! ^= 0x55;
    const error = await readAll(open("broken.npy.gz", broken)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "IsometerError" });
    const wrongSum = Uint8Array.from(zipped);
    wrongSum[zipped.length - 8]! ^= 0x55;
    await refusedToRead(open("sum.npy.gz", wrongSum), "bad-format");
    await refusedToRead(open("plain.npy.gz", npy(dict("'<f4'", "(3, 2)"), floats(6))), "bad-format");
    await refusedToRead(open("empty.npy.gz", gzipSync(new Uint8Array(0))), "empty-input");
  });

  it("no file, a folder, a device, an empty file", async () => {
    await refusedToRead(openNpy(files.path("nothing.npy")), "missing-file");
    await refusedToRead(openNpy(files.path("old.npy/inside.npy")), "missing-file");
    await refusedToRead(openNpy(files.path(".")), "not-a-file");
    await refusedToRead(openNpy("/dev/zero"), "not-a-file");
    await refusedToRead(open("empty.npy", new Uint8Array(0)), "empty-input");
    await refusedToRead(openNpy(files.path("two\nlines\u001b[31m.npy")), "missing-file");
  });

  it("ranges outside, and a file that shrinks while it is read", async () => {
    const source = await openNpy(files.put("range.npy", npy(dict("'<f4'", "(3, 2)"), floats(6))));
    for (const range of [
      { start: -1, end: 2 },
      { start: 0, end: 4 },
      { start: 2, end: 1 },
      { start: 0.5, end: 2 },
    ]) {
      await refused((async () => source.blocks(range))(), "bad-range");
    }
    truncateSync(files.path("range.npy"), 80);
    await refused(collectRows(source), "truncated");
    await source.close();
  });

  it("any bytes at all give an array or one of our errors", async () => {
    const good = npy(dict("'<f4'", "(3, 2)"), floats(6));
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const got: unknown = await readAll(open("fuzz.npy", bytes)).catch((error: unknown) => error);
        if (got instanceof Error) expect(got.name).toBe("IsometerError");
      }),
      { numRuns: 200 },
    );
  });
});

describe.skipIf(!hasSharedData)("real files", () => {
  it("digits: shape and known statistics", async () => {
    const { source, matrix: digits } = await readAll(openNpy(sharedData("tabular/digits.npy")));
    expect(source).toMatchObject({ dtype: "float32", shape: [1797, 64], rows: 1797, cols: 64, warnings: [] });
    expect(Math.max(...digits.data)).toBe(16);
    expect(digits.data.reduce((sum, value) => sum + value, 0)).toBe(561718);
    const labels = await readNpyText(sharedData("tabular/digits_labels.npy"));
    expect(labels.slice(0, 11)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]);
  });

  it("uint8 images and int8 words", async () => {
    const { source } = await readAll(openNpy(sharedData("images/coil20/images.npy")));
    expect(source).toMatchObject({ dtype: "uint8", rows: 1440, cols: 1024, warnings: [] });
    const { matrix: words } = await readAll(openNpy(sharedData("words/glove-100d-10k-int8.npy")));
    expect([words.rows, words.cols]).toEqual([10_000, 100]);
    expect(Math.min(...words.data.subarray(0, 1000))).toBeLessThan(0);
  });
});
