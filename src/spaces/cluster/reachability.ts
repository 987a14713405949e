import { ranges, sharedFloat64, sharedInt32, throwIfAborted, type Watch } from "../../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../../engine/index.ts";
import type { SpanningEdges } from "../../measure/density/linkage.ts";
import { lengthOf, type Space } from "../../neighbors/index.ts";
import { tileModel } from "../../neighbors/tiles.ts";
import { type Boxes, boxesOf } from "./boxes.ts";
import { nearestRows } from "./near.ts";
import type { Outside, OutsideSetup } from "./outside.kernel.ts";

/** Neighbours of a row that are looked at for short edges, at least. */
const LEAST_NEIGHBORS = 15;

/** Rows that one task searches for. */
const TASK_ROWS = 512;

/** Rows on their way to a tree. Orders are as in `Space`. */
interface Growing {
  readonly space: Space;
  readonly engine: EngineInfo;
  readonly watch: Watch;
  /** Nearest rows and their orders, `n x k`. */
  readonly near: { readonly k: number; readonly ids: Int32Array; readonly orders: Float64Array };
  readonly cores: Float64Array;
  readonly boxes: Boxes;
  /** Part that each row is in. */
  readonly parts: Int32Array;
  /** The nearest row outside that a search found, its orders, and how far all rows outside are known. */
  readonly found: Outside;
}

/** The shortest edge out of each part: reachability, then distance, then row numbers decide. */
interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly orders: Float64Array;
  readonly distances: Float64Array;
}

/**
 * The minimum spanning tree under mutual reachability max(core_i, core_j, d_ij), core_i being the distance to the `minSamples`-th nearest row, the row itself counted as the first
 * (Campello, Moulavi & Sander 2013, definitions 3 to 5, and as scikit-learn counts). Of equal edges the one whose rows lie nearer is taken: so there is one tree where no distances tie.
 *
 * Boruvka's rounds (1926). Most shortest edges out of a part are among the nearest neighbours: two rows of which neither is a neighbour of the other reach each other by their distance, which is
 * no less than that to the last neighbour of either. Where that does not decide, rows are searched for the nearest outside of their part, box by box of rows.
 *
 * Cost: one exact search of neighbours, and for each round n' n d at most for the n' rows that are not decided. Held: O(n (k + d)); no distances between all.
 */
export async function reachabilityTree(
  space: Space,
  minSamples: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<SpanningEdges> {
  const n = space.rows;
  const k = Math.min(n - 1, Math.max(LEAST_NEIGHBORS, minSamples - 1));
  const boxes = boxesOf(space);
  const near = { k, ...(await nearestRows(space, boxes, k, engine, watch)) };
  const at = Math.min(k, minSamples - 1) - 1;
  const cores = sharedFloat64(n);
  if (at >= 0) for (let i = 0; i < n; i++) cores[i] = near.orders[i * k + at]!;
  const parts = sharedInt32(n);
  for (let i = 0; i < n; i++) parts[i] = i;
  const growing: Growing = {
    ...{ space, engine, watch, near, cores, parts },
    boxes,
    found: {
      ids: new Int32Array(n).fill(-1),
      orders: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
      distances: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
      // Rows that are no neighbours are no nearer than the last neighbour; where all are neighbours, none is left.
      reach: new Float64Array(n).map((_, i) =>
        k === n - 1 ? Number.POSITIVE_INFINITY : near.orders[i * k + k - 1]!,
      ),
    },
  };
  return sorted(await grow(growing), growing);
}

async function grow(growing: Growing): Promise<Edges> {
  const { parts, watch } = growing;
  const n = parts.length;
  const tree = emptyEdges(n - 1);
  for (let count = 0; count < n - 1; ) {
    throwIfAborted(watch.signal);
    watch.onProgress?.({ stage: "joining", done: count, total: n - 1 });
    await search(growing, shortest(growing));
    const best = shortest(growing);
    const root = Int32Array.from({ length: n }, (_, part) => part);
    for (let part = 0; part < n; part++) {
      const to = best.to[part]!;
      if (to < 0) continue;
      const [a, b] = [rootOf(root, part), rootOf(root, parts[to]!)];
      if (a === b) continue;
      root[Math.max(a, b)] = Math.min(a, b);
      tree.from[count] = best.from[part]!;
      tree.to[count] = to;
      tree.orders[count] = best.orders[part]!;
      tree.distances[count++] = best.distances[part]!;
    }
    for (let i = 0; i < n; i++) parts[i] = rootOf(root, parts[i]!);
  }
  return tree;
}

function rootOf(roots: Int32Array, of: number): number {
  let root = of;
  while (roots[root] !== root) root = roots[root]!;
  for (let at = of; at !== root; ) {
    const next = roots[at]!;
    roots[at] = root;
    at = next;
  }
  return root;
}

function emptyEdges(count: number): Edges {
  return {
    from: new Int32Array(count).fill(-1),
    to: new Int32Array(count).fill(-1),
    orders: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    distances: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  };
}

/** The shortest known edge out of each part, by the number of the part. */
function shortest({ near, cores, parts, found }: Growing): Edges {
  const n = parts.length;
  const best = emptyEdges(n);
  const offer = (i: number, j: number, order: number, distance: number) => {
    if (isShorter(best, parts[i]!, i, j, order, distance)) put(best, parts[i]!, i, j, order, distance);
    if (isShorter(best, parts[j]!, j, i, order, distance)) put(best, parts[j]!, j, i, order, distance);
  };
  for (let i = 0; i < n; i++) {
    for (let p = i * near.k; p < (i + 1) * near.k; p++) {
      const j = near.ids[p]!;
      if (parts[j] === parts[i]) continue;
      const distance = near.orders[p]!;
      offer(i, j, Math.max(distance, cores[i]!, cores[j]!), distance);
    }
    const other = found.ids[i]!;
    if (other >= 0 && parts[other] !== parts[i]) offer(i, other, found.orders[i]!, found.distances[i]!);
  }
  return best;
}

function isShorter(
  best: Edges,
  part: number,
  from: number,
  to: number,
  order: number,
  distance: number,
): boolean {
  if (order !== best.orders[part]!) return order < best.orders[part]!;
  if (distance !== best.distances[part]!) return distance < best.distances[part]!;
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const lowest = Math.min(best.from[part]!, best.to[part]!);
  return low !== lowest ? low < lowest : high < Math.max(best.from[part]!, best.to[part]!);
}

function put(best: Edges, part: number, from: number, to: number, order: number, distance: number): void {
  best.from[part] = from;
  best.to[part] = to;
  best.orders[part] = order;
  best.distances[part] = distance;
}

/** Searches for the rows from which an edge may lead out that is shorter than the shortest known. */
async function search(growing: Growing, best: Edges): Promise<void> {
  const { space, boxes, parts, cores, found, engine, watch } = growing;
  const undecided = boxes.order.filter((i) => found.reach[i]! < best.orders[parts[i]!]!);
  if (undecided.length === 0) return;
  const wanted = sharedInt32(undecided.length);
  wanted.set(undecided);
  const bounds = sharedFloat64(wanted.length);
  wanted.forEach((i, at) => {
    bounds[at] = best.orders[parts[i]!]!;
  });
  const setup: OutsideSetup = { space, boxes, parts, cores, wanted, bounds, model: tileModel() };
  const tasks = ranges(wanted.length, TASK_ROWS);
  const { results } = await runBlocks<readonly [number, number], Outside, null>({
    ...(watch.signal && { signal: watch.signal }),
    engine,
    kernel: kernelUrl("./outside.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "joining",
  });
  results.forEach((part, t) => {
    const start = tasks[t]![0];
    part.ids.forEach((id, r) => {
      const i = wanted[start + r]!;
      found.reach[i] = part.reach[r]!;
      if (id < 0) return;
      found.ids[i] = id;
      found.orders[i] = part.orders[r]!;
      found.distances[i] = part.distances[r]!;
    });
  });
}

/** Edges in order, lengths in the units of the data. */
function sorted({ from, to, orders, distances }: Edges, { space }: Growing): SpanningEdges {
  const low = from.map((i, e) => Math.min(i, to[e]!));
  const high = from.map((i, e) => Math.max(i, to[e]!));
  const by = Int32Array.from(from.keys()).sort(
    (a, b) =>
      orders[a]! - orders[b]! || distances[a]! - distances[b]! || low[a]! - low[b]! || high[a]! - high[b]!,
  );
  return {
    from: by.map((e) => low[e]!),
    to: by.map((e) => high[e]!),
    lengths: Float64Array.from(by, (e) => lengthOf(orders[e]!, space)),
  };
}
