import { openPlaces } from "../engine/index.ts";
import type { Space } from "../neighbors/space.ts";

/** Offsets of rows from row i, `ids x cols`, in the units of the data (cosine: of directions). Valid until the next call. */
export function openOffsets(space: Space): (i: number, ids: Int32Array) => Float64Array {
  const { cols, metric, scales } = space;
  const { values, place } = openPlaces(space);
  const own = new Float64Array(cols);
  let offsets = new Float64Array(0);
  const factorOf = (row: number) => (metric === "cosine" ? scales[row]! : 1);
  return (i, ids) => {
    if (offsets.length !== ids.length * cols) offsets = new Float64Array(ids.length * cols);
    const at = place(i);
    const factor = factorOf(i);
    for (let k = 0; k < cols; k++) own[k] = values[at + k]! * factor;
    for (let r = 0; r < ids.length; r++) {
      const from = place(ids[r]!);
      const other = factorOf(ids[r]!);
      for (let k = 0; k < cols; k++) offsets[r * cols + k] = values[from + k]! * other - own[k]!;
    }
    return offsets;
  };
}
