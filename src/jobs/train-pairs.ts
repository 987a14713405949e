import { IsometerError, sharedFloat32, sharedInt32, type Warning } from "../base/index.ts";
import type { TextColumns } from "../data/index.ts";
import type { KnownDistances } from "../learn/known-distances.ts";

/** Distances of a file of pairs, between rows to train on. */
export interface PairDistances {
  readonly given: KnownDistances;
  readonly warnings: readonly Warning[];
}

/**
 * Reads pairs as known distances. A third column called "distance" holds those; else it holds similarities: within [-1, 1] they are cosines, whose chords sqrt(2 - 2 s) count; others become
 * (largest - s) / (largest - least). Divided by their root mean square. A pair at distance 0 says that rows are equal, and does not count.
 *
 * @param at rows to train on: pairs with others are left out
 * @param ids of all rows; null: items are row numbers
 * @throws bad-value where an item or a distance is none, or no pair is left
 */
export async function readPairs(
  spec: string,
  at: Int32Array,
  rows: number,
  ids: readonly string[] | null,
): Promise<PairDistances> {
  const file = await pairColumns(spec);
  const distances = distancesOf(file);
  const placeOf = new Int32Array(rows).fill(-1);
  at.forEach((row, place) => {
    placeOf[row] = place;
  });
  const rowOf = openItems(file.path, rows, ids);
  const [left, right] = file.values.slice(0, 2).map((column) => Int32Array.from(column, rowOf)) as [
    Int32Array,
    Int32Array,
  ];
  const pairs = Array.from(distances, (distance, i) => ({
    distance,
    a: left[i]! < 0 ? -1 : placeOf[left[i]!]!,
    b: right[i]! < 0 ? -1 : placeOf[right[i]!]!,
  }));
  const used = pairs.filter(({ a, b, distance }) => a >= 0 && b >= 0 && a !== b && distance > 0);
  if (used.length === 0) {
    throw new IsometerError("bad-value", `${file.path} has no pair of rows that are trained on`, {
      got: `${pairs.length} pairs`,
      hint: "Items are row numbers, counted from 0, or with --id what that column says.",
    });
  }
  const unused = pairs.length - used.length;
  const message = `${file.path}: ${unused} of ${pairs.length} pairs do not count: of rows that are held out or not there, or at distance 0`;
  return {
    given: knownPairs(used),
    warnings: unused > 0 ? [{ code: "pairs-unused", message, count: unused }] : [],
  };
}

/** A table with a column "distance", or else one of similarities. */
async function pairColumns(spec: string): Promise<TextColumns> {
  const { readTextColumns } = await import("../data/index.ts");
  try {
    return await readTextColumns(spec, ["a", "b", "distance"], "pairs");
  } catch (error) {
    if (!(error instanceof IsometerError) || error.code !== "ambiguous-column") throw error;
    return readTextColumns(spec, ["a", "b", "similarity"], "pairs");
  }
}

function distancesOf({ path, columns, values }: TextColumns): Float64Array {
  const numbers = Float64Array.from(values[2]!, (text) => (text.trim() === "" ? Number.NaN : Number(text)));
  const isDistance = /dist/i.test(columns[2]!);
  const wrong = numbers.findIndex((value) => !Number.isFinite(value) || (isDistance && value < 0));
  if (wrong >= 0) {
    throw new IsometerError("bad-value", `${path}: row ${wrong}, column "${columns[2]}" is no distance`, {
      needed: isDistance ? "a number of 0 or more" : "a number: more is more similar",
      got: values[2]![wrong]!,
    });
  }
  if (isDistance) return numbers;
  const [least, largest] = [
    numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  if (least >= -1 && largest <= 1) return numbers.map((s) => Math.sqrt(Math.max(0, 2 - 2 * s)));
  return numbers.map((s) => (largest - s) / (largest - least));
}

/** A function from items to row numbers, -1 for those that are not there. */
function openItems(path: string, rows: number, ids: readonly string[] | null): (item: string) => number {
  if (ids) {
    const places = new Map(ids.map((id, row) => [id, row]));
    return (item) => places.get(item) ?? -1;
  }
  return (item) => {
    if (!/^\d{1,9}$/.test(item.trim())) {
      throw new IsometerError(
        "bad-value",
        `${path} names ${JSON.stringify(item)}, and rows have numbers alone`,
        {
          needed: "row numbers, counted from 0",
          got: item,
          hint: "Say what rows are called: --id COLUMN.",
        },
      );
    }
    return Number(item) < rows ? Number(item) : -1;
  };
}

interface Pair {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

function knownPairs(pairs: readonly Pair[]): KnownDistances {
  const [a, b] = [sharedInt32(pairs.length), sharedInt32(pairs.length)];
  const lengths = sharedFloat32(pairs.length);
  let squares = 0;
  pairs.forEach((pair, p) => {
    a[p] = pair.a;
    b[p] = pair.b;
    lengths[p] = pair.distance;
    squares += pair.distance ** 2;
  });
  return { kind: "pairs", a, b, lengths, unit: Math.sqrt(squares / pairs.length) };
}
