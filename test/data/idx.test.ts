import { readFileSync, truncateSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { openIdx, writeIdx } from "../../src/data/node-idx.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";
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
const open = (name: string, bytes: Uint8Array) => openIdx(files.put(name, bytes));

function idx(type: number, shape: readonly number[], body: Uint8Array | readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, type);
  header.setUint8(3, shape.length);
  for (const [i, size] of shape.entries()) header.setUint32(4 + 4 * i, size);
  return bytesOf(new Uint8Array(header.buffer), body);
}

describe("reading", () => {
  it.each([
    [0x08, "uint8", [0, 255, 7, 8], [0, 255, 7, 8]],
    [0x09, "int8", [0, 255, 128, 8], [0, -1, -128, 8]],
    [0x0b, "int16", [0, 1, 255, 254, 128, 0, 1, 0], [1, -2, -32768, 256]],
    [0x0c, "int32", [0, 0, 0, 1, 255, 255, 255, 254, 0, 1, 0, 0, 128, 0, 0, 0], [1, -2, 65536, -(2 ** 31)]],
    [0x0d, "float32", [63, 128, 0, 0, 192, 0, 0, 0, 127, 128, 0, 0, 0, 0, 0, 0], [1, -2, Infinity, 0]],
    [
      0x0e,
      "float64",
      [63, 240, ...Array(6).fill(0), 192, ...Array(7).fill(0), ...Array(16).fill(0)],
      [1, -2, 0, 0],
    ],
  ] as const)("type 0x%s is %s", async (type, dtype, body, values) => {
    for (const gzip of [false, true]) {
      const bytes = idx(type, [2, 1, 2], body);
      const { source, matrix: got } = await readAll(open("type.idx", gzip ? gzipSync(bytes) : bytes));
      expect(source).toMatchObject({ format: "idx", dtype, shape: [2, 1, 2], rows: 2, cols: 2 });
      expectSame(got.data, values);
      expect(source.warnings.length).toBe(dtype === "int32" || dtype === "float64" ? 1 : 0);
    }
  });

  it("rank 1 is n x 1", async () => {
    const { matrix: got } = await readAll(open("labels.idx", idx(8, [3], [5, 0, 9])));
    expect(got).toMatchObject({ rows: 3, cols: 1 });
    expectSame(got.data, [5, 0, 9]);
  });
});

describe("writing", () => {
  it("bytes come back as uint8, anything else as float32", async () => {
    const either = fc.oneof(
      integerMatrix(0, 255).map((m) => [m, "uint8"] as const),
      integerMatrix(-5, -1).map((m) => [m, "float32"] as const),
      integerMatrix(256, 999).map((m) => [m, "float32"] as const),
      anyMatrix
        .filter((m) => m.data.some((v) => !(v >= 0 && v < 256 && Number.isInteger(v))))
        .map((m) => [m, "float32"] as const),
    );
    await fc.assert(
      fc.asyncProperty(either, async ([m, dtype]) => {
        await writeIdx(files.path("round.idx"), rowsFromMatrix(m, 4));
        const { source, matrix: got } = await readAll(openIdx(files.path("round.idx")));
        expect(source).toMatchObject({ dtype, shape: [m.rows, m.cols] });
        expectSame(got.data, m.data);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps the shape of a row, and refuses one that does not fit", async () => {
    const m = matrix([1, 2, 3, 4, 5, 6], 1, 6);
    await writeIdx(files.path("shape.idx"), rowsFromMatrix(m), { shape: [2, 3] });
    expect((await readAll(openIdx(files.path("shape.idx")))).source.shape).toEqual([1, 2, 3]);
    for (const shape of [
      [2, 2],
      [-2, -3],
      [1.5, 4],
      [2 ** 32, 0],
    ]) {
      await refused(writeIdx(files.path("bad.idx"), rowsFromMatrix(m), { shape }), "bad-option");
    }
    expect(files.files()).not.toContain("bad.idx");
  });
});

describe("what a hostile user would try", () => {
  it.each([
    ["wrong magic", bytesOf("hello world"), "bad-format"],
    ["three bytes", [0, 0, 8], "bad-format"],
    ["unknown type", idx(0x0a, [2], [1, 2]), "unsupported-dtype"],
    ["rank 0", idx(8, [], [1]), "bad-format"],
    ["no rows", idx(8, [0, 4], []), "empty-input"],
    ["no columns", idx(8, [4, 0], []), "empty-input"],
    ["cut header", [0, 0, 8, 3, 0, 0], "truncated"],
    ["cut body", idx(8, [2, 3], [1, 2, 3, 4, 5]), "truncated"],
    ["extra bytes", idx(8, [2, 3], [1, 2, 3, 4, 5, 6, 7]), "bad-format"],
    ["huge sizes", idx(8, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [1]), "truncated"],
    ["rank 255", idx(8, new Array(255).fill(2 ** 32 - 1), [1]), "truncated"],
    ["nothing", [], "empty-input"],
  ] as const)("%s", async (name, bytes, code) => {
    await refusedToRead(open("bad.idx", Uint8Array.from(bytes)), code);
    // The size inside a gzip file is not known: a shape that no file could have is refused for itself.
    const gzipCode = /huge|255/.test(name) ? "too-large" : code;
    const inside = await refusedToRead(open("bad.idx.gz", gzipSync(Uint8Array.from(bytes))), gzipCode);
    expect(inside.message).toContain("bad.idx.gz");
  });

  it("gzip bombs: the announced size is the cap", async () => {
    const flood = gzipSync(bytesOf(idx(8, [2, 2], [1, 2, 3, 4]), new Uint8Array(50_000_000)));
    await refusedToRead(open("flood.idx.gz", flood), "bad-format");
    const claim = gzipSync(idx(8, [1_000_000, 1_000], new Uint8Array(1_000_000)));
    await refused(open("claim.idx.gz", claim), "truncated");
    await refusedToRead(open("wide.idx.gz", gzipSync(idx(8, [1, 2 ** 31], [1]))), "too-large");
  });

  it("a row wider than any row is", async () => {
    const path = files.put("wide.idx", idx(8, [1, 2 ** 31], []));
    truncateSync(path, 2 ** 31 + 12);
    await refusedToRead(openIdx(path), "too-large");
  });
});

describe.skipIf(!hasSharedData)("real files", () => {
  it("Fashion-MNIST test images and labels", async () => {
    const { source, matrix: images } = await readAll(
      openIdx(sharedData("images/fashion-mnist/t10k-images-idx3-ubyte.gz")),
    );
    expect(source).toMatchObject({
      dtype: "uint8",
      shape: [10000, 28, 28],
      rows: 10000,
      cols: 784,
      warnings: [],
    });
    // The published mean pixel of the test set: .2868.
    expect(images.data.reduce((sum, value) => sum + value, 0) / images.data.length / 255).toBeCloseTo(
      0.2868,
      4,
    );
    const { matrix: labels } = await readAll(
      openIdx(sharedData("images/fashion-mnist/t10k-labels-idx1-ubyte.gz")),
    );
    expect([...labels.data.subarray(0, 6)]).toEqual([9, 2, 1, 1, 6, 1]);
  });

  it("a range of full MNIST equals the same rows of the whole", async () => {
    const path = sharedData("images/mnist/train-images-idx3-ubyte.gz");
    const { matrix: part } = await readAll(openIdx(path), { start: 9_998, end: 10_003 });
    const { matrix: whole } = await readAll(openIdx(path), { start: 0, end: 10_003 });
    expectSame(part.data, whole.data.subarray(9_998 * 784));
    expect(readFileSync(path).length).toBeGreaterThan(0);
  });
});
