import type { Matrix } from "./matrix.ts";

/** The bits of -0: a distance cannot tell it from 0. */
const NEGATIVE_ZERO = -2147483648;

/**
 * A 32-bit hash of every row's bytes, with -0 as 0. Equal rows have equal hashes.
 *
 * @param m `n x d`; cost O(n d)
 */
export function rowHashes(m: Matrix): Int32Array {
  const bits = bitsOf(m);
  const hashes = new Int32Array(m.rows);
  for (let i = 0, p = 0; i < m.rows; i++) {
    let h = m.cols;
    for (const end = p + m.cols; p < end; p++) {
      const value = bits[p]!;
      h = Math.imul(h ^ (value === NEGATIVE_ZERO ? 0 : value), 0x9e3779b1);
      h ^= h >>> 15;
    }
    hashes[i] = h;
  }
  return hashes;
}

/**
 * The groups of equal rows (byte-equal after -0 is taken as 0): for each row the index of the first row equal to
 * it, itself where it is the first. Null when all rows differ.
 *
 * @param hashes of every row
 * @param equal whether two rows of the same hash are equal
 */
export function duplicateGroups(
  hashes: Int32Array,
  equal: (i: number, j: number) => boolean,
): Int32Array | null {
  const mask = 2 ** Math.ceil(Math.log2(2 * hashes.length + 2)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  let groups: Int32Array | null = null;
  for (let i = 0; i < hashes.length; i++) {
    let slot = hashes[i]! & mask;
    let first = slots[slot]!;
    while (first >= 0 && !(hashes[first] === hashes[i] && equal(first, i))) {
      slot = (slot + 1) & mask;
      first = slots[slot]!;
    }
    if (first < 0) slots[slot] = i;
    else {
      groups ??= Int32Array.from({ length: hashes.length }, (_, row) => row);
      groups[i] = first;
    }
  }
  return groups;
}

/** A function that tells whether rows i and j of `m` are equal, 0 and -0 being the same. */
export function rowsEqual(m: Matrix): (i: number, j: number) => boolean {
  const bits = bitsOf(m);
  return (i, j) => equalRows(bits, m.cols, i, j);
}

function bitsOf(m: Matrix): Int32Array {
  return new Int32Array(m.data.buffer, m.data.byteOffset, m.data.length);
}

function equalRows(bits: Int32Array, cols: number, i: number, j: number): boolean {
  for (let c = 0, p = i * cols, q = j * cols; c < cols; c++, p++, q++) {
    const a = bits[p]!;
    const b = bits[q]!;
    if (a !== b && !((a === NEGATIVE_ZERO || a === 0) && (b === NEGATIVE_ZERO || b === 0))) return false;
  }
  return true;
}
