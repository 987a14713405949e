/** Names of the numeric element types that Isometer reads, as NumPy spells them (bfloat16: as safetensors' BF16). */
export type DTypeName =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

/** An element type at rest: what it is, how many bytes one takes, and in which order those bytes stand. */
export interface DType {
  readonly name: DTypeName;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly bigEndian: boolean;
}

const BYTES: Readonly<Record<DTypeName, DType["bytes"]>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

export const HOST_BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The element type called `name`, little-endian unless said otherwise. */
export function dtypeOf(name: DTypeName, bigEndian = false): DType {
  return { name, bytes: BYTES[name], bigEndian };
}

/** True where float32 cannot hold every value of the type: wide integers and float64. */
export function isNarrowed(name: DTypeName): boolean {
  return /^(u?int(32|64)|float64)$/.test(name);
}

/**
 * Decodes consecutive elements to float32.
 *
 * The result may be a view of `raw`, and `raw` may be changed (byte order): the caller gives it away.
 * Integers and float64 are rounded to the nearest float32; float64 beyond the range of float32 becomes an
 * infinity, which `firstOverflow` finds; bool gives 0 and 1.
 *
 * @param raw whole elements
 */
export function decodeFloat32(raw: Uint8Array, dtype: DType): Float32Array {
  const view = elements(raw, dtype);
  if (view instanceof Float32Array) return view;
  const values = new Float32Array(view.length);
  if (dtype.name === "bool") for (let i = 0; i < values.length; i++) values[i] = view[i] === 0 ? 0 : 1;
  else if (dtype.name === "float16") widenFloat16(view as Uint16Array, values);
  else if (dtype.name === "bfloat16") widenBfloat16(view as Uint16Array, values);
  else if (dtype.name === "int64" || dtype.name === "uint64") wordsToFloat32(raw, dtype, values);
  else values.set(view as Int32Array);
  return values;
}

/**
 * Index of the first finite float64 in `raw` that is infinite in `values` (what `decodeFloat32` made of it), or -1.
 * Always -1 for the other types: their values all lie within the range of float32.
 */
export function firstOverflow(raw: Uint8Array, dtype: DType, values: Float32Array): number {
  if (dtype.name !== "float64") return -1;
  const stored = elements(raw, { ...dtype, bigEndian: HOST_BIG_ENDIAN });
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // x - x is 0 for every finite x and NaN for the others.
    if (value - value !== 0 && Number.isFinite(stored[i])) return i;
  }
  return -1;
}

/** The stored value at `index` of `raw`, which `decodeFloat32` has already put into this machine's byte order. */
export function storedFloat64(raw: Uint8Array, index: number): number {
  return new DataView(raw.buffer, raw.byteOffset).getFloat64(index * 8, !HOST_BIG_ENDIAN);
}

/** Consecutive elements as text, one string each; 64-bit integers keep all their digits, bool gives "true"/"false". */
export function decodeText(raw: Uint8Array, dtype: DType): string[] {
  if (dtype.name === "int64" || dtype.name === "uint64") {
    const bytes = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return Array.from({ length: raw.byteLength / 8 }, (_, i) =>
      dtype.name === "int64"
        ? bytes.getBigInt64(i * 8, !dtype.bigEndian).toString()
        : bytes.getBigUint64(i * 8, !dtype.bigEndian).toString(),
    );
  }
  if (dtype.name === "bool") return Array.from(raw, (byte) => (byte === 0 ? "false" : "true"));
  const exact = dtype.bytes > 2 && dtype.name !== "float32";
  const values = exact ? (elements(raw, dtype) as Float64Array) : decodeFloat32(raw, dtype);
  return Array.from(values, String);
}

/** Little-endian bytes of `values` as float32 (where the machine has them so, the very same memory) or float64. */
export function encodeFloats(values: Float32Array, dtype: "float32" | "float64"): Uint8Array {
  if (dtype === "float32" && !HOST_BIG_ENDIAN)
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const out = dtype === "float64" ? new Float64Array(values) : new Float32Array(values);
  const bytes = new Uint8Array(out.buffer);
  if (HOST_BIG_ENDIAN) swapBytes(bytes, out.BYTES_PER_ELEMENT);
  return bytes;
}

/** Little-endian bytes of any typed array, in fresh memory. */
export function encodeLittleEndian(
  values: ArrayBufferView & { BYTES_PER_ELEMENT: number },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.byteLength);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  if (HOST_BIG_ENDIAN) swapBytes(bytes, values.BYTES_PER_ELEMENT);
  return bytes;
}

type Elements =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** `raw` as a typed array in host order: swapped in place where needed, copied only when it is not aligned. */
function elements(raw: Uint8Array, dtype: DType): Elements {
  const { bytes } = dtype;
  if (bytes > 1 && dtype.bigEndian !== HOST_BIG_ENDIAN) swapBytes(raw, bytes);
  const aligned = raw.byteOffset % bytes === 0 ? raw : raw.slice();
  const { buffer, byteOffset } = aligned;
  const length = aligned.byteLength / bytes;
  switch (dtype.name) {
    case "bool":
    case "uint8":
      return aligned;
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "int16":
      return new Int16Array(buffer, byteOffset, length);
    case "uint16":
    case "float16":
    case "bfloat16":
      return new Uint16Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, length);
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
    case "int64":
    case "uint64":
      return new Float64Array(buffer, byteOffset, length); // only its length is used: see wordsToFloat32
  }
}

function swapBytes(raw: Uint8Array, size: number): void {
  for (let at = 0; at < raw.length; at += size) {
    for (let low = at, high = at + size - 1; low < high; low++, high--) {
      const held = raw[low]!;
      raw[low] = raw[high]!;
      raw[high] = held;
    }
  }
}

/** 64-bit integers from two 32-bit words each: rounds to float64, then to float32, without a BigInt per value. */
function wordsToFloat32(raw: Uint8Array, dtype: DType, values: Float32Array): void {
  const bytes = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const little = !HOST_BIG_ENDIAN;
  const highAt = little ? 4 : 0;
  const signed = dtype.name === "int64";
  for (let i = 0, at = 0; i < values.length; i++, at += 8) {
    const high = signed ? bytes.getInt32(at + highAt, little) : bytes.getUint32(at + highAt, little);
    values[i] = high * 4294967296 + bytes.getUint32(at + 4 - highAt, little);
  }
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. Every value is exact in float32. */
function widenFloat16(halves: Uint16Array, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const sign = (half & 0x8000) << 16;
    if (exponent === 0) values[i] = (sign ? -1 : 1) * fraction * 2 ** -24;
    else bits[i] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
  }
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
}
