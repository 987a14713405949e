import type { Drawn } from "./order.ts";

/**
 * Points on their way to their true distance from one of them: the direction stays, the length becomes that of the original, in the one unit in which the median is what it was.
 *
 * @param distances of every row to the picked one, in the original
 * @param part 0: as drawn, 1: at the true distance
 */
export function recentred(drawn: Drawn, picked: number, distances: Float32Array, part: number): Float32Array {
  const { places, rows, order } = drawn;
  if (part === 0) return places;
  const out = new Float32Array(places.length);
  const at = order[picked]!;
  const centre = { x: places[2 * at]!, y: places[2 * at + 1]! };
  const unit = unitOf(drawn, centre, distances);
  for (let i = 0; i < rows.length; i++) {
    const dx = places[2 * i]! - centre.x;
    const dy = places[2 * i + 1]! - centre.y;
    const length = Math.hypot(dx, dy);
    const wanted = distances[rows[i]!]! * unit;
    const now = length + (wanted - length) * part;
    // Rows that are drawn upon the picked one have no direction: they leave by one that their number gives.
    const angle = length > 0 ? 0 : rows[i]! * 2.399963;
    out[2 * i] = centre.x + (length > 0 ? (dx / length) * now : Math.cos(angle) * now);
    out[2 * i + 1] = centre.y + (length > 0 ? (dy / length) * now : Math.sin(angle) * now);
  }
  return out;
}

/** Picture by original, of medians of at most 10,001 rows. */
function unitOf({ places, rows }: Drawn, centre: { x: number; y: number }, distances: Float32Array): number {
  const some = Math.min(rows.length, 10_001);
  const shown = Float64Array.from({ length: some }, (_, i) =>
    Math.hypot(places[2 * i]! - centre.x, places[2 * i + 1]! - centre.y),
  ).sort();
  const real = Float64Array.from({ length: some }, (_, i) => distances[rows[i]!]!).sort();
  const middle = Math.floor(some / 2);
  return real[middle]! > 0 ? shown[middle]! / real[middle]! : 0;
}
