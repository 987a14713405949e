import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { type DType, type DTypeName, dtypeOf } from "./dtype.ts";
import { type PythonLiteral, parsePythonLiteral } from "./python-literal.ts";

/**
 * The .npy format: 6 bytes magic, 2 bytes version, the length of the header (2 bytes in version 1, 4 in 2 and
 * 3, little-endian), the header (a Python dict: descr, fortran_order, shape), then the elements.
 * Specified in NEP 1 and https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export interface NpyHeader {
  readonly type: NpyType;
  readonly fortran: boolean;
  /** As stored; sizes are not yet checked (negative or huge ones pass). */
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly start: number;
}

/** What the elements are: numbers, text of fixed width, or something that is not read. */
export type NpyType =
  | { readonly kind: "number"; readonly dtype: DType }
  | { readonly kind: "text"; readonly unicode: boolean; readonly bytes: number; readonly bigEndian: boolean }
  | { readonly kind: "other"; readonly what: string };

/** Bytes needed to know how long the header is. */
export const NPY_PREAMBLE = 12;

/** NumPy itself reads headers up to 10,000 characters unless told to trust the file. */
const MAX_HEADER = 2 ** 20;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const NUMBERS: Readonly<Record<string, DTypeName>> = {
  b1: "bool",
  "?": "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

const OTHERS: Readonly<Record<string, string>> = {
  O: "Python objects",
  c: "complex numbers",
  M: "dates",
  m: "time spans",
  V: "raw bytes (void)",
  f: "extended-precision floats",
};

/**
 * Where the header lies, from the first bytes of a file.
 *
 * @throws bad-format for a wrong magic, version or header length
 */
export function npyPreamble(
  where: string,
  bytes: Uint8Array,
): { textStart: number; textLength: number; utf8: boolean } {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new IsometerError(
      "bad-format",
      `${where} is not an .npy file: it does not begin with the NumPy magic`,
      {
        needed: "\\x93NUMPY",
        got: shown(String.fromCharCode(...bytes.subarray(0, 6))),
        hint: "Check the name, or write it with numpy.save.",
      },
    );
  }
  const major = bytes[6]!;
  if (major < 1 || major > 3) {
    throw new IsometerError(
      "bad-format",
      `${where} is .npy version ${major}.${bytes[7]}, which is not known`,
      {
        needed: "version 1.0, 2.0 or 3.0",
        got: `${major}.${bytes[7]}`,
        hint: "Write it again with numpy.save.",
      },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textStart = major === 1 ? 10 : 12;
  const textLength = major === 1 ? view.getUint16(8, true) : bytes.length < 12 ? 0 : view.getUint32(8, true);
  if (textLength > MAX_HEADER) {
    throw new IsometerError("bad-format", `${where} announces a header of ${textLength} bytes`, {
      needed: `at most ${MAX_HEADER} bytes`,
      hint: "The file is damaged, or has thousands of named fields: save a plain array of numbers.",
    });
  }
  return { textStart, textLength, utf8: major === 3 };
}

/**
 * Reads the header's text.
 *
 * @param start bytes before the first element
 * @throws bad-format when it is not the dict that the format asks for
 */
export function parseNpyHeader(where: string, text: string, start: number): NpyHeader {
  const dict = parsePythonLiteral(text);
  const fields = dict instanceof Map ? (dict as ReadonlyMap<string, PythonLiteral>) : undefined;
  const descr = fields?.get("descr");
  const fortran = fields?.get("fortran_order");
  const shape = fields?.get("shape");
  if (descr === undefined || typeof fortran !== "boolean" || !Array.isArray(shape) || fields?.size !== 3) {
    throw headerError(where, "is not a dict of descr, fortran_order and shape");
  }
  if (!shape.every((size): size is number => typeof size === "number")) {
    throw headerError(where, "has a shape that is not a tuple of whole numbers");
  }
  if (shape.length > 64) throw headerError(where, `has ${shape.length} dimensions, NumPy allows 64`);
  return { type: npyType(where, descr), fortran, shape, start };
}

/** The numeric type of an array. @throws unsupported-dtype for text, objects, records, complex numbers, dates. */
export function numericType(where: string, type: NpyType): DType {
  if (type.kind === "number") return type.dtype;
  const what = type.kind === "text" ? "text" : type.what;
  throw new IsometerError("unsupported-dtype", `${where} holds ${what}, not numbers`, {
    needed: "bool, int8 to uint64, or float16 to float64",
    got: what,
    hint: 'Save the vectors as one plain array: numpy.save(path, numpy.stack(rows).astype("float32")).',
  });
}

/** A named part of an element that is a record. */
export type NpyField = readonly [name: string, descr: string];

/**
 * The bytes of a version 1.0 header, padded so that the elements begin at a multiple of 64.
 *
 * @param descr type of the elements, or the fields of each
 */
export function npyHeaderBytes(
  descr: string | readonly NpyField[],
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const type =
    typeof descr === "string"
      ? `'${descr}'`
      : `[${descr.map(([name, part]) => `('${name}', '${part}')`).join(", ")}]`;
  const dict = `{'descr': ${type}, 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const bytes = new Uint8Array(total).fill(0x20);
  bytes.set([...MAGIC, 1, 0, (total - 10) & 255, (total - 10) >> 8]);
  for (let i = 0; i < dict.length; i++) bytes[10 + i] = dict.charCodeAt(i);
  bytes[total - 1] = 0x0a;
  return bytes;
}

function npyType(where: string, descr: PythonLiteral): NpyType {
  if (Array.isArray(descr)) return { kind: "other", what: "records with named fields" };
  if (typeof descr !== "string") throw headerError(where, "has a descr that is not a string");
  const parts = /^([<>|=]?)([A-Za-z?])(\d*)(\[[^\]]*\])?$/.exec(descr);
  if (parts === null) throw headerError(where, `names an unknown type "${shown(descr)}"`);
  const [, order, letter, digits] = parts as unknown as [string, string, string, string];
  const bigEndian = order === ">";
  const name = Object.hasOwn(NUMBERS, letter + digits) ? NUMBERS[letter + digits] : undefined;
  if (name !== undefined) return { kind: "number", dtype: dtypeOf(name, bigEndian) };
  if (letter === "U" || letter === "S" || letter === "a") {
    const unicode = letter === "U";
    return { kind: "text", unicode, bytes: Number(digits) * (unicode ? 4 : 1), bigEndian };
  }
  if (Object.hasOwn(OTHERS, letter)) return { kind: "other", what: OTHERS[letter]! };
  throw headerError(where, `names an unknown type "${shown(descr)}"`);
}

function headerError(where: string, problem: string): IsometerError {
  return new IsometerError("bad-format", `${where}: the .npy header ${problem}`, {
    needed: "{'descr': '<f4', 'fortran_order': False, 'shape': (rows, cols), }",
    hint: "The file is damaged or was not written by NumPy: write it again with numpy.save.",
  });
}
