/*
 * A k-d tree over points of the plane (Bentley 1975), implicit: row numbers in an order in which the middle one of every stretch divides it, by x and y in turn.
 */

/** Stretches of so few rows are looked through. */
const LEAF = 16;

/** The nearest rows that were found, nearest first. */
export interface NearInPlane {
  readonly ids: Int32Array;
  /** Squared distances. */
  readonly squares: Float64Array;
}

/**
 * Puts row numbers in the order of a tree. Cost: n log n.
 *
 * @param ids n row numbers, rearranged
 * @param positions n x 2
 */
export function plantTree(ids: Int32Array, positions: Float32Array): void {
  const open = [0, ids.length - 1, 0];
  while (open.length > 0) {
    const axis = open.pop()!;
    const right = open.pop()!;
    const left = open.pop()!;
    if (right - left < LEAF) continue;
    const middle = (left + right) >> 1;
    selectBy(ids, positions, middle, left, right, axis);
    open.push(left, middle - 1, 1 - axis, middle + 1, right, 1 - axis);
  }
}

/** Rearranges `ids[left ... right]` so that the middle one stands where sorting would put it (Hoare 1961). */
function selectBy(
  ids: Int32Array,
  positions: Float32Array,
  middle: number,
  left: number,
  right: number,
  axis: number,
): void {
  let low = left;
  let high = right;
  while (low < high) {
    const pivot = positions[2 * ids[(low + high) >> 1]! + axis]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (positions[2 * ids[i]! + axis]! < pivot) i++;
      while (positions[2 * ids[j]! + axis]! > pivot) j--;
      if (i > j) break;
      const held = ids[i]!;
      ids[i++] = ids[j]!;
      ids[j--] = held;
    }
    if (middle <= j) high = j;
    else if (middle >= i) low = i;
    else return;
  }
}

/**
 * The nearest rows of a row, without itself, as many as `found` has room for; there are as many. Which of equally far rows come last is up to the tree.
 *
 * Cost: log n on average, however many rows share a place.
 */
export function nearInPlane(
  tree: Int32Array,
  positions: Float32Array,
  row: number,
  found: NearInPlane,
): void {
  const { ids, squares } = found;
  const last = squares.length - 1;
  squares.fill(Number.POSITIVE_INFINITY);
  const at = [positions[2 * row]!, positions[2 * row + 1]!] as const;
  const look = (id: number) => {
    if (id === row) return;
    const square = (positions[2 * id]! - at[0]) ** 2 + (positions[2 * id + 1]! - at[1]) ** 2;
    if (!(square < squares[last]!)) return;
    let place = last;
    for (; place > 0 && squares[place - 1]! > square; place--) {
      squares[place] = squares[place - 1]!;
      ids[place] = ids[place - 1]!;
    }
    squares[place] = square;
    ids[place] = id;
  };
  /** Stretches to be looked at, and how far they are at least, squared. */
  const open = [0, tree.length - 1, 0, 0];
  while (open.length > 0) {
    const away = open.pop()!;
    const axis = open.pop()!;
    const right = open.pop()!;
    const left = open.pop()!;
    if (away >= squares[last]!) continue;
    if (right - left < LEAF) {
      for (let i = left; i <= right; i++) look(tree[i]!);
      continue;
    }
    const middle = (left + right) >> 1;
    const gap = at[axis as 0 | 1] - positions[2 * tree[middle]! + axis]!;
    look(tree[middle]!);
    const beyond = gap * gap;
    if (gap < 0) open.push(middle + 1, right, 1 - axis, beyond, left, middle - 1, 1 - axis, 0);
    else open.push(left, middle - 1, 1 - axis, beyond, middle + 1, right, 1 - axis, 0);
  }
}
