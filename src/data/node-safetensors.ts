import { IsometerError, type Rows } from "../base/index.ts";
import { chooseArray, type NamedArray, shapeText, shown, truncatedError } from "./array-checks.ts";
import { type DType, type DTypeName, dtypeOf } from "./dtype.ts";
import { arraySource } from "./node-array.ts";
import { type ByteInput, closeOnError, openFile, plainInput, readStart } from "./node-bytes.ts";
import { atomicWrite, encodedRows, type WriteOptions } from "./node-write.ts";
import type { Contents, OpenOptions, Source } from "./source.ts";

/** The format's own limit on its header. */
const MAX_HEADER = 100_000_000;

const TYPES: Readonly<Record<string, DTypeName>> = {
  BOOL: "bool",
  U8: "uint8",
  I8: "int8",
  U16: "uint16",
  I16: "int16",
  U32: "uint32",
  I32: "int32",
  U64: "uint64",
  I64: "int64",
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
};

interface Tensor extends NamedArray {
  readonly shape: readonly number[];
  /** As stored: "F32", "F8_E4M3" ... */
  readonly stored: string;
  readonly dtype: DType | undefined;
  readonly begin: number;
  readonly end: number;
}

/**
 * Opens a tensor of a .safetensors file: 8 bytes length of the header (little-endian), the header (JSON: name to dtype,
 * shape and data_offsets), then the bytes of all tensors, little-endian, C order, without gaps.
 * Specified at https://huggingface.co/docs/safetensors. The tensor is the one named by `vector`, the only one, or
 * the only one of rank 2 or more.
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, unsupported-dtype, too-large, unknown-column,
 *   ambiguous-column; while reading also bad-value (float64 beyond float32)
 */
export async function openSafetensors(path: string, options: OpenOptions = {}): Promise<Source> {
  const { handle, size, where } = await openFile(path);
  return closeOnError(handle, async () => {
    const { tensors, start } = await readHeader(plainInput(where, handle, 0, size));
    const tensor = chooseArray(where, "tensor", tensors, options.vector);
    const name = `${where}: tensor "${shown(tensor.name)}"`;
    if (tensor.dtype === undefined) {
      throw new IsometerError("unsupported-dtype", `${name} is stored as ${shown(tensor.stored)}`, {
        needed: Object.keys(TYPES).join(", "),
        got: tensor.stored,
        hint: "Convert it to F32 or F16 first.",
      });
    }
    const input = plainInput(name, handle, start + tensor.begin, tensor.end - tensor.begin);
    const layout = { dtype: tensor.dtype, shape: tensor.shape, fortran: false, start: 0, exact: true };
    const columns = tensors.map((each) => each.name);
    return arraySource(input, layout, { path, format: "safetensors", columns, vector: [tensor.name] });
  });
}

/** The text that a .safetensors file keeps beside its tensors (`__metadata__`), empty where there is none. @throws as `openSafetensors` */
export async function safetensorsMetadata(path: string): Promise<Readonly<Record<string, string>>> {
  const { handle, size, where } = await openFile(path);
  try {
    return (await readHeader(plainInput(where, handle, 0, size))).metadata;
  } finally {
    await handle.close();
  }
}

/** The tensors of a .safetensors file with their shapes. @throws as `openSafetensors`, but nothing is chosen */
export async function safetensorsContents(path: string): Promise<Pick<Contents, "columns">> {
  const { handle, size, where } = await openFile(path);
  try {
    const { tensors } = await readHeader(plainInput(where, handle, 0, size));
    return {
      columns: tensors.map(({ name, shape, stored }) => ({ name, type: `${shapeText(shape)} ${stored}` })),
    };
  } finally {
    await handle.close();
  }
}

/** How to write .safetensors. */
export interface SafetensorsOptions extends WriteOptions {
  /** The name of the tensor; default "vectors". */
  readonly name?: string;
  /** Text to keep with it (`__metadata__`). */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes rows as one tensor of a .safetensors file. Streams; whole or not at all.
 *
 * @throws bad-option (the place cannot be written, the name is taken by the format), truncated, aborted
 */
export async function writeSafetensors(
  path: string,
  rows: Rows,
  options: SafetensorsOptions = {},
): Promise<void> {
  const { name = "vectors", metadata, dtype = "float32" } = options;
  if (name === "__metadata__") {
    throw new IsometerError("bad-option", "__metadata__ cannot be the name of a tensor", {
      hint: "Choose another name.",
    });
  }
  const bytes = rows.rows * rows.cols * (dtype === "float64" ? 8 : 4);
  const tensor = {
    dtype: dtype === "float64" ? "F64" : "F32",
    shape: [rows.rows, rows.cols],
    data_offsets: [0, bytes],
  };
  const entries: [string, unknown][] = [[name, tensor]];
  if (metadata !== undefined) entries.unshift(["__metadata__", metadata]);
  const text = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const json = new TextEncoder().encode(text);
  // Padded with spaces so that the tensor begins at a multiple of 8.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  await atomicWrite(path, async (file) => {
    await file.append(header);
    for await (const part of encodedRows(rows, options)) await file.append(part);
  });
}

async function readHeader(
  input: ByteInput,
): Promise<{ tensors: Tensor[]; start: number; metadata: Readonly<Record<string, string>> }> {
  const { where } = input;
  const size = input.size!;
  const first = await readStart(input, 8);
  if (first.length < 8) throw truncatedError(where, "a header of at least 8 bytes", `${size} bytes`);
  const length = Number(new DataView(first.buffer).getBigUint64(0, true));
  if (length > MAX_HEADER) {
    throw new IsometerError(
      "bad-format",
      `${where} announces a header of ${length.toLocaleString("en")} bytes`,
      {
        needed: `at most ${MAX_HEADER.toLocaleString("en")} bytes`,
        hint: "The file is not safetensors, or is damaged: check its name.",
      },
    );
  }
  if (8 + length > size) throw truncatedError(where, `a header of ${length} bytes`, `${size - 8} bytes`);
  const fields = parseObject(where, await readStart(input, length, 8));
  const tensors = Object.entries(fields)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => readTensor(where, name, value));
  checkOffsets(where, tensors, size - 8 - length);
  return { tensors, start: 8 + length, metadata: textsOf(fields.__metadata__) };
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

function parseObject(where: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(value)) return value;
  } catch (cause) {
    throw headerError(where, "is not JSON", cause);
  }
  throw headerError(where, "is not a JSON object");
}

function readTensor(where: string, name: string, value: unknown): Tensor {
  const called = `"${shown(name)}"`;
  if (!isRecord(value)) throw headerError(where, `says nothing about ${called}`);
  // Only what the object itself holds counts: nothing that "__proto__" could lend it.
  const own = (key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);
  const stored = own("dtype");
  const shape = own("shape");
  const offsets = own("data_offsets");
  if (typeof stored !== "string") throw headerError(where, `gives ${called} no dtype`);
  if (!isSizes(shape)) throw headerError(where, `gives ${called} an impossible shape`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw headerError(where, `gives ${called} impossible data_offsets`);
  const [begin, end] = offsets as [number, number];
  const dtype = Object.hasOwn(TYPES, stored) ? dtypeOf(TYPES[stored]!) : undefined;
  const values = shape.reduce((product, size) => product * size, 1);
  if (begin > end || (dtype !== undefined && end - begin !== values * dtype.bytes)) {
    throw headerError(
      where,
      `gives ${called} (${shapeText(shape)} ${shown(stored)}) bytes ${begin} to ${end}`,
    );
  }
  return { name, shape, numeric: dtype !== undefined, stored, dtype, begin, end };
}

/** The tensors must fill the bytes behind the header: no gap, no overlap, nothing beyond the end. */
function checkOffsets(where: string, tensors: readonly Tensor[], bytes: number): void {
  let at = 0;
  for (const { name, begin, end } of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) throw headerError(where, `leaves a gap or an overlap before "${shown(name)}"`);
    at = end;
  }
  if (at > bytes) throw truncatedError(where, `${at} bytes of tensors`, `${bytes} bytes`);
  if (at < bytes) throw headerError(where, `explains ${at} of ${bytes} bytes`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length <= 64 &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0)
  );
}

function headerError(where: string, problem: string, cause?: unknown): IsometerError {
  return new IsometerError("bad-format", `${where}: the safetensors header ${problem}`, {
    hint: "The file is damaged or not safetensors: write it again.",
    ...(cause === undefined ? {} : { cause }),
  });
}
