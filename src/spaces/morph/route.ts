import type { Graph } from "../../neighbors/graph.ts";

/** A row that a route may begin or end at, and what it costs to get there. */
export interface Link {
  readonly row: number;
  readonly cost: number;
}

/** Rows that were reached, by their cost: a binary heap. What was reached again more cheaply stands in it twice. */
interface Frontier {
  readonly costs: number[];
  readonly rows: number[];
}

/**
 * The rows of the cheapest route through a graph (Dijkstra 1959), from one of the links of its start to one of those of its end; null where there is none. Equal costs go by what was
 * reached first. Cost O(e log e) with e edges; memory 20 n bytes.
 *
 * @param costOf of an edge, by its length
 */
export function cheapestRoute(
  { rows, starts, ids, lengths }: Graph,
  from: readonly Link[],
  to: readonly Link[],
  costOf: (length: number) => number,
): { readonly rows: number[]; readonly cost: number } | null {
  const costs = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array(rows).fill(-1);
  const frontier: Frontier = { costs: [], rows: [] };
  const reach = (row: number, cost: number, by: number) => {
    if (cost >= costs[row]!) return;
    costs[row] = cost;
    before[row] = by;
    push(frontier, cost, row);
  };
  for (const { row, cost } of from) reach(row, cost, -1);
  const ends = new Map(to.map(({ row, cost }) => [row, cost]));
  let best = { row: -1, cost: Number.POSITIVE_INFINITY };
  for (let next = pop(frontier); next && next.cost < best.cost; next = pop(frontier)) {
    if (next.cost > costs[next.row]!) continue;
    const last = ends.get(next.row);
    if (last !== undefined && next.cost + last < best.cost) best = { row: next.row, cost: next.cost + last };
    for (let at = starts[next.row]!; at < starts[next.row + 1]!; at++)
      reach(ids[at]!, next.cost + costOf(lengths[at]!), next.row);
  }
  if (best.row < 0) return null;
  const route: number[] = [];
  for (let row = best.row; row >= 0; row = before[row]!) route.push(row);
  return { rows: route.reverse(), cost: best.cost };
}

function push({ costs, rows }: Frontier, cost: number, row: number): void {
  let at = costs.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (costs[parent]! <= cost) break;
    costs[at] = costs[parent]!;
    rows[at] = rows[parent]!;
    at = parent;
  }
  costs[at] = cost;
  rows[at] = row;
}

function pop({ costs, rows }: Frontier): { readonly row: number; readonly cost: number } | null {
  if (costs.length === 0) return null;
  const first = { row: rows[0]!, cost: costs[0]! };
  const [cost, row] = [costs.pop()!, rows.pop()!];
  const size = costs.length;
  if (size === 0) return first;
  let at = 0;
  for (let child = 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && costs[child + 1]! < costs[child]!) child++;
    if (costs[child]! >= cost) break;
    costs[at] = costs[child]!;
    rows[at] = rows[child]!;
    at = child;
  }
  costs[at] = cost;
  rows[at] = row;
  return first;
}
