import { IsometerError, type Rows } from "../base/index.ts";
import { checkCols, truncatedError } from "./array-checks.ts";
import { decodeText } from "./dtype.ts";
import { arraySource, checkBytes } from "./node-array.ts";
import { type ByteInput, closeOnError, openBytes, readStart } from "./node-bytes.ts";
import { atomicWrite, encodedRows, type WriteOptions } from "./node-write.ts";
import {
  NPY_PREAMBLE,
  type NpyHeader,
  npyHeaderBytes,
  npyPreamble,
  numericType,
  parseNpyHeader,
} from "./npy-header.ts";
import type { OpenOptions, Source } from "./source.ts";

/**
 * Opens an .npy file (versions 1 to 3, gzip too): any numeric type, byte order and rank above 0, C or Fortran order.
 *
 * Rank 1 becomes n x 1; higher ranks shape[0] x the product of the rest. Bytes after the last element are
 * ignored, as NumPy does. A single array has no names: `vector` and `id` do not apply.
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, unsupported-dtype, too-large; while
 *   reading also bad-value (float64 beyond float32)
 */
export async function openNpy(path: string, _options: OpenOptions = {}): Promise<Source> {
  const input = await openBytes(path, "content");
  return closeOnError(input, async () => {
    const header = await readNpyHeader(input);
    const dtype = numericType(input.where, header.type);
    return arraySource(input, { ...header, dtype, exact: false }, { path, format: "npy" });
  });
}

/**
 * Writes rows as a version 1.0 .npy file, little-endian, C order. Streams; whole or not at all.
 *
 * @throws bad-option (the place cannot be written), truncated (fewer rows than announced), aborted
 */
export function writeNpy(path: string, rows: Rows, options: WriteOptions = {}): Promise<void> {
  return atomicWrite(path, async (file) => {
    const descr = options.dtype === "float64" ? "<f8" : "<f4";
    await file.append(npyHeaderBytes(descr, [rows.rows, rows.cols]));
    for await (const bytes of encodedRows(rows, options)) await file.append(bytes);
  });
}

/**
 * The values of a one-dimensional .npy file as text: ids or labels, numbers or strings, 64-bit integers in full.
 *
 * @throws as `openNpy`; bad-format when it has more than one value per row
 */
export async function readNpyText(path: string): Promise<readonly string[]> {
  const input = await openBytes(path, "content");
  try {
    return await readTextArray(input, await readNpyHeader(input));
  } finally {
    await input.close();
  }
}

/** Reads the header of .npy bytes. @throws bad-format, truncated, empty-input */
export async function readNpyHeader(input: ByteInput): Promise<NpyHeader> {
  const { where } = input;
  const first = await readStart(input, NPY_PREAMBLE);
  if (first.length === 0) {
    throw new IsometerError("empty-input", `${where} is empty (0 bytes)`, {
      hint: "Check the program that wrote it.",
    });
  }
  const { textStart, textLength, utf8 } = npyPreamble(where, first);
  const needed = textStart + textLength;
  const bytes = await readStart(input, needed);
  if (bytes.length < needed)
    throw truncatedError(where, `a header of ${needed} bytes`, `${bytes.length} bytes`);
  const text = new TextDecoder(utf8 ? "utf-8" : "latin1").decode(bytes.subarray(textStart));
  return parseNpyHeader(where, text, needed);
}

/** Numbers or fixed-width strings of a one-dimensional array, as text. @throws bad-format, unsupported-dtype, truncated */
export async function readTextArray(input: ByteInput, header: NpyHeader): Promise<readonly string[]> {
  const { where } = input;
  const { type, shape, start } = header;
  const [rows] = shape;
  if (shape.length !== 1 || rows === undefined || !Number.isSafeInteger(rows) || rows < 0) {
    throw new IsometerError(
      "bad-format",
      `${where} does not hold one value per row: its shape is (${shape})`,
      {
        needed: "a one-dimensional array",
        got: `rank ${shape.length}`,
        hint: "Ids and labels are arrays of shape (rows,).",
      },
    );
  }
  const text = type.kind === "text" ? type : undefined;
  const dtype = text === undefined ? numericType(where, type) : undefined;
  const width = text?.bytes ?? dtype!.bytes;
  if (rows === 0 || width === 0)
    return new Array<string>(rows === 0 ? 0 : await zeroWidth(input, rows)).fill("");
  // Strings are checked as rows of single bytes.
  const bytes = { name: "uint8", bytes: 1, bigEndian: false } as const;
  checkCols(where, [rows, width], width);
  const layout = { dtype: bytes, shape: [rows, width], fortran: false, start, exact: false };
  await checkBytes(input, layout, rows * width);
  const strings: string[] = [];
  const step = Math.max(1, Math.floor(2 ** 22 / width));
  const stream = await input.openAt(start);
  try {
    for (let first = 0; first < rows; first += step) {
      const raw = new Uint8Array(Math.min(step, rows - first) * width);
      if ((await stream.read(raw)) < raw.length)
        throw truncatedError(where, `${rows} values`, `about ${first}`);
      for (const value of text ? fixedStrings(raw, text) : decodeText(raw, dtype!)) strings.push(value);
    }
  } finally {
    await stream.close();
  }
  return strings;
}

/** Empty strings take no bytes, so nothing proves their number: only as many are believed as the file has bytes. */
async function zeroWidth(input: ByteInput, rows: number): Promise<number> {
  if (rows <= Math.max(1024, input.stored)) return rows;
  throw new IsometerError("bad-format", `${input.where} announces ${rows} empty strings`, {
    hint: "The file is damaged: write it again.",
  });
}

/** NumPy's S (one byte per character) and U (UTF-32) elements, padded with zeros that do not count. */
function fixedStrings(
  raw: Uint8Array,
  type: { unicode: boolean; bytes: number; bigEndian: boolean },
): string[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const strings: string[] = [];
  for (let at = 0; at < raw.length; at += type.bytes) {
    const points: number[] = [];
    for (let i = at; i < at + type.bytes; i += type.unicode ? 4 : 1) {
      const point = type.unicode ? view.getUint32(i, !type.bigEndian) : raw[i]!;
      points.push(point <= 0x10ffff ? point : 0xfffd);
    }
    while (points.at(-1) === 0) points.pop();
    strings.push(points.map((point) => String.fromCodePoint(point)).join(""));
  }
  return strings;
}
