/** Arrays kept for reuse, by length. At most KEPT_BYTES of them, the latest. */
const KEPT_BYTES = 96 * 2 ** 20;

const kept: Float32Array[] = [];
let bytes = 0;

/** An array of this length that was given back, or a new one. Its contents are what they are. */
export function borrow(length: number): Float32Array {
  const at = kept.findLastIndex((array) => array.length === length);
  if (at < 0) return new Float32Array(length);
  const [array] = kept.splice(at, 1);
  bytes -= array!.byteLength;
  return array!;
}

export function giveBack(array: Float32Array): void {
  kept.push(array);
  bytes += array.byteLength;
  while (bytes > KEPT_BYTES) bytes -= kept.shift()!.byteLength;
}
