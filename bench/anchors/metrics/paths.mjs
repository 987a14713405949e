/**
 * Shortest paths between all rows in the graph of their nearest neighbours. Written apart from src/neighbors: the protocol's definition, not ours
 * (rows that no path joins are `LIMIT` apart; ours joins the parts).
 *
 * @typedef {import("../../../dist/index.js").Matrix} Matrix
 * @typedef {{ lengths: Float32Array, near: Int32Array, n: number }} Paths
 *   `lengths`: n x n. `near`: n x `kept`, the rows at the shortest paths from each, nearest first, itself left out.
 */

/** Length between rows that no path joins. */
const LIMIT = 1e4;

/**
 * @param {Matrix} points n x d
 * @param {{ neighbors: number, kept: number }} options `neighbors`: k of the graph
 * @returns {Paths}
 */
export function shortestPaths(points, { neighbors, kept }) {
  const n = points.rows;
  const graph = symmetric(nearest(points, neighbors), n, neighbors);
  const lengths = new Float32Array(n * n).fill(LIMIT);
  const near = new Int32Array(n * kept).fill(-1);
  const heap = {
    rows: new Int32Array(graph.to.length + 1),
    keys: new Float64Array(graph.to.length + 1),
    size: 0,
  };
  const tentative = new Float64Array(n);
  for (let source = 0; source < n; source++) {
    const reached = near.subarray(source * kept, (source + 1) * kept);
    from(source, graph, { heap, tentative, reached });
    for (let j = 0; j < n; j++) if (tentative[j] < LIMIT) lengths[source * n + j] = tentative[j];
  }
  return { lengths, near, n };
}

/** Dijkstra's algorithm: rows are settled by increasing length, which gives the nearest in order. */
function from(source, { start, to, weight }, { heap, tentative, reached }) {
  tentative.fill(Infinity);
  tentative[source] = 0;
  heap.size = 0;
  push(heap, source, 0);
  let settled = -1; // the source itself is not counted
  while (heap.size > 0) {
    const [row, key] = [heap.rows[0], heap.keys[0]];
    pop(heap);
    if (key > tentative[row]) continue;
    if (settled >= 0 && settled < reached.length) reached[settled] = row;
    settled++;
    for (let e = start[row]; e < start[row + 1]; e++) {
      const length = key + weight[e];
      if (length < tentative[to[e]]) {
        tentative[to[e]] = length;
        push(heap, to[e], length);
      }
    }
  }
}

function push(heap, row, key) {
  let at = heap.size++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap.keys[parent] <= key) break;
    heap.keys[at] = heap.keys[parent];
    heap.rows[at] = heap.rows[parent];
    at = parent;
  }
  heap.keys[at] = key;
  heap.rows[at] = row;
}

function pop(heap) {
  const last = --heap.size;
  const [key, row] = [heap.keys[last], heap.rows[last]];
  let at = 0;
  for (let child = 1; child < last; child = 2 * at + 1) {
    if (child + 1 < last && heap.keys[child + 1] < heap.keys[child]) child++;
    if (heap.keys[child] >= key) break;
    heap.keys[at] = heap.keys[child];
    heap.rows[at] = heap.rows[child];
    at = child;
  }
  heap.keys[at] = key;
  heap.rows[at] = row;
}

/** The k nearest of each row, n x k of each; ties by row number. */
function nearest({ data, rows, cols }, k) {
  const to = new Int32Array(rows * k);
  const squares = new Float64Array(rows * k).fill(Infinity);
  for (let i = 0; i < rows; i++) {
    const last = i * k + k - 1;
    for (let j = 0; j < rows; j++) {
      if (j === i) continue;
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += (data[i * cols + c] - data[j * cols + c]) ** 2;
      if (sum >= squares[last]) continue;
      let at = last;
      for (; at > i * k && squares[at - 1] > sum; at--) {
        squares[at] = squares[at - 1];
        to[at] = to[at - 1];
      }
      squares[at] = sum;
      to[at] = j;
    }
  }
  return { to, weight: squares.map(Math.sqrt) };
}

/** Edges in both directions, in rows one after another. An edge that both ends found is there twice, which does no harm. */
function symmetric({ to, weight }, n, k) {
  const start = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) start[i + 1] = k;
  for (const j of to) start[j + 1]++;
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const filled = start.slice(0, n);
  const both = { start, to: new Int32Array(2 * n * k), weight: new Float64Array(2 * n * k) };
  const add = (i, j, w) => {
    both.to[filled[i]] = j;
    both.weight[filled[i]++] = w;
  };
  to.forEach((j, e) => {
    const i = Math.floor(e / k);
    add(i, j, weight[e]);
    add(j, i, weight[e]);
  });
  return both;
}
