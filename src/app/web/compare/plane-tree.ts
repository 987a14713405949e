/** Points of the plane, halved again and again by the median of the wider side: a k-d tree without nodes. Cost n log n. */
export interface PlaneTree {
  readonly places: Float32Array;
  /** Points in the order of the tree: the middle of each part halves it. */
  readonly points: Int32Array;
  /** By which coordinate the part around each place of `points` is halved, 0 or 1. */
  readonly sides: Uint8Array;
}

/** Parts of at most so many points are searched one by one. */
const LEAF = 8;

/** @param points which of them; put into the order of the tree */
export function planeTree(places: Float32Array, points: Int32Array): PlaneTree {
  const sides = new Uint8Array(points.length);
  const parts: [number, number][] = [[0, points.length - 1]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [low, high] = part;
    if (high - low < LEAF) continue;
    const middle = (low + high) >> 1;
    const side = widerSide(places, points, low, high);
    sides[middle] = side;
    halve(places, points, low, high, middle, side);
    parts.push([low, middle - 1], [middle + 1, high]);
  }
  return { places, points, sides };
}

function widerSide(places: Float32Array, points: Int32Array, low: number, high: number): 0 | 1 {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = low; i <= high; i++) {
    const [x, y] = [places[2 * points[i]!]!, places[2 * points[i]! + 1]!];
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  return right - left >= top - bottom ? 0 : 1;
}

/** Quickselect: what is before the middle is no larger, what is after it no smaller. */
function halve(
  places: Float32Array,
  points: Int32Array,
  ...[from, to, middle, side]: [number, number, number, number]
): void {
  let [low, high] = [from, to];
  const value = (at: number) => places[2 * points[at]! + side]!;
  while (low < high) {
    const pivot = value((low + high) >> 1);
    let [i, j] = [low, high];
    while (i <= j) {
      while (value(i) < pivot) i++;
      while (value(j) > pivot) j--;
      if (i <= j) {
        const held = points[i]!;
        points[i++] = points[j]!;
        points[j--] = held;
      }
    }
    if (middle <= j) high = j;
    else if (middle >= i) low = i;
    else return;
  }
}

/** The nearest points of one of them, itself left out, into `found`; gives how many there are. `far` is room for their squared distances. */
export function nearestOf(tree: PlaneTree, point: number, found: Int32Array, far: Float64Array): number {
  const { places, points, sides } = tree;
  const [x, y] = [places[2 * point]!, places[2 * point + 1]!];
  let count = 0;
  const offer = (other: number) => {
    const distance = (places[2 * other]! - x) ** 2 + (places[2 * other + 1]! - y) ** 2;
    if (other === point || (count === found.length && distance >= far[count - 1]!)) return;
    if (count < found.length) count++;
    let at = count - 1;
    for (; at > 0 && far[at - 1]! > distance; at--) {
      far[at] = far[at - 1]!;
      found[at] = found[at - 1]!;
    }
    far[at] = distance;
    found[at] = other;
  };
  const search = (low: number, high: number): void => {
    if (high - low < LEAF) {
      for (let i = low; i <= high; i++) offer(points[i]!);
      return;
    }
    const middle = (low + high) >> 1;
    const side = sides[middle]!;
    const across = (side === 0 ? x : y) - places[2 * points[middle]! + side]!;
    offer(points[middle]!);
    const isBelow = across <= 0;
    if (isBelow) search(low, middle - 1);
    else search(middle + 1, high);
    if (count === found.length && across * across >= far[count - 1]!) return;
    if (isBelow) search(middle + 1, high);
    else search(low, middle - 1);
  };
  search(0, points.length - 1);
  return count;
}
