import { sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Components, Pairs } from "./graph.ts";
import type { Closest, JoinsSetup } from "./joins.kernel.ts";
import { type Layout, tileTasks } from "./layout.ts";
import type { Space } from "./space.ts";
import { tileModel } from "./tiles.ts";

/**
 * Of each part of a graph the pair of rows that joins it to the closest other part, each pair once (a round of Boruvka 1926: at least half of
 * the parts are then joined to others, so to be repeated).
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
  const setup: JoinsSetup = { space, layout, of, count, model: tileModel() };
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

/** The pairs found, without repeats: two parts may be the closest of each other. */
function distinct({ a, b }: Closest): Pairs {
  const found = new Map<string, number>();
  a.forEach((row, part) => {
    found.set(`${row} ${b[part]}`, part);
  });
  const parts = [...found.values()];
  return { a: Int32Array.from(parts, (part) => a[part]!), b: Int32Array.from(parts, (part) => b[part]!) };
}

/** The closer of what two workers found, part by part. */
function closer(one: Closest, other: Closest): Closest {
  for (let part = 0; part < one.orders.length; part++) {
    if (other.a[part]! >= 0) offerClosest(one, part, other.orders[part]!, other.a[part]!, other.b[part]!);
  }
  return one;
}

/** Keeps the pair a < b if it is the closest so far of a part; equal orders go by row numbers, so what came first does not matter. */
export function offerClosest(kept: Closest, part: number, order: number, a: number, b: number): void {
  const before = kept.orders[part]!;
  if (order > before) return;
  if (order === before && (a > kept.a[part]! || (a === kept.a[part] && b >= kept.b[part]!))) return;
  kept.orders[part] = order;
  kept.a[part] = a;
  kept.b[part] = b;
}
