import { sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Components, Pairs } from "./graph.ts";
import type { Closest, JoinsSetup } from "./joins.kernel.ts";
import { type Layout, tileTasks } from "./layout.ts";
import type { Space } from "./space.ts";
import { tileModel } from "./tiles.ts";

/** Up to this many parts, the closest rows of every two are found; of more, those of each part and all others. */
const PAIRED_PARTS = 512;

/**
 * The pairs of rows that join the parts of a graph: of every two parts their closest rows, or of very many parts each one's row that is closest to
 * any other part (Boruvka 1926: at least half of the parts are then joined, so to be repeated). Each pair once.
 *
 * One sweep of the rows outside of the largest part over all rows. Which of two pairs is closer is decided in float32.
 */
export async function closestOutside(
  space: Space,
  { count, of, sizes }: Components,
  engine: EngineInfo,
  watch: Watch,
): Promise<Pairs> {
  const largest = sizes.indexOf(Math.max(...sizes));
  const index = sharedInt32(space.rows - sizes[largest]!);
  let slots = 0;
  of.forEach((part, row) => {
    if (part !== largest) index[slots++] = row;
  });
  const layout: Layout = { kind: "anchors", rows: space.rows, slots, index };
  const paired = count <= PAIRED_PARTS;
  const setup: JoinsSetup = { space, layout, of, count, paired, model: tileModel() };
  const { states } = await runBlocks<unknown, null, Closest>({
    ...watch,
    engine,
    kernel: kernelUrl("./joins.kernel.js", import.meta.url),
    setup,
    tasks: tileTasks(layout),
    stage: "joining",
  });
  return distinct(states.reduce(closer));
}

/** The pairs found: those of a place that nothing came to are left out, and what two places have in common. */
function distinct({ a, b }: Closest): Pairs {
  const found = new Map<string, number>();
  a.forEach((row, at) => {
    if (row >= 0) found.set(`${row} ${b[at]}`, at);
  });
  const places = [...found.values()];
  return { a: Int32Array.from(places, (at) => a[at]!), b: Int32Array.from(places, (at) => b[at]!) };
}

/** The closer of what two workers found, place by place; equal orders go by row numbers. */
function closer(one: Closest, other: Closest): Closest {
  for (let at = 0; at < one.orders.length; at++) {
    if (other.a[at]! >= 0) offerClosest(one, at, other.orders[at]!, other.a[at]!, other.b[at]!);
  }
  return one;
}

/** Keeps the pair a < b if it is the closest so far of its place. */
export function offerClosest(kept: Closest, at: number, order: number, a: number, b: number): void {
  const before = kept.orders[at]!;
  if (order > before) return;
  if (order === before && (a > kept.a[at]! || (a === kept.a[at] && b >= kept.b[at]!))) return;
  kept.orders[at] = order;
  kept.a[at] = a;
  kept.b[at] = b;
}
