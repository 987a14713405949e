import { IsometerError, type Rows } from "../base/index.ts";
import { shown, truncatedError } from "./array-checks.ts";
import { type DTypeName, dtypeOf } from "./dtype.ts";
import { arraySource } from "./node-array.ts";
import { closeOnError, openBytes, readStart } from "./node-bytes.ts";
import { atomicWrite, checkedBlocks } from "./node-write.ts";
import type { OpenOptions, Source } from "./source.ts";

/** The third byte of the magic number. */
const TYPES: Readonly<Record<number, DTypeName>> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

/**
 * Opens an IDX file, the format of MNIST (gzip too): two zero bytes, a type, the number of dimensions, that many
 * big-endian 32-bit sizes, then the elements, big-endian. Specified at the foot of http://yann.lecun.com/exdb/mnist/
 *
 * Bytes after the last element are an error: they would be the sign of a wrong size.
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, unsupported-dtype, too-large; while
 *   reading also bad-value (float64 beyond float32), bad-format (more bytes inside a gzip file)
 */
export async function openIdx(path: string, _options: OpenOptions = {}): Promise<Source> {
  const input = await openBytes(path, "content");
  return closeOnError(input, async () => {
    const { where } = input;
    const bytes = await readStart(input, 4 + 4 * 255);
    if (bytes.length === 0) {
      throw new IsometerError("empty-input", `${where} is empty (0 bytes)`, {
        hint: "Check the program that wrote it.",
      });
    }
    const { name, rank } = idxMagic(where, bytes);
    const start = 4 + 4 * rank;
    if (bytes.length < start)
      throw truncatedError(where, `a header of ${start} bytes`, `${bytes.length} bytes`);
    const view = new DataView(bytes.buffer);
    const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
    const layout = { dtype: dtypeOf(name, true), shape, fortran: false, start, exact: true };
    return arraySource(input, layout, { path, format: "idx" });
  });
}

/** How to write IDX. */
export interface IdxOptions {
  /** The shape of one row, for instance [28, 28]; default [cols]. */
  readonly shape?: readonly number[];
  readonly signal?: AbortSignal;
}

/**
 * Writes rows as IDX: uint8 when every value is an integer of 0..255, else float32. Reads `rows` twice. Whole or not at all.
 *
 * @throws bad-option (the place cannot be written, a shape that does not fit, a size beyond 32 bits), truncated, aborted
 */
export async function writeIdx(path: string, rows: Rows, options: IdxOptions = {}): Promise<void> {
  const { shape = [rows.cols], signal } = options;
  const sizes = [rows.rows, ...shape];
  const cols = shape.reduce((product, size) => product * size, 1);
  if (
    cols !== rows.cols ||
    sizes.length > 255 ||
    sizes.some((size) => !(Number.isInteger(size) && size >= 0 && size < 2 ** 32))
  ) {
    throw new IsometerError(
      "bad-option",
      `${shown(path)}: rows of ${rows.cols} values do not fit the shape ${shape}`,
      {
        needed: `at most 254 sizes below 2^32 with product ${rows.cols}`,
        got: String(shape),
        hint: "Leave the shape out to write rows x columns.",
      },
    );
  }
  const bytes = await allBytes(rows, signal);
  const header = new Uint8Array(4 + 4 * sizes.length);
  header.set([0, 0, bytes ? 0x08 : 0x0d, sizes.length]);
  for (const [i, size] of sizes.entries()) new DataView(header.buffer).setUint32(4 + 4 * i, size);
  await atomicWrite(path, async (file) => {
    await file.append(header);
    for await (const { data } of checkedBlocks(rows, signal)) {
      await file.append(bytes ? new Uint8Array(data) : bigEndian(data));
    }
  });
}

async function allBytes(rows: Rows, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const { data } of checkedBlocks(rows, signal)) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i]!;
      if (!(value >= 0 && value <= 255 && Number.isInteger(value)) || Object.is(value, -0)) return false;
    }
  }
  return true;
}

function bigEndian(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!);
  return new Uint8Array(view.buffer);
}

function idxMagic(where: string, bytes: Uint8Array): { name: DTypeName; rank: number } {
  const [zero, one, type, rank] = bytes as unknown as [number, number, number, number];
  if (bytes.length < 4 || zero !== 0 || one !== 0) {
    throw new IsometerError(
      "bad-format",
      `${where} is not an IDX file: it does not begin with two zero bytes`,
      {
        needed: "00 00 type rank",
        hint: "Check the name; MNIST-like files are called ...-idx3-ubyte or ...-idx3-ubyte.gz.",
      },
    );
  }
  const name = TYPES[type];
  if (name === undefined) {
    throw new IsometerError("unsupported-dtype", `${where}: IDX type 0x${type.toString(16)} is not known`, {
      needed: "08 uint8, 09 int8, 0b int16, 0c int32, 0d float32 or 0e float64",
      got: `0x${type.toString(16)}`,
      hint: "The file may not be IDX: check its name.",
    });
  }
  return { name, rank };
}
