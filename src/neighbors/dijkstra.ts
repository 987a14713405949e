import type { Graph } from "./graph.ts";

/** Rows that have been reached, and not yet settled, by their distance: a heap of four children to a node, which is flatter than one of two. */
interface Frontier {
  readonly keys: Float64Array;
  readonly ids: Int32Array;
  /** Place of each row in the heap; meaningless unless it is in. */
  readonly placeOf: Int32Array;
  size: number;
}

/**
 * A function that fills `lengths` with those of the shortest paths from row `source` to every row (Dijkstra 1959), Infinity where there is
 * none. Sums are float64 and rounded once. Cost O((n + e) log n) with e edges; memory 24 n bytes, kept for the next source.
 */
export function openDijkstra(graph: Graph): (source: number, lengths: Float32Array) => void {
  const { rows, starts, ids, lengths: edges } = graph;
  const best = new Float64Array(rows);
  const frontier: Frontier = {
    keys: new Float64Array(rows),
    ids: new Int32Array(rows),
    placeOf: new Int32Array(rows),
    size: 0,
  };
  return (source, lengths) => {
    best.fill(Number.POSITIVE_INFINITY);
    best[source] = 0;
    rise(frontier, frontier.size++, 0, source);
    while (frontier.size > 0) {
      const near = frontier.ids[0]!;
      const length = frontier.keys[0]!;
      takeFirst(frontier);
      const end = starts[near + 1]!;
      for (let at = starts[near]!; at < end; at++) {
        const other = ids[at]!;
        const through = length + edges[at]!;
        const before = best[other]!;
        if (through >= before) continue;
        best[other] = through;
        const place = before === Number.POSITIVE_INFINITY ? frontier.size++ : frontier.placeOf[other]!;
        rise(frontier, place, through, other);
      }
    }
    for (let i = 0; i < rows; i++) lengths[i] = best[i]!;
  };
}

/** Puts a row at a free place, or at its own with a smaller key, and moves it up to where it belongs. */
function rise({ keys, ids, placeOf }: Frontier, place: number, key: number, id: number): void {
  let at = place;
  while (at > 0) {
    const parent = (at - 1) >> 2;
    if (keys[parent]! <= key) break;
    keys[at] = keys[parent]!;
    ids[at] = ids[parent]!;
    placeOf[ids[at]!] = at;
    at = parent;
  }
  keys[at] = key;
  ids[at] = id;
  placeOf[id] = at;
}

/** Removes the first row: the last takes its place and moves down. */
function takeFirst(frontier: Frontier): void {
  const { keys, ids, placeOf } = frontier;
  const size = --frontier.size;
  if (size === 0) return;
  const key = keys[size]!;
  const id = ids[size]!;
  let at = 0;
  for (;;) {
    const first = 4 * at + 1;
    if (first >= size) break;
    let least = first;
    const end = first + 4 < size ? first + 4 : size;
    for (let child = first + 1; child < end; child++) if (keys[child]! < keys[least]!) least = child;
    if (keys[least]! >= key) break;
    keys[at] = keys[least]!;
    ids[at] = ids[least]!;
    placeOf[ids[at]!] = at;
    at = least;
  }
  keys[at] = key;
  ids[at] = id;
  placeOf[id] = at;
}
