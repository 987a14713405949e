// AssemblyScript (strict, WebAssembly SIMD). The forces of t-SNE in two dimensions, on memory that workers share. Built into barnes-hut.wasm.
//
// A node of the tree has 8 numbers: its mean x and y, its rows, its squared side, then as integers the node after all below it, its first place and the one after its last (of
// a leaf; else the same), and nothing. Nodes come before what is below them.

const NODE: usize = 32;

/** A leaf has at most so many rows, unless they are at the same place. */
const LEAF: i32 = 8;

/** Bits of a coordinate. */
const BITS: i32 = 16;

@inline
function spread(value: u32): u32 {
  let v = value;
  v = (v | (v << 8)) & 0x00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f;
  v = (v | (v << 2)) & 0x33333333;
  return (v | (v << 1)) & 0x55555555;
}

/**
 * Sorts rows along the Morton curve of the square from (left, low) with this side, and builds the tree. `keys` and `order` have room for 2 n numbers, `sorted` for their
 * places. Returns the number of nodes.
 */
export function build(
  places: usize,
  n: i32,
  left: f32,
  low: f32,
  side: f32,
  keys: usize,
  order: usize,
  sorted: usize,
  counts: usize,
  nodes: usize,
): i32 {
  const scale = <f32>65535 / side;
  for (let i = 0; i < n; i++) {
    const at = places + ((<usize>i) << 3);
    const x = <u32>((load<f32>(at) - left) * scale);
    const y = <u32>((load<f32>(at, 4) - low) * scale);
    store<u32>(keys + ((<usize>i) << 2), spread(x) | (spread(y) << 1));
    store<i32>(order + ((<usize>i) << 2), i);
  }
  const half = (<usize>n) << 2;
  for (let pass = 0; pass < 4; pass++) {
    const from = pass & 1 ? half : 0;
    sortBy(keys + from, order + from, keys + half - from, order + half - from, n, 8 * pass, counts);
  }
  for (let p = 0; p < n; p++) {
    const row = load<i32>(order + ((<usize>p) << 2));
    store<u64>(sorted + ((<usize>p) << 3), load<u64>(places + ((<usize>row) << 3)));
  }
  return grow(sorted, keys, 0, n, 2 * (BITS - 1), side, nodes, 0);
}

/** One pass of a radix sort. */
function sortBy(keys: usize, order: usize, toKeys: usize, toOrder: usize, n: i32, shift: i32, counts: usize): void {
  memory.fill(counts, 0, 1024);
  for (let i = 0; i < n; i++) {
    const at = counts + (<usize>((load<u32>(keys + ((<usize>i) << 2)) >> shift) & 255) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  let before = 0;
  for (let b: usize = 0; b < 1024; b += 4) {
    const own = load<i32>(counts + b);
    store<i32>(counts + b, before);
    before += own;
  }
  for (let i = 0; i < n; i++) {
    const key = load<u32>(keys + ((<usize>i) << 2));
    const at = counts + (<usize>((key >> shift) & 255) << 2);
    const to = <usize>load<i32>(at) << 2;
    store<i32>(at, load<i32>(at) + 1);
    store<u32>(toKeys + to, key);
    store<i32>(toOrder + to, load<i32>(order + ((<usize>i) << 2)));
  }
}

/** Adds the node of sorted places [start, end), whose keys differ at most in `shift` + 2 bits, and all below it. Returns the next free node. */
function grow(sorted: usize, keys: usize, start: i32, end: i32, shift: i32, side: f32, nodes: usize, node: i32): i32 {
  let bits = shift;
  let own = side;
  // As long as one quarter has them all, it is the node.
  while (bits >= 0 && end - start > LEAF) {
    const first = load<u32>(keys + ((<usize>start) << 2)) >> bits;
    const last = load<u32>(keys + ((<usize>(end - 1)) << 2)) >> bits;
    if (first != last) break;
    bits -= 2;
    own *= 0.5;
  }
  const at = nodes + (<usize>node) * NODE;
  let next = node + 1;
  let sx: f32 = 0;
  let sy: f32 = 0;
  if (end - start <= LEAF || bits < 0) {
    for (let p = start; p < end; p++) {
      sx += load<f32>(sorted + ((<usize>p) << 3));
      sy += load<f32>(sorted + ((<usize>p) << 3), 4);
    }
    store<i32>(at, start, 20);
    store<i32>(at, end, 24);
  } else {
    store<i32>(at, start, 20);
    store<i32>(at, start, 24);
    let from = start;
    while (from < end) {
      const quarter = load<u32>(keys + ((<usize>from) << 2)) >> bits;
      const to = endOf(keys, from, end, quarter, bits);
      const child = nodes + (<usize>next) * NODE;
      next = grow(sorted, keys, from, to, bits - 2, own * 0.5, nodes, next);
      const mass = load<f32>(child, 8);
      sx += mass * load<f32>(child);
      sy += mass * load<f32>(child, 4);
      from = to;
    }
  }
  const mass = <f32>(end - start);
  store<f32>(at, sx / mass);
  store<f32>(at, sy / mass, 4);
  store<f32>(at, mass, 8);
  store<f32>(at, own * own, 12);
  store<i32>(at, next, 16);
  return next;
}

/** The first place from `from` on whose key is of another quarter, by halving. */
function endOf(keys: usize, from: i32, end: i32, quarter: u32, bits: i32): i32 {
  let low = from;
  let high = end;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (load<u32>(keys + ((<usize>middle) << 2)) >> bits == quarter) low = middle;
    else high = middle;
  }
  return high;
}

/** Rows that go through the tree together: two vectors of four. */
const GROUP: i32 = 8;

/** Nodes and rows that are gathered before their forces are added. */
const GATHERED: i32 = 512;

/**
 * Pushes on the sorted places [start, end): forces (times the sum of all) to `forces`, by row; returns the sum of 1 / (1 + distance^2) over all pairs with these, each with itself
 * too. A node counts as one place where its side is below `theta` times its distance from the box around the group. `scratch` has room for 3 GATHERED + 10 GROUP numbers.
 */
export function push(
  sorted: usize,
  order: usize,
  nodes: usize,
  nodeCount: i32,
  start: i32,
  end: i32,
  theta: f32,
  scratch: usize,
  forces: usize,
): f64 {
  let total: f64 = 0;
  const theta2 = theta * theta;
  const group = scratch + 12 * <usize>GATHERED;
  for (let first = start; first < end; first += GROUP) {
    const count = min<i32>(GROUP, end - first);
    let left: f32 = Infinity;
    let right: f32 = -Infinity;
    let low: f32 = Infinity;
    let high: f32 = -Infinity;
    for (let g = 0; g < GROUP; g++) {
      // The last row stands in where there is none.
      const at = sorted + ((<usize>min<i32>(first + g, end - 1)) << 3);
      const x = load<f32>(at);
      const y = load<f32>(at, 4);
      left = min<f32>(left, x);
      right = max<f32>(right, x);
      low = min<f32>(low, y);
      high = max<f32>(high, y);
      store<f32>(group + ((<usize>g) << 2), x);
      store<f32>(group + ((<usize>(GROUP + g)) << 2), y);
    }
    const sums = group + 8 * <usize>GROUP;
    memory.fill(sums, 0, 12 * <usize>GROUP);
    let gathered = 0;
    let node = 0;
    while (node < nodeCount) {
      const at = nodes + (<usize>node) * NODE;
      const x = load<f32>(at);
      const y = load<f32>(at, 4);
      const dx = max<f32>(0, max<f32>(left - x, x - right));
      const dy = max<f32>(0, max<f32>(low - y, y - high));
      const leaf = load<i32>(at, 24);
      const from = load<i32>(at, 20);
      if (load<f32>(at, 12) < theta2 * (dx * dx + dy * dy)) {
        gather(scratch, gathered++, x, y, load<f32>(at, 8));
        node = load<i32>(at, 16);
      } else if (leaf > from) {
        for (let p = from; p < leaf; p++) {
          const place = sorted + ((<usize>p) << 3);
          gather(scratch, gathered++, load<f32>(place), load<f32>(place, 4), 1);
          if (gathered == GATHERED) {
            addAll(scratch, gathered, group);
            gathered = 0;
          }
        }
        node++;
      } else node++;
      if (gathered == GATHERED) {
        addAll(scratch, gathered, group);
        gathered = 0;
      }
    }
    addAll(scratch, gathered, group);
    for (let g = 0; g < count; g++) {
      const row = load<i32>(order + ((<usize>(first + g)) << 2));
      const to = forces + ((<usize>row) << 3);
      store<f32>(to, load<f32>(sums + ((<usize>g) << 2)));
      store<f32>(to, load<f32>(sums + ((<usize>(GROUP + g)) << 2)), 4);
      total += <f64>load<f32>(sums + ((<usize>(2 * GROUP + g)) << 2));
    }
  }
  return total;
}

@inline
function gather(scratch: usize, at: i32, x: f32, y: f32, mass: f32): void {
  const to = scratch + ((<usize>at) << 2);
  store<f32>(to, x);
  store<f32>(to, y, 4 * <usize>GATHERED);
  store<f32>(to, mass, 8 * <usize>GATHERED);
}

/** Adds what has been gathered to the sums of a group. */
function addAll(scratch: usize, count: i32, group: usize): void {
  const one = f32x4.splat(1);
  for (let v: usize = 0; v < 2; v++) {
    const at = group + 16 * v;
    const x = v128.load(at);
    const y = v128.load(at, 4 * <usize>GROUP);
    let fx = v128.load(at, 8 * <usize>GROUP);
    let fy = v128.load(at, 12 * <usize>GROUP);
    let sum = v128.load(at, 16 * <usize>GROUP);
    for (let e: usize = 0; e < <usize>count << 2; e += 4) {
      const dx = f32x4.sub(x, v128.load32_splat(scratch + e));
      const dy = f32x4.sub(y, v128.load32_splat(scratch + e, 4 * <usize>GATHERED));
      const mass = v128.load32_splat(scratch + e, 8 * <usize>GATHERED);
      const q = f32x4.div(one, f32x4.add(one, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
      const weighted = f32x4.mul(mass, q);
      const force = f32x4.mul(weighted, q);
      sum = f32x4.add(sum, weighted);
      fx = f32x4.add(fx, f32x4.mul(force, dx));
      fy = f32x4.add(fy, f32x4.mul(force, dy));
    }
    v128.store(at, fx, 8 * <usize>GROUP);
    v128.store(at, fy, 12 * <usize>GROUP);
    v128.store(at, sum, 16 * <usize>GROUP);
  }
}

/** Pulls on rows [start, end): sums over edges of w (y_j - y_i) / (1 + distance^2). */
export function pull(places: usize, start: i32, end: i32, starts: usize, ids: usize, weights: usize, forces: usize): void {
  const one = f32x4.splat(1);
  for (let i = start; i < end; i++) {
    const own = places + ((<usize>i) << 3);
    const x = load<f32>(own);
    const y = load<f32>(own, 4);
    const xs = f32x4.splat(x);
    const ys = f32x4.splat(y);
    let fx = f32x4.splat(0);
    let fy = f32x4.splat(0);
    let e = load<i32>(starts + ((<usize>i) << 2));
    const last = load<i32>(starts + ((<usize>i) << 2), 4);
    for (; e + 4 <= last; e += 4) {
      const at = ids + ((<usize>e) << 2);
      let a = v128.load64_zero(places + ((<usize>load<i32>(at)) << 3));
      a = v128.load64_lane(places + ((<usize>load<i32>(at, 4)) << 3), a, 1);
      let b = v128.load64_zero(places + ((<usize>load<i32>(at, 8)) << 3));
      b = v128.load64_lane(places + ((<usize>load<i32>(at, 12)) << 3), b, 1);
      const dx = f32x4.sub(v128.shuffle<f32>(a, b, 0, 2, 4, 6), xs);
      const dy = f32x4.sub(v128.shuffle<f32>(a, b, 1, 3, 5, 7), ys);
      const far = f32x4.add(one, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)));
      const force = f32x4.div(v128.load(weights + ((<usize>e) << 2)), far);
      fx = f32x4.add(fx, f32x4.mul(force, dx));
      fy = f32x4.add(fy, f32x4.mul(force, dy));
    }
    let sx = across(fx);
    let sy = across(fy);
    for (; e < last; e++) {
      const other = places + ((<usize>load<i32>(ids + ((<usize>e) << 2))) << 3);
      const dx = load<f32>(other) - x;
      const dy = load<f32>(other, 4) - y;
      const force = load<f32>(weights + ((<usize>e) << 2)) / (1 + dx * dx + dy * dy);
      sx += force * dx;
      sy += force * dy;
    }
    store<f32>(forces + ((<usize>i) << 3), sx);
    store<f32>(forces + ((<usize>i) << 3), sy, 4);
  }
}

@inline
function across(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** Springs of rows [start, end): the mean over `partners` of (length `scale` / distance - 1) (y_i - y_j). */
export function stretch(
  places: usize,
  start: i32,
  end: i32,
  partners: i32,
  ids: usize,
  lengths: usize,
  scale: f32,
  forces: usize,
): void {
  for (let i = start; i < end; i++) {
    const own = places + ((<usize>i) << 3);
    const x = load<f32>(own);
    const y = load<f32>(own, 4);
    let fx: f32 = 0;
    let fy: f32 = 0;
    for (let p = i * partners; p < (i + 1) * partners; p++) {
      const other = places + ((<usize>load<i32>(ids + ((<usize>p) << 2))) << 3);
      const dx = x - load<f32>(other);
      const dy = y - load<f32>(other, 4);
      const square = dx * dx + dy * dy;
      if (square == 0) continue;
      const force = (scale * load<f32>(lengths + ((<usize>p) << 2))) / sqrt<f32>(square) - 1;
      fx += force * dx;
      fy += force * dy;
    }
    store<f32>(forces + ((<usize>i) << 3), fx / <f32>partners);
    store<f32>(forces + ((<usize>i) << 3), fy / <f32>partners, 4);
  }
}
