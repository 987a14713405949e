import { sharedFloat64, sharedInt32, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { exactOrder } from "./exact-order.ts";
import { findNearest } from "./find.ts";
import { closestOutside } from "./joins.ts";
import type { Space } from "./space.ts";

/**
 * An undirected graph on rows. The neighbours of row i are `ids[starts[i] ... starts[i + 1])`, `lengths` away in units of the space: each
 * edge stands at both of its ends. On shared memory.
 */
export interface Graph {
  readonly rows: number;
  readonly starts: Int32Array;
  readonly ids: Int32Array;
  readonly lengths: Float64Array;
}

/** Pairs of different rows, each at most once. */
export interface Pairs {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/** Pairs with their lengths, in units of a space. */
export interface Edges extends Pairs {
  readonly lengths: Float64Array;
}

/** The parts of a graph that no edge joins, numbered by their first rows. */
export interface Components {
  readonly count: number;
  /** Number of the component of each row. */
  readonly of: Int32Array;
  /** The first row of each. */
  readonly first: readonly number[];
  /** Rows of each. */
  readonly sizes: readonly number[];
}

/** A connected graph, and the parts that it was in before they were joined. */
export interface Connected {
  readonly graph: Graph;
  readonly parts: Components;
}

/**
 * The graph of the k nearest neighbours of every row, joined where it is in parts.
 *
 * Two rows are neighbours if one is among the k nearest of the other; an edge is as long as the two are apart. Parts are joined by the shortest
 * edges that join them all, a spanning tree of parts: of two parts that is what scikit-learn's Isomap does, but of more it joins every two, which
 * cuts across the folds of a surface (docs/decisions/0012). Cost: that of the nearest neighbours of all rows, n^2 d / 2 multiplications, and up to
 * twice as much for each halving of the number of parts.
 */
export async function connectedGraph(
  space: Space,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Connected> {
  const { rows } = space;
  const places = { slots: space, searched: space, layout: { kind: "all", rows }, selfless: true } as const;
  const { ids } = await findNearest(places, k, engine, watch);
  let edges = measured(space, mutual(ids, k, rows));
  let graph = graphOf(rows, edges);
  const parts = componentsOf(graph);
  for (let now = parts; now.count > 1; now = componentsOf(graph)) {
    edges = together(edges, measured(space, await closestOutside(space, now, engine, watch)));
    graph = graphOf(rows, edges);
  }
  return { graph, parts };
}

/** The pairs of which one is among the k nearest of the other, each once. */
function mutual(ids: Int32Array, k: number, rows: number): Pairs {
  const a = new Int32Array(rows * k);
  const b = new Int32Array(rows * k);
  let count = 0;
  const lists = (j: number, i: number) => ids.subarray(j * k, (j + 1) * k).includes(i);
  for (let i = 0; i < rows; i++) {
    for (let q = i * k; q < (i + 1) * k; q++) {
      const j = ids[q]!;
      if (j < 0 || (j < i && lists(j, i))) continue;
      a[count] = i;
      b[count++] = j;
    }
  }
  return { a: a.subarray(0, count), b: b.subarray(0, count) };
}

/** Pairs with their lengths, from the points as given. */
function measured(space: Space, { a, b }: Pairs): Edges {
  const order = exactOrder(space, space);
  return { a, b, lengths: new Float64Array(a.length).map((_, e) => Math.sqrt(order(a[e]!, b[e]!))) };
}

function together(one: Edges, other: Edges): Edges {
  const join = <T extends Int32Array | Float64Array>(out: T, first: T, second: T): T => {
    out.set(first);
    out.set(second, first.length);
    return out;
  };
  const count = one.a.length + other.a.length;
  return {
    a: join(new Int32Array(count), one.a, other.a),
    b: join(new Int32Array(count), one.b, other.b),
    lengths: join(new Float64Array(count), one.lengths, other.lengths),
  };
}

/** A graph from its edges. */
export function graphOf(rows: number, { a, b, lengths }: Edges): Graph {
  const starts = sharedInt32(rows + 1);
  for (const ends of [a, b]) for (const row of ends) starts[row + 1]!++;
  for (let i = 0; i < rows; i++) starts[i + 1]! += starts[i]!;
  const graph = { rows, starts, ids: sharedInt32(2 * a.length), lengths: sharedFloat64(2 * a.length) };
  const next = starts.slice();
  const put = (from: number, to: number, length: number) => {
    const at = next[from]!++;
    graph.ids[at] = to;
    graph.lengths[at] = length;
  };
  for (let e = 0; e < a.length; e++) {
    put(a[e]!, b[e]!, lengths[e]!);
    put(b[e]!, a[e]!, lengths[e]!);
  }
  return graph;
}

/** The parts of a graph, by breadth-first search. */
export function componentsOf({ rows, starts, ids }: Pick<Graph, "rows" | "starts" | "ids">): Components {
  const of = sharedInt32(rows).fill(-1);
  const first: number[] = [];
  const sizes: number[] = [];
  const queue = new Int32Array(rows);
  for (let root = 0; root < rows; root++) {
    if (of[root]! >= 0) continue;
    let [head, tail] = [0, 0];
    queue[tail++] = root;
    of[root] = first.length;
    while (head < tail) {
      const i = queue[head++]!;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const j = ids[at]!;
        if (of[j]! >= 0) continue;
        of[j] = first.length;
        queue[tail++] = j;
      }
    }
    first.push(root);
    sizes.push(tail);
  }
  return { count: first.length, of, first, sizes };
}
