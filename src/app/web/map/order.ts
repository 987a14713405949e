/** What is drawn of the points, in an order in which every beginning is a sample of all. */
export interface Drawn {
  /** Two numbers per point, in the order of drawing; the picture is the unit square, kept in proportion. */
  readonly places: Float32Array;
  /** Row of each point drawn. */
  readonly rows: Int32Array;
  /** Place in the order, by row. */
  readonly order: Int32Array;
}

/** A fixed shuffle of 0..n-1: multiplication by an odd step in a power of two, what falls outside left out; the same for every latent of a view. */
export function shuffled(n: number): Int32Array {
  const out = new Int32Array(n);
  let bits = 1;
  while (2 ** bits < n) bits++;
  const mask = 2 ** bits - 1;
  let at = 0;
  let state = 0;
  for (let i = 0; i <= mask; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) & mask;
    if (state < n) out[at++] = state;
  }
  return out;
}

/** Both coordinates of a row without a place: outside of the unit square. */
export const NOWHERE = 9;

/** Positions into the unit square, and into the order of drawing. Rows without a place (NaN) go outside of it. */
export function drawnOf(positions: Float32Array, order: Int32Array): Drawn {
  const n = order.length;
  const { x, y, side } = squareOf(positions);
  const places = new Float32Array(2 * n);
  const inverse = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const row = order[i]!;
    inverse[row] = i;
    const [a, b] = [positions[2 * row]!, positions[2 * row + 1]!];
    const isThere = Number.isFinite(a) && Number.isFinite(b);
    places[2 * i] = isThere ? (a - x) / side : NOWHERE;
    places[2 * i + 1] = isThere ? (b - y) / side : NOWHERE;
  }
  return { places, rows: order, order: inverse };
}

/** The smallest square about all positions: its lower left corner and its side. */
export function squareOf(positions: Float32Array): { x: number; y: number; side: number } {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < positions.length; i += 2) {
    const [a, b] = [positions[i]!, positions[i + 1]!];
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    if (a < left) left = a;
    if (a > right) right = a;
    if (b < low) low = b;
    if (b > high) high = b;
  }
  if (!(left <= right)) return { x: 0, y: 0, side: 1 };
  const side = Math.max(right - left, high - low) || 1;
  return { x: (left + right - side) / 2, y: (low + high - side) / 2, side };
}
