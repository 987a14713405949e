/** Most rows that a saved page holds. */
export const MOST_ROWS = 200_000;

/**
 * The rows of a page, ascending: all, or, of more than `most`, a sample without order: the first in the order of drawing, with those that must be there and those that reach out furthest, so
 * that the picture keeps its frame.
 *
 * @param drawn row of each point in the order of drawing, and its place (two numbers)
 */
export function rowsToSave(
  drawn: { readonly rows: Int32Array; readonly places: Float32Array },
  needed: readonly number[],
  most = MOST_ROWS,
): Int32Array | null {
  const { rows } = drawn;
  if (rows.length <= most) return null;
  const chosen = new Set([...needed, ...outermost(drawn)]);
  for (let at = 0; chosen.size < most; at++) chosen.add(rows[at]!);
  return Int32Array.from(chosen).sort();
}

function outermost({ rows, places }: { readonly rows: Int32Array; readonly places: Float32Array }): number[] {
  const ends = [0, 0, 1, 1];
  for (let i = 0; i < rows.length; i++) {
    // Rows without a place lie outside of the unit square.
    if (places[2 * i]! > 1) continue;
    for (const axis of [0, 1]) {
      if (places[2 * i + axis]! < places[2 * ends[axis]! + axis]!) ends[axis] = i;
      if (places[2 * i + axis]! > places[2 * ends[axis + 2]! + axis]!) ends[axis + 2] = i;
    }
  }
  return ends.map((at) => rows[at]!);
}

/** Rows in the order in which their pictures are wanted: those that must be there, then a sample of the others, in the order of drawing, as far as they are `saved`. */
export function rowsToPicture(
  rows: Int32Array,
  needed: readonly number[],
  isSaved: (row: number) => boolean,
  most: number,
): readonly number[] {
  const wanted = new Set(needed);
  for (let at = 0; at < rows.length && wanted.size < most; at++)
    if (isSaved(rows[at]!)) wanted.add(rows[at]!);
  return [...wanted].slice(0, most);
}

/** Where each row is among those that were chosen; -1: it was not. */
export function placesAmong(chosen: Int32Array | null): (row: number) => number {
  if (chosen === null) return (row) => row;
  const at = new Map(Array.from(chosen, (row, i) => [row, i]));
  return (row) => at.get(row) ?? -1;
}

/** The values of chosen rows, `width` of each. */
export function taken<T extends Float32Array | Uint16Array>(
  values: T,
  chosen: Int32Array | null,
  width = 1,
): T {
  if (chosen === null) return values;
  const out = new (values.constructor as new (length: number) => T)(chosen.length * width);
  chosen.forEach((row, i) => {
    for (let k = 0; k < width; k++) out[width * i + k] = values[width * row + k]!;
  });
  return out;
}
