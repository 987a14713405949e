import { argsort } from "../base/index.ts";
import type { Kernel } from "../engine/index.ts";
import { addLevel, emptyLevels, type Levels } from "../optim/index.ts";
import { endOfTie, type OrderedPairs } from "./order-pairs.ts";

/** Set-up of the distances of ordered pairs. The places are read anew for each task. */
export interface OrderLevelsSetup extends OrderedPairs {
  /** n x d, on shared memory. */
  readonly places: Float64Array;
  readonly n: number;
  readonly d: number;
}

/** The ascending levels of the distances of some positions, counted from the first of them, and the sum of their squares. */
export interface OrderLevels {
  readonly ends: Int32Array;
  readonly sums: Float64Array;
  readonly squares: number;
}

/** A task is a range of positions that cuts no tie. */
export async function open(
  setup: OrderLevelsSetup,
): Promise<Kernel<readonly [number, number], OrderLevels, null>> {
  let levels = emptyLevels(0);
  let distances = new Float64Array(0);
  return {
    async run([start, end]) {
      if (distances.length < end - start) {
        levels = emptyLevels(end - start);
        distances = new Float64Array(end - start);
      }
      const squares = measure(setup, start, end, distances);
      levels.count = 0;
      pool(setup, start, end, distances, levels);
      const { ends, sums, count } = levels;
      return { ends: ends.slice(0, count), sums: sums.slice(0, count), squares };
    },
    finish: () => null,
  };
}

/** Writes the distances of some positions, and gives the sum of their squares. */
function measure(
  { pairs, partners, places, n, d }: OrderLevelsSetup,
  start: number,
  end: number,
  distances: Float64Array,
): number {
  let squares = 0;
  for (let at = start; at < end; at++) {
    const pair = pairs[at]!;
    const place = Math.floor(pair / partners);
    let other = place + 1 + (pair - place * partners);
    if (other >= n) other -= n;
    let square = 0;
    for (let k = 0; k < d; k++) {
      const difference = places[place * d + k]! - places[other * d + k]!;
      square += difference * difference;
    }
    squares += square;
    distances[at - start] = Math.sqrt(square);
  }
  return squares;
}

/** Levels of the distances, those of a tie put in order first: they need not be equal (Kruskal's primary approach). */
function pool(
  { keys, pairs }: OrderLevelsSetup,
  start: number,
  end: number,
  distances: Float64Array,
  levels: Levels,
): void {
  for (let at = start; at < end; ) {
    const next = endOfTie(keys, at);
    const size = next - at;
    if (size > MOST_INSERTED) sortTie(distances.subarray(at - start, next - start), pairs.subarray(at, next));
    else if (size > 1) insertTie(distances, at - start, pairs, at, size);
    for (; at < next; at++) addLevel(levels, at - start + 1, distances[at - start]!);
  }
}

/** Of so many numbers, insertion is the faster way. */
const MOST_INSERTED = 16;

/** Sorts the distances of a small tie from position `from` on, and its pairs, from `own` on, along. */
function insertTie(
  distances: Float64Array,
  from: number,
  pairs: Int32Array,
  own: number,
  size: number,
): void {
  for (let k = 1; k < size; k++) {
    const [distance, pair] = [distances[from + k]!, pairs[own + k]!];
    let to = k;
    for (; to > 0 && distances[from + to - 1]! > distance; to--) {
      distances[from + to] = distances[from + to - 1]!;
      pairs[own + to] = pairs[own + to - 1]!;
    }
    distances[from + to] = distance;
    pairs[own + to] = pair;
  }
}

/** Beyond so many, the bits of a float32 and a number do not fit into one float64. */
const MOST_PACKED = 2 ** 21;

/** Sorts the distances of a tie, and its pairs along. */
function sortTie(distances: Float64Array, pairs: Int32Array): void {
  if (isAscending(distances)) return;
  const [oldDistances, oldPairs] = [distances.slice(), pairs.slice()];
  const order = distances.length <= MOST_PACKED ? packedOrder(distances) : argsort(distances);
  for (let k = 0; k < order.length; k++) {
    distances[k] = oldDistances[order[k]!]!;
    pairs[k] = oldPairs[order[k]!]!;
  }
}

function isAscending(values: Float64Array): boolean {
  for (let k = 1; k < values.length; k++) if (values[k]! < values[k - 1]!) return false;
  return true;
}

/** The order of distances, as far as float32 tells them apart: their bits, which order as they do, and their numbers are sorted as one. */
function packedOrder(distances: Float64Array): Float64Array {
  const bits = new Uint32Array(Float32Array.from(distances).buffer);
  const packed = new Float64Array(distances.length);
  for (let k = 0; k < packed.length; k++) packed[k] = bits[k]! * MOST_PACKED + k;
  packed.sort();
  for (let k = 0; k < packed.length; k++) packed[k] = packed[k]! % MOST_PACKED;
  return packed;
}
