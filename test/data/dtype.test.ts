import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shown, sizeText } from "../../src/data/array-checks.ts";
import { decodeFloat32, decodeText, dtypeOf, firstOverflow } from "../../src/data/dtype.ts";
import { parsePythonLiteral } from "../../src/data/python-literal.ts";
import { expectSame } from "./arrays.ts";

/** Elements written one by one with a DataView: the slow truth. */
function written(
  count: number,
  bytes: number,
  write: (view: DataView, at: number, i: number) => void,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(count * bytes));
  for (let i = 0; i < count; i++) write(view, i * bytes, i);
  return new Uint8Array(view.buffer);
}

/** IEEE 754-2019 binary16, table 3.5 and section 3.4, as arithmetic. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe("decoding", () => {
  it.each([false, true])("all 65,536 float16 and bfloat16 (big-endian: %s)", (big) => {
    const raw = () => written(65536, 2, (view, at, i) => view.setUint16(at, i, !big));
    expectSame(
      decodeFloat32(raw(), dtypeOf("float16", big)),
      Array.from({ length: 65536 }, (_, i) => half(i)),
    );
    const upper = new Float32Array(Uint32Array.from({ length: 65536 }, (_, i) => i << 16).buffer);
    expectSame(decodeFloat32(raw(), dtypeOf("bfloat16", big)), upper);
  });

  it("64-bit integers round as Number and then Math.fround; as text they keep all digits", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), fc.boolean(), (values, big) => {
        const signed = () =>
          written(values.length, 8, (view, at, i) => view.setBigInt64(at, values[i]!, !big));
        const dtype = dtypeOf("int64", big);
        expectSame(decodeFloat32(signed(), dtype), values.map(Number));
        expect(decodeText(signed(), dtype)).toEqual(values.map(String));
        const unsigned = values.map((value) => BigInt.asUintN(64, value));
        expectSame(decodeFloat32(signed(), dtypeOf("uint64", big)), unsigned.map(Number));
        expect(decodeText(signed(), dtypeOf("uint64", big))).toEqual(unsigned.map(String));
      }),
    );
  });

  it("float64 rounds to the nearest float32, and the first overflow is found", () => {
    const doubles = fc.array(fc.double(), { minLength: 1 });
    fc.assert(
      fc.property(doubles, fc.boolean(), (values, big) => {
        const raw = written(values.length, 8, (view, at, i) => view.setFloat64(at, values[i]!, !big));
        const dtype = dtypeOf("float64", big);
        const got = decodeFloat32(raw, dtype);
        expectSame(got, values);
        const over = values.findIndex(
          (value) => Number.isFinite(value) && !Number.isFinite(Math.fround(value)),
        );
        expect(firstOverflow(raw, dtype, got)).toBe(over);
      }),
    );
  });

  it("does not care where in memory the bytes lie", () => {
    const bytes = new Uint8Array([9, 0, 0, 128, 63, 0, 0, 0, 64]);
    expectSame(decodeFloat32(bytes.subarray(1), dtypeOf("float32")), [1, 2]);
  });

  it("text of small types", () => {
    expect(decodeText(Uint8Array.of(0, 2), dtypeOf("bool"))).toEqual(["false", "true"]);
    expect(decodeText(Uint8Array.of(255, 7), dtypeOf("int8"))).toEqual(["-1", "7"]);
    expect(decodeText(new Uint8Array(Int32Array.of(16777217).buffer), dtypeOf("int32"))).toEqual([
      "16777217",
    ]);
    expect(decodeText(new Uint8Array(Float64Array.of(0.1).buffer), dtypeOf("float64"))).toEqual(["0.1"]);
  });
});

describe("Python literals", () => {
  it.each([
    ["{}", new Map()],
    [
      " { 'a' : (1, 2L,) , \"b\":[True,False,None], } \n",
      new Map<string, unknown>([
        ["a", [1, 2]],
        ["b", [true, false, null]],
      ]),
    ],
    ["'it\\'s'", "it's"],
    ["-12", -12],
    ["()", []],
  ])("%s", (text, value) => {
    expect(parsePythonLiteral(text)).toEqual(value);
  });

  it.each([
    "",
    "(",
    "(1 2)",
    "{1: 2}",
    "{'a' 1}",
    "{'a': 1, 'a': 2}",
    "1.5",
    "1e3",
    "01",
    "0x10",
    "True1",
    "true",
    "f()",
    "'a",
    "'a\n'",
    "1 2",
    "{,}",
    "(,)",
    "'\\x41'",
  ])("refuses %j", (text) => {
    expect(parsePythonLiteral(text)).toBeUndefined();
  });

  it("never throws, whatever the text, and stops at any depth", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."{}()[],:'\\\"aTrueNone10L ") }),
        (text) => void parsePythonLiteral(text),
      ),
    );
    expect(parsePythonLiteral("[".repeat(100_000))).toBeUndefined();
    expect(parsePythonLiteral(`'${"a".repeat(2 ** 20)}'`)).toHaveLength(2 ** 20);
  });
});

describe("words for messages", () => {
  it("sizes and names", () => {
    expect(sizeText(80)).toBe("80 bytes");
    expect(sizeText(1.6e16)).toBe("16.0 PB");
    expect(sizeText(3.2e32)).toBe("more than 1,000 PB");
    expect(shown("a\nb\u001b[0m")).toBe("a?b?[0m");
    expect(shown("x".repeat(500))).toHaveLength(120);
  });
});
