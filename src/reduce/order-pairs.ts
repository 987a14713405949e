import { sharedFloat32, sharedInt32, sortWords } from "../base/index.ts";

/** Pairs by their lengths, shortest first, on shared memory. Pair p is of place p / partners and of that which follows it by 1 + p % partners, around the end. */
export interface OrderedPairs {
  /** Numbers that order as the lengths do; equal ones are ties. */
  readonly keys: Int32Array;
  /** The pair in each position. Loops over distances put those of a tie in order of distance. */
  readonly pairs: Int32Array;
  /** What the distance in each position should be. */
  readonly disparities: Float32Array;
  readonly partners: number;
}

/** Bits of a length that are dropped: products in float32 do not tell lengths apart that differ by 1e-6 of themselves, and ties must not be broken by rounding. */
const DROPPED = 4;

/** Sorts pairs by their lengths, numbers of 0 or more. Cost N; 20 bytes for each pair while it sorts, 12 that are kept. */
export function orderPairs(lengths: Float32Array, partners: number): OrderedPairs {
  const count = lengths.length;
  const bits = new Uint32Array(lengths.buffer, lengths.byteOffset, count);
  const { words, order } = sortWords(bits.map((value) => (value + 2 ** (DROPPED - 1)) >>> DROPPED));
  const [keys, pairs] = [sharedInt32(count), sharedInt32(count)];
  keys.set(words);
  pairs.set(order);
  return { keys, pairs, disparities: sharedFloat32(count), partners };
}

/** The length that a key stands for. */
export function lengthOfKey(key: number): number {
  WORD[0] = key << DROPPED;
  return FLOAT[0]!;
}

const WORD = new Uint32Array(1);
const FLOAT = new Float32Array(WORD.buffer);

/** Consecutive positions, about as many parts as asked for, that together are all; no tie is cut. */
export function orderRanges({ keys }: OrderedPairs, parts: number): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  const size = Math.max(1024, Math.ceil(keys.length / parts));
  for (let start = 0; start < keys.length; ) {
    const end = endOfTie(keys, Math.min(start + size, keys.length) - 1);
    ranges.push([start, end]);
    start = end;
  }
  return ranges;
}

/** The position after the last one of the tie that a position is in. */
export function endOfTie(keys: Int32Array, position: number): number {
  let end = position + 1;
  while (end < keys.length && keys[end] === keys[position]) end++;
  return end;
}
