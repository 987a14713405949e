import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { openSafetensors, writeSafetensors } from "../../src/data/node-safetensors.ts";
import { anyMatrix, bytesOf, expectSame, readAll, refused, refusedToRead, scratch } from "./arrays.ts";

const files = scratch();

function safetensors(
  header: unknown,
  body: Uint8Array | readonly number[] = [],
  length?: bigint,
): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  return bytesOf(new Uint8Array(BigUint64Array.of(length ?? BigInt(text.length)).buffer), text, body);
}
const open = (bytes: Uint8Array, vector?: string) =>
  openSafetensors(files.put("test.safetensors", bytes), vector === undefined ? {} : { vector });
const tensor = (dtype: string, shape: readonly number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const eight = [0, 1, 2, 3, 4, 5, 6, 7];

describe("reading", () => {
  const view = (values: ArrayBufferView) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  it.each([
    ["BOOL", "bool", Uint8Array.of(0, 1), [0, 1]],
    ["U8", "uint8", Uint8Array.of(3, 255), [3, 255]],
    ["I8", "int8", Int8Array.of(-3, 127), [-3, 127]],
    ["U16", "uint16", Uint16Array.of(3, 65535), [3, 65535]],
    ["I16", "int16", Int16Array.of(-3, 32767), [-3, 32767]],
    ["U32", "uint32", Uint32Array.of(3, 2 ** 31), [3, 2 ** 31]],
    ["I32", "int32", Int32Array.of(-3, 2 ** 30), [-3, 2 ** 30]],
    ["U64", "uint64", BigUint64Array.of(3n, 2n ** 63n), [3, 2 ** 63]],
    ["I64", "int64", BigInt64Array.of(-3n, 2n ** 62n), [-3, 2 ** 62]],
    ["F16", "float16", Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ["BF16", "bfloat16", Uint16Array.of(0x3f80, 0xc049), [1, -3.140625]],
    ["F32", "float32", Float32Array.of(1.5, -2), [1.5, -2]],
    ["F64", "float64", Float64Array.of(1.5, -2), [1.5, -2]],
  ] as const)("%s", async (stored, dtype, values, wanted) => {
    const bytes = view(values);
    const { source, matrix: got } = await readAll(
      open(safetensors({ t: tensor(stored, [1, 2], 0, bytes.length) }, bytes)),
    );
    expect(source).toMatchObject({ format: "safetensors", dtype, shape: [1, 2], columns: ["t"] });
    expectSame(got.data, wanted);
  });

  it("chooses the named one, or the only wide one; else it asks", async () => {
    const header = { __metadata__: { a: "b" }, bias: tensor("U8", [2], 6, 8), w: tensor("U8", [3, 2], 0, 6) };
    const file = safetensors(header, eight);
    expectSame((await readAll(open(file))).matrix.data, [0, 1, 2, 3, 4, 5]);
    expectSame((await readAll(open(file, "bias"))).matrix.data, [6, 7]);
    expect((await refusedToRead(open(file, "biad"), "unknown-column")).hint).toContain('"bias"');
    await refusedToRead(open(file, "__metadata__"), "unknown-column");
    const two = safetensors({ a: tensor("U8", [2, 2], 0, 4), b: tensor("U8", [2, 2], 4, 8) }, eight);
    expect((await refusedToRead(open(two), "ambiguous-column")).message).toContain("a (2 x 2), b (2 x 2)");
  });
});

describe("writing", () => {
  it("comes back bit for bit, under any name", async () => {
    const names = fc.string({ minLength: 1 }).filter((name) => name !== "__metadata__");
    await fc.assert(
      fc.asyncProperty(anyMatrix, names, fc.constantFrom("float32", "float64"), async (m, name, dtype) => {
        const path = files.path("round.safetensors");
        await writeSafetensors(path, rowsFromMatrix(m, 3), { name, dtype, metadata: { seed: "0" } });
        expect(readFileSync(path).readUInt32LE(0) % 8).toBe(0);
        const { source, matrix: got } = await readAll(openSafetensors(path));
        expect(source).toMatchObject({ dtype, columns: [name] });
        expectSame(got.data, m.data);
      }),
      { numRuns: 40 },
    );
  });

  it("refuses the format's own name", async () => {
    const rows = rowsFromMatrix(matrix([1], 1, 1));
    await refused(
      writeSafetensors(files.path("bad.safetensors"), rows, { name: "__metadata__" }),
      "bad-option",
    );
  });
});

describe("what a hostile user would try", () => {
  it.each([
    ["seven bytes", bytesOf("1234567"), "truncated"],
    ["nothing", new Uint8Array(0), "empty-input"],
    ["header beyond the end", safetensors("{}", [], 1000n), "truncated"],
    ["header of 2^63 bytes", safetensors("{}", [], 2n ** 63n), "bad-format"],
    ["no JSON", safetensors("{oops"), "bad-format"],
    ["not UTF-8", safetensors('{"\xff": 1}'), "bad-format"],
    ["a list", safetensors([1]), "bad-format"],
    ["null", safetensors("null"), "bad-format"],
    ["deep nesting", safetensors("[".repeat(200_000)), "bad-format"],
    ["no tensors", safetensors({ __metadata__: {} }), "empty-input"],
    ["a tensor that is null", safetensors({ t: null }), "bad-format"],
    ["no dtype", safetensors({ t: { shape: [8], data_offsets: [0, 8] } }, eight), "bad-format"],
    [
      "borrowed dtype",
      safetensors('{"t":{"__proto__":{"dtype":"U8"},"shape":[8],"data_offsets":[0,8]}}', eight),
      "bad-format",
    ],
    ["an inherited dtype", safetensors({ t: tensor("constructor", [8], 0, 8) }, eight), "unsupported-dtype"],
    ["float8", safetensors({ t: tensor("F8_E4M3", [8], 0, 8) }, eight), "unsupported-dtype"],
    ["negative shape", safetensors({ t: tensor("U8", [-8], 0, 8) }, eight), "bad-format"],
    ["fractional shape", safetensors({ t: tensor("U8", [2.5, 2], 0, 5) }, eight), "bad-format"],
    ["overflowing shape", safetensors({ t: tensor("U8", [2 ** 52, 2 ** 52], 0, 8) }, eight), "bad-format"],
    ["huge shape", safetensors({ t: tensor("U8", [10 ** 15], 0, 10 ** 15) }, eight), "truncated"],
    [
      "shape as text",
      safetensors('{"t":{"dtype":"U8","shape":"8","data_offsets":[0,8]}}', eight),
      "bad-format",
    ],
    ["wrong length", safetensors({ t: tensor("U8", [4], 0, 8) }, eight), "bad-format"],
    ["swapped offsets", safetensors({ t: tensor("U8", [8], 8, 0) }, eight), "bad-format"],
    ["negative offsets", safetensors({ t: tensor("U8", [8], -8, 0) }, eight), "bad-format"],
    ["beyond the end", safetensors({ t: tensor("U8", [9], 0, 9) }, eight), "truncated"],
    ["a gap before", safetensors({ t: tensor("U8", [7], 1, 8) }, eight), "bad-format"],
    ["bytes left over", safetensors({ t: tensor("U8", [7], 0, 7) }, eight), "bad-format"],
    ["overlap", safetensors({ a: tensor("U8", [6], 0, 6), b: tensor("U8", [4], 4, 8) }, eight), "bad-format"],
    [
      "two on one place",
      safetensors({ a: tensor("U8", [8], 0, 8), b: tensor("U8", [8], 0, 8) }, eight),
      "bad-format",
    ],
    ["rank 0", safetensors({ t: tensor("F64", [], 0, 8) }, eight), "bad-format"],
    ["no rows", safetensors({ t: tensor("F32", [0, 3], 0, 0) }), "empty-input"],
    [
      "float64 beyond float32",
      safetensors({ t: tensor("F64", [1], 0, 8) }, [255, 255, 255, 255, 255, 255, 239, 127]),
      "bad-value",
    ],
  ] as const)("%s", async (_, bytes, code) => {
    await refusedToRead(open(bytes), code);
  });

  it("names that try the prototype are names", async () => {
    const file = safetensors('{"__proto__":{"dtype":"U8","shape":[4,2],"data_offsets":[0,8]}}', eight);
    const { source } = await readAll(open(file));
    expect(source.columns).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  it("names with control characters stay on one line", async () => {
    const header = { "a\n\u001b[31m\u202e": tensor("U8", [2, 2], 0, 4), b: tensor("U8", [2, 2], 4, 8) };
    const error = await refusedToRead(open(safetensors(header, eight)), "ambiguous-column");
    expect(error.message).not.toMatch(/\p{Cf}/u);
  });

  it("no file, a folder", async () => {
    await refusedToRead(openSafetensors(files.path("none.safetensors")), "missing-file");
    await refusedToRead(openSafetensors(files.path(".")), "not-a-file");
  });
});
