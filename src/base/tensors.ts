import type { Matrix } from "./matrix.ts";

/** The bytes of a .safetensors file: the length of the header in 8 bytes, the header (JSON), the numbers, little-endian. Whole numbers up to 255 take a byte each. */
export function encodeTensors(
  tensors: Readonly<Record<string, Matrix>>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, { data, rows, cols }] of Object.entries(tensors)) {
    const isBytes = data.every((value) => value >= 0 && value <= 255 && Number.isInteger(value));
    const bytes = isBytes
      ? Uint8Array.from(data)
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    header[name] = {
      dtype: isBytes ? "U8" : "F32",
      shape: [rows, cols],
      data_offsets: [end, end + bytes.length],
    };
    parts.push(bytes);
    end += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Numbers start at a multiple of 8.
  const headerLength = (text.length + 7) & ~7;
  const out = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.set(text, 8);
  let at = 8 + headerLength;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
