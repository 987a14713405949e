import { readFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { matrix, rowsFromMatrix } from "../../src/base/index.ts";
import { writeNpy } from "../../src/data/node-npy.ts";
import { openNpz, writeNpz } from "../../src/data/node-npz.ts";
import { npyHeaderBytes } from "../../src/data/npy-header.ts";
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

interface Lie {
  name?: string;
  body: Uint8Array;
  method?: number;
  size?: number;
  packed?: number;
  crc?: number;
  flags?: number;
  offset?: number;
}

const u16 = (value: number) => [value & 255, (value >> 8) & 255];
const u32 = (value: number) => [...u16(value & 65535), ...u16(value >>> 16)];

/** A plain zip (no zip64) whose fields may lie. */
function zip(members: readonly Lie[]): Uint8Array {
  const bodies: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name = "a.npy", body, method = 0, flags = 0, ...lie } of members) {
    const data = method === 8 ? deflateRawSync(body) : body;
    const fields = [...u16(20), ...u16(flags), ...u16(method), 0, 0, 0x21, 0, ...u32(lie.crc ?? crc32(body))];
    const sizes = [
      ...u32(lie.packed ?? data.length),
      ...u32(lie.size ?? body.length),
      ...u16(name.length),
      0,
      0,
    ];
    const local = bytesOf("PK\x03\x04", [...fields, ...sizes], name, data);
    directory.push(
      bytesOf("PK\x01\x02", u16(20), [...fields, ...sizes], new Uint8Array(10), u32(lie.offset ?? at), name),
    );
    bodies.push(local);
    at += local.length;
  }
  const table = bytesOf(...directory);
  const end = [
    "PK\x05\x06",
    [0, 0, 0, 0],
    u16(members.length),
    u16(members.length),
    u32(table.length),
    u32(at),
    [0, 0],
  ];
  return bytesOf(...bodies, table, ...end);
}

const npy = (values: readonly number[], shape: readonly number[]) =>
  bytesOf(npyHeaderBytes("<f4", shape), new Uint8Array(Float32Array.from(values).buffer));
const square = npy([1, 2, 3, 4], [2, 2]);
const open = (name: string, bytes: Uint8Array) => openNpz(files.put(name, bytes));

describe("archives that NumPy wrote", () => {
  it.each(["stored.npz", "deflated.npz"])("%s: the only wide array, with its columns", async (name) => {
    const { source, matrix: got } = await readAll(openNpz(fixture(name)));
    const expected = expectedFiles[name]!;
    expect(source).toMatchObject({ format: "npz", dtype: "int16", shape: [6, 4], columns: expected.columns });
    expectSame(got.data, expectedValues(name));
    const again = await openNpz(fixture(name), { id: "ids" });
    expect(await again.column?.("y")).toEqual(expected.y);
    expect(await again.ids?.()).toEqual(expected.ids);
    await refused(again.column!("X"), "bad-format");
    await refused(again.column!("scale"), "bad-format");
    await refused(again.column!("id"), "unknown-column");
    await again.close();
    expect(source.ids).toBeUndefined();
  });

  it("Fortran order, deflated, float64", async () => {
    const { source, matrix: got } = await readAll(openNpz(fixture("fortran.npz")));
    expect(source.warnings.map(({ code }) => code)).toEqual(["narrowed"]);
    expectSame(got.data, expectedValues("fortran.npz"));
  });

  it("asks which of two, and takes the one named", async () => {
    const error = await refusedToRead(openNpz(fixture("two.npz")), "ambiguous-column");
    expect(error.message).toContain("a (6 x 4), b (6 x 4)");
    const { matrix: got } = await readAll(openNpz(fixture("two.npz"), { vector: "b" }));
    expectSame(got.data, expectedValues("two.npz"));
    const unknown = await refusedToRead(openNpz(fixture("stored.npz"), { vector: "Y" }), "unknown-column");
    expect(unknown.hint).toContain('Did you mean "y"?');
    await refusedToRead(openNpz(fixture("stored.npz"), { id: "idz" }), "unknown-column");
    await refusedToRead(openNpz(fixture("stored.npz"), { vector: "y" }), "unsupported-dtype");
    await refusedToRead(openNpz(fixture("stored.npz"), { vector: "scale" }), "bad-format");
    await refusedToRead(openNpz(fixture("object.npz")), "unsupported-dtype");
  });
});

describe("writing", () => {
  it("comes back bit for bit, stored and deflated, with ids and labels", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMatrix,
        fc.boolean(),
        fc.constantFrom("float32", "float64"),
        async (m, compress, dtype) => {
          const labels = Array.from({ length: m.rows }, (_, i) => `é${i}`);
          const ids = BigInt64Array.from({ length: m.rows }, (_, i) => BigInt(i) - 2n ** 62n);
          await writeNpz(files.path("round.npz"), rowsFromMatrix(m, 5), {
            compress,
            dtype,
            extra: { labels, ids },
          });
          const source = await openNpz(files.path("round.npz"), { id: "ids" });
          expect(source).toMatchObject({ dtype, columns: ["vectors", "labels", "ids"] });
          expect(await source.column!("labels")).toEqual(labels);
          expect(await source.ids!()).toEqual(Array.from(ids, String));
          expectSame((await readAll(Promise.resolve(source))).matrix.data, m.data);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("same input, same bytes", async () => {
    const m = matrix([1, 2, 3, 4, 5, 6], 3, 2);
    for (const name of ["one.npz", "two.npz"])
      await writeNpz(files.path(name), rowsFromMatrix(m), { compress: true });
    expect(readFileSync(files.path("one.npz"))).toEqual(readFileSync(files.path("two.npz")));
  });

  it("refuses names that are taken or unfit", async () => {
    const rows = rowsFromMatrix(matrix([1], 1, 1));
    for (const name of ["vectors", "../x", "", "a\nb"]) {
      await refused(
        writeNpz(files.path("bad.npz"), rows, { extra: { [name]: Int32Array.of(1) } }),
        "bad-option",
      );
    }
    expect(files.files()).not.toContain("bad.npz");
  });

  it("another zip reader finds the same .npy files (NumPy 2.4 read them too when this was written)", async () => {
    const m = matrix([1, 2, 3, 4, 5, 6], 3, 2);
    await writeNpy(files.path("alone.npy"), rowsFromMatrix(m));
    for (const compress of [false, true]) {
      await writeNpz(files.path("ours.npz"), rowsFromMatrix(m), {
        compress,
        extra: { y: ["a", "日本", ""] },
      });
      const found = unzipSync(readFileSync(files.path("ours.npz")));
      expect(Object.keys(found)).toEqual(["vectors.npy", "y.npy"]);
      expect(found["vectors.npy"]).toEqual(Uint8Array.from(readFileSync(files.path("alone.npy"))));
      expect(Buffer.from(found["y.npy"]!).toString("latin1")).toContain("'<U2'");
    }
  });
});

describe("what a hostile user would try", () => {
  it("reads the honest twin of what follows", async () => {
    for (const method of [0, 8]) {
      const { matrix: got } = await readAll(open("good.npz", zip([{ body: square, method }])));
      expectSame(got.data, [1, 2, 3, 4]);
    }
  });

  it("sizes that lie", async () => {
    const more = bytesOf(square, new Uint8Array(1000));
    await refusedToRead(
      open("less.npz", zip([{ body: square, method: 8, size: square.length + 5 }])),
      "truncated",
    );
    await refusedToRead(
      open("more.npz", zip([{ body: more, method: 8, size: square.length }])),
      "bad-format",
    );
    await refusedToRead(open("stored.npz", zip([{ body: square, size: square.length + 5 }])), "bad-format");
    await refusedToRead(
      open("packed.npz", zip([{ body: square, packed: 2 ** 31, size: 2 ** 31 }])),
      "truncated",
    );
    await refusedToRead(open("crc.npz", zip([{ body: square, crc: 1 }])), "bad-format");
    await refusedToRead(open("crc8.npz", zip([{ body: square, crc: 1, method: 8 }])), "bad-format");
  });

  it("a bomb: four gigabytes announced, a megabyte there", async () => {
    const header = npyHeaderBytes("<f4", [2 ** 29, 2]);
    const body = bytesOf(header, new Uint8Array(2 ** 20));
    const claim = zip([{ body, method: 8, size: 2 ** 32 - 2 }]);
    await refused(open("bomb.npz", claim), "truncated");
    const fortran = bytesOf(
      Buffer.from(header).toString("latin1").replace("False", "True "),
      new Uint8Array(2 ** 20),
    );
    await refused(open("bomb.npz", zip([{ body: fortran, method: 8, size: 2 ** 32 - 2 }])), "truncated");
  });

  it("fields that point nowhere", async () => {
    await refusedToRead(open("offset.npz", zip([{ body: square, offset: 2 ** 31 }])), "truncated");
    await refusedToRead(open("local.npz", zip([{ body: square, offset: 3 }])), "bad-format");
    await refusedToRead(open("wide.npz", zip([{ body: square, offset: 0xffffffff }])), "truncated");
    await refusedToRead(open("crypt.npz", zip([{ body: square, flags: 1 }])), "bad-format");
    await refusedToRead(open("method.npz", zip([{ body: square, method: 12 }])), "bad-format");
    const twice = zip([{ body: square }, { body: square, offset: 0 }]);
    await refusedToRead(open("twice.npz", twice), "ambiguous-column");
    await refusedToRead(openNpz(files.path("twice.npz"), { vector: "a" }), "bad-format");
  });

  it("archives without arrays, no archives, and cut ones", async () => {
    await refusedToRead(open("none.npz", zip([])), "empty-input");
    await refusedToRead(
      open("text.npz", zip([{ name: "readme.txt", body: bytesOf("hello") }])),
      "empty-input",
    );
    await refusedToRead(open("npy.npz", square), "bad-format");
    await refusedToRead(open("tiny.npz", bytesOf("P")), "bad-format");
    await refusedToRead(open("empty.npz", new Uint8Array(0)), "empty-input");
    await refusedToRead(openNpz(files.path("missing.npz")), "missing-file");
    await refusedToRead(openNpz(files.path(".")), "not-a-file");
    const whole = readFileSync(fixture("deflated.npz"));
    for (let length = 4; length < whole.length; length += 7) {
      await refusedToRead(open("cut.npz", whole.subarray(0, length)), "truncated");
    }
  });

  it("names that would break a line or a prototype", async () => {
    const error = await refusedToRead(
      open(
        "names.npz",
        zip([
          { name: "a\n\x1b[31m.npy", body: square },
          { name: "__proto__.npy", body: square },
        ]),
      ),
      "ambiguous-column",
    );
    expect(error.message).toContain("__proto__ (2 x 2)");
    const { matrix: got } = await readAll(openNpz(files.path("names.npz"), { vector: "__proto__" }));
    expectSame(got.data, [1, 2, 3, 4]);
    await refusedToRead(openNpz(files.path("names.npz"), { vector: "constructor" }), "unknown-column");
  });

  it("a wrong number of labels", async () => {
    const m = matrix([1, 2, 3, 4], 2, 2);
    await writeNpz(files.path("labels.npz"), rowsFromMatrix(m), { extra: { y: Int32Array.of(1, 2, 3) } });
    const source = await openNpz(files.path("labels.npz"));
    await refused(source.column!("y"), "row-count-mismatch");
    await source.close();
  });

  it("any change of any byte gives an array or one of our errors", async () => {
    const good = readFileSync(fixture("deflated.npz"));
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        const got: unknown = await readAll(open("fuzz.npz", bytes)).catch((error: unknown) => error);
        if (got instanceof Error) expect(got.name).toBe("IsometerError");
      }),
      { numRuns: 200 },
    );
  });
});

describe.skipIf(!hasSharedData)("real files", () => {
  it("cardio and shuttle: X is chosen, y are labels", async () => {
    const { source } = await readAll(openNpz(sharedData("anomaly/cardio.npz")));
    expect(source).toMatchObject({ dtype: "float64", shape: [1831, 21] });
    expect([...source.columns].sort()).toEqual(["X", "y"]);
    const shuttle = await openNpz(sharedData("anomaly/shuttle.npz"), { id: "y" });
    expect(shuttle).toMatchObject({ dtype: "int16", rows: 49097, cols: 9, warnings: [] });
    expect(new Set(await shuttle.ids!())).toEqual(new Set(["0", "1"]));
    await shuttle.close();
  });
});
