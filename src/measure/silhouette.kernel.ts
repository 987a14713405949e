import type { Kernel, KernelTools } from "../engine/index.ts";
import { type Layout, slotRow } from "../neighbors/layout.ts";
import type { Panel } from "../neighbors/panel.ts";
import { openScanner } from "../neighbors/scan.ts";
import type { Space } from "../neighbors/space.ts";
import { makeTiler, type Tile } from "../neighbors/tiles.ts";
import { polisher } from "./pairs.ts";

/** Set-up of silhouettes: the anchors of a layout against all rows of a space. */
export interface SilhouetteSetup {
  readonly space: Space;
  readonly layout: Layout & { readonly kind: "anchors" };
  readonly model: Uint8Array;
  /** Ways to class the rows: each gives its silhouettes. */
  readonly classings: readonly Classing[];
}

/** Class of each row, and the size of each class. */
export interface Classing {
  readonly classes: Int32Array;
  readonly sizes: Int32Array;
}

/** Rows of a tile. Its columns, anchors, are those of a task: at most 512. */
const ROWS = 1024;

/** A task is a range of anchors; its result their silhouettes, one array per classing. */
export async function open(
  setup: SilhouetteSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Float64Array[], null>> {
  const { space, layout, model, classings } = setup;
  const scanner = await openScanner({ layout, nearest: 0, ranks: null, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, model, true, scanner.memory);
  const polish = polisher(space, scanner.memory);
  return {
    async run([start, end]) {
      const anchors: Panel = { space, start, count: end - start, index: layout.index };
      const sums = classings.map(({ sizes }) => new Float64Array(sizes.length * anchors.count));
      for (let from = 0; from < space.rows; from += ROWS) {
        const rows = { space, start: from, count: Math.min(ROWS, space.rows - from), index: null };
        const tile = await tiler.tile(rows, anchors);
        polish(tile);
        toLengths(tile, space);
        classings.forEach(({ classes }, at) => {
          addByClass(tile, classes, sums[at]!);
        });
      }
      return classings.map((classing, at) => silhouettes(sums[at]!, classing, layout, start, end));
    },
    async finish() {
      await tiler.close();
      return null;
    },
  };
}

/** Orders become lengths, in scaled units. */
function toLengths({ orders }: Tile, { metric }: Space): void {
  if (metric === "manhattan") return;
  // Products may fall below 0 by rounding.
  for (let p = 0; p < orders.length; p++) orders[p] = Math.sqrt(Math.max(0, orders[p]!));
}

/** Adds the lengths to the sums of each row's class, `classes x anchors`. That of an anchor to itself is 0. */
function addByClass({ orders, stride, rows, cols }: Tile, classes: Int32Array, sums: Float64Array): void {
  const width = cols.count;
  for (let r = 0; r < rows.count; r++) {
    const to = classes[rows.start + r]! * width;
    for (let c = 0, p = r * stride; c < width; c++, p++) sums[to + c]! += orders[p]!;
  }
}

/** (b - a) / max(a, b): a the mean length to one's own class, b the least to another. 0 for a class of one row. */
function silhouettes(
  sums: Float64Array,
  { classes, sizes }: Classing,
  layout: Layout,
  start: number,
  end: number,
): Float64Array {
  const width = end - start;
  return new Float64Array(width).map((_, at) => {
    const own = classes[slotRow(layout, start + at)]!;
    if (sizes[own] === 1) return 0;
    const a = sums[own * width + at]! / (sizes[own]! - 1);
    let b = Number.POSITIVE_INFINITY;
    for (let c = 0; c < sizes.length; c++) {
      if (c !== own) b = Math.min(b, sums[c * width + at]! / sizes[c]!);
    }
    const most = Math.max(a, b);
    return most > 0 ? (b - a) / most : 0;
  });
}
