import { IsometerError } from "../../base/index.ts";
import { type ConstantExpression, constant, type Expression } from "../expression.ts";
import { type ElementType, TYPES, tensorOf } from "../op.ts";
import { sizeOf } from "../shape.ts";

/** A tensor as the bytes of a model have it. */
export interface RawTensor {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly doubleData: readonly number[];
  readonly rawData: Uint8Array;
  readonly externalData: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation: number;
  readonly name: string;
}

export interface RawAttribute {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: RawTensor | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

/** Reads bytes of a file beside the model: `length` of them from `offset` on. Whoever gives it keeps it within its folder. */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

/** A node of a model, as those see it who know its operation. */
export interface Source {
  readonly op: string;
  /** "Conv /layer1/conv": for messages. */
  readonly title: string;
  readonly opset: number;
  readonly inputs: readonly (Expression | undefined)[];
  /** How many results are asked for. */
  readonly outputs: number;
  has(attribute: string): boolean;
  int(attribute: string, otherwise: number): number;
  ints(attribute: string): readonly number[] | undefined;
  float(attribute: string, otherwise: number): number;
  floats(attribute: string): readonly number[] | undefined;
  text(attribute: string, otherwise: string): string;
  tensor(attribute: string): ConstantExpression | undefined;
}

/** What a node refuses, in words that name it. */
export function refused({ title }: Pick<Source, "title">, why: string): IsometerError {
  return new IsometerError("unsupported-model", `${title}: ${why}`, {
    hint: "Export the model without it, or measure the part before it.",
  });
}

/** An input that has to be there. */
export function needed(source: Source, at: number): Expression {
  const e = source.inputs[at];
  if (!e) throw refused(source, `input ${at + 1} is missing`);
  return e;
}

/** The numbers of an input that has to follow from constants and sizes alone; undefined where the input is left out. */
export function numbersOf(source: Source, at: number): number[] | undefined {
  const e = source.inputs[at];
  if (!e) return undefined;
  if (e.kind !== "constant") throw refused(source, `input ${at + 1} depends on the data`);
  return Array.from(e.data as ArrayLike<number | bigint>, Number);
}

/** More numbers than this are not made while a model is read, whatever it declares. */
const MOST_MADE = 2 ** 24;

/** How many numbers, or operations, a node asks for, where that is bearable. */
export function bearable(source: Source, count: number): number {
  if (!(count >= 0 && count <= MOST_MADE)) throw refused(source, `it asks for ${count} numbers`);
  return count;
}

/** Dimensions that have to be known. */
export function sizes(source: Source, e: Expression): number[] {
  return e.shape.map((dim) => {
    if (typeof dim === "number") return dim;
    throw refused(source, `the size of dimension ${dim} is not known`);
  });
}

/** Bytes of one element. */
const WIDTHS: Readonly<Record<ElementType, number>> = {
  float: 4,
  double: 8,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** More elements than this are not read: 16 GB of float32. */
const MOST_ELEMENTS = 2 ** 32;

/** A tensor of a model. Half-precision numbers become float32, 16-bit integers int32: exactly. */
export function tensorFrom(raw: RawTensor, external: ReadExternal | undefined): ConstantExpression {
  const dims = raw.dims.map(Number);
  const title = `tensor ${raw.name || "without a name"}`;
  const bad = (why: string) => new IsometerError("bad-format", `${title} ${why}`);
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0))
    throw bad("has a size that is no number of elements");
  const size = sizeOf(dims);
  if (!(size <= MOST_ELEMENTS)) throw bad(`declares ${size} elements`);
  if (raw.dataType === HALF || raw.dataType === BRAIN)
    return halves(raw, dims, size, bytesOf(raw, 2 * size, external, bad));
  const type = TYPES[raw.dataType];
  if (!type) {
    throw new IsometerError("unsupported-model", `${title} is of type ${raw.dataType}`, {
      hint: "Export the model in float32.",
    });
  }
  const listed =
    type === "float"
      ? raw.floatData
      : type === "double"
        ? raw.doubleData
        : type === "int64"
          ? raw.int64Data
          : raw.int32Data;
  if (listed.length > 0) {
    if (listed.length !== size) throw bad(`has ${listed.length} numbers for ${size} elements`);
    return constant(tensorOf(type, dims, (i) => Number(listed[i])).data, dims, type);
  }
  const bytes = bytesOf(raw, WIDTHS[type] * size, external, bad);
  const { data } = tensorOf(type, [size], () => 0);
  new Uint8Array(data.buffer).set(bytes);
  return constant(data, dims, type);
}

const HALF = 10;
const BRAIN = 16;
const EXTERNAL = 1;

/** The raw bytes of a tensor, as many as its sizes say. */
function bytesOf(
  raw: RawTensor,
  length: number,
  external: ReadExternal | undefined,
  bad: (why: string) => IsometerError,
): Uint8Array {
  const bytes = raw.dataLocation === EXTERNAL ? outside(raw, length, external, bad) : raw.rawData;
  if (bytes.length !== length) throw bad(`has ${bytes.length} bytes where ${length} are declared`);
  return bytes;
}

function outside(
  raw: RawTensor,
  length: number,
  external: ReadExternal | undefined,
  bad: (why: string) => IsometerError,
): Uint8Array {
  const entry = (key: string) => raw.externalData.find((each) => each.key === key)?.value;
  const location = entry("location");
  if (!location) throw bad("lies in another file, whose name is missing");
  if (!external) throw bad(`lies in another file, ${location}, and the model was given alone`);
  const [offset, declared] = [Number(entry("offset") ?? 0), Number(entry("length") ?? length)];
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw bad(`starts at byte ${entry("offset")} of ${location}`);
  if (declared !== length) throw bad(`has ${declared} bytes in ${location} where ${length} are declared`);
  return external(location, offset, length);
}

/** IEEE half-precision numbers, and bfloat16, as float32. */
function halves(
  raw: RawTensor,
  dims: readonly number[],
  size: number,
  bytes: Uint8Array,
): ConstantExpression {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const wide = (word: number): number => {
    bits[0] = word << 16;
    return float[0]!;
  };
  const data = Float32Array.from({ length: size }, (_, i) => {
    const word = words.getUint16(2 * i, true);
    return raw.dataType === BRAIN ? wide(word) : half(word);
  });
  return constant(data, dims);
}

/** An IEEE half-precision number: sign, 5 bits of exponent, 10 of fraction. */
function half(word: number): number {
  const sign = word >> 15 ? -1 : 1;
  const [exponent, fraction] = [(word >> 10) & 31, word & 1023];
  if (exponent === 31) return fraction > 0 ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
