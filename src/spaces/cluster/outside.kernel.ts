import { argsort } from "../../base/index.ts";
import { type Kernel, type KernelTools, openPlaces } from "../../engine/index.ts";
import { exactOrder } from "../../neighbors/exact-order.ts";
import type { Panel } from "../../neighbors/panel.ts";
import { openScanner } from "../../neighbors/scan.ts";
import type { Space } from "../../neighbors/space.ts";
import { errorBound, makeTiler, type Tile } from "../../neighbors/tiles.ts";
import { type Boxes, limitsOf, orderToBox } from "./boxes.ts";

/** Set-up of the search for the nearest row outside of each row's own part. Big arrays on shared memory. */
export interface OutsideSetup {
  readonly space: Space;
  readonly boxes: Boxes;
  /** Part of each row. */
  readonly parts: Int32Array;
  /** Order of the core distance of each row. */
  readonly cores: Float64Array;
  /** Rows that are searched for, those of a box together. */
  readonly wanted: Int32Array;
  /** For each of them: only what is nearer counts. */
  readonly bounds: Float64Array;
  /** `tileModel()` */
  readonly model: Uint8Array;
}

/** For each row that was searched for: the row nearest by mutual reachability outside of its part (-1: none within `reach`), both orders, and how far was looked. */
export interface Outside {
  readonly ids: Int32Array;
  /** Of mutual reachability. */
  readonly orders: Float64Array;
  /** Of the distance itself. */
  readonly distances: Float64Array;
  /** No row outside of the part is nearer than this, but for the one found. */
  readonly reach: Float64Array;
}

/** Rows of a tile. */
const PANEL_ROWS = 128;

/** A task is a range of `wanted`. Within it, what one row finds bounds the search of the others of its part. */
export async function open(
  setup: OutsideSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Outside, null>> {
  const { space, boxes, wanted, parts, model } = setup;
  const layout = { kind: "all", rows: space.rows } as const;
  const { memory } = await openScanner({ layout, nearest: 0, ranks: null, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, model, false, memory);
  const homes = homesOf(boxes, parts);
  const look = openLook(setup);
  return {
    async run([from, to]) {
      const found = nothing(to - from);
      const best = new Map<number, number>();
      for (let start = from; start < to; start += PANEL_ROWS) {
        const count = Math.min(PANEL_ROWS, to - start);
        const rows: Panel = { space, start, count, index: wanted };
        const search = openSearch(setup, rows, from, found, best);
        for (const { box, order } of nearestBoxes(setup, rows)) {
          if (order > search.limit()) break;
          if (homes[box]! >= 0 && homes[box] === search.home) continue;
          const first = boxes.starts[box]!;
          const cols: Panel = {
            space,
            start: first,
            count: boxes.starts[box + 1]! - first,
            index: boxes.order,
          };
          look(await tiler.tile(rows, cols), box, search);
        }
        search.close();
      }
      return found;
    },
    async finish() {
      await tiler.close();
      return null;
    },
  };
}

function nothing(count: number): Outside {
  return {
    ids: new Int32Array(count).fill(-1),
    orders: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    distances: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    reach: new Float64Array(count),
  };
}

/** The part that all rows of a box are in, or -1. */
function homesOf({ count, starts, order }: Boxes, parts: Int32Array): Int32Array {
  return new Int32Array(count).map((_, b) => {
    const home = parts[order[starts[b]!]!]!;
    for (let p = starts[b]! + 1; p < starts[b + 1]!; p++) if (parts[order[p]!] !== home) return -1;
    return home;
  });
}

function nearestBoxes({ space, boxes, wanted }: OutsideSetup, { start, count }: Panel) {
  const { values, place } = openPlaces(space);
  const limits = limitsOf(space, wanted.subarray(start, start + count), values, place);
  const orders = new Float64Array(boxes.count).map((_, b) => orderToBox(space, boxes, b, limits));
  return Array.from(argsort(orders), (box) => ({ box, order: orders[box]! }));
}

/** A panel of rows on its way. */
interface Search {
  readonly rows: Panel;
  /** Position of the panel's first row in `found`. */
  readonly at: number;
  readonly found: Outside;
  /** What must be beaten, for each row of the panel. */
  readonly bounds: Float64Array;
  /** The part of all rows of the panel, or -1. */
  readonly home: number;
  /** Nothing beyond is of interest to any row. */
  limit(): number;
  /** Lowers the bounds of all rows of a part. */
  lower(part: number, order: number): void;
  /** Notes how far was looked. */
  close(): void;
}

function openSearch(
  { parts, wanted, bounds: given }: OutsideSetup,
  rows: Panel,
  from: number,
  found: Outside,
  best: Map<number, number>,
): Search {
  const at = rows.start - from;
  const own = Array.from({ length: rows.count }, (_, r) => parts[wanted[rows.start + r]!]!);
  const bounds = Float64Array.from(own, (part, r) =>
    Math.min(given[rows.start + r]!, best.get(part) ?? Number.POSITIVE_INFINITY),
  );
  return {
    ...{ rows, at, found, bounds },
    home: own.every((part) => part === own[0]) ? own[0]! : -1,
    limit: () => bounds.reduce((most, bound) => Math.max(most, bound), 0),
    lower(part, order) {
      best.set(part, order);
      own.forEach((other, r) => {
        if (other === part) bounds[r] = Math.min(bounds[r]!, order);
      });
    },
    close: () => found.reach.set(bounds, at),
  };
}

/** A function that looks through a tile: what float32 cannot rule out is measured in float64. */
function openLook({ space, boxes, parts, cores, wanted }: OutsideSetup) {
  const measure = exactOrder(space, space);
  const { relative, absolute } = errorBound(space);
  return ({ orders, stride, cols }: Tile, box: number, search: Search): void => {
    const { rows, found, bounds, at } = search;
    for (let r = 0; r < rows.count; r++) {
      const i = wanted[rows.start + r]!;
      const part = parts[i]!;
      const slack = absolute * (space.squaredNorms[i]! + boxes.norms[box]!);
      let cut = (bounds[r]! + slack) * (1 + 2 * relative);
      for (let c = 0, p = r * stride; c < cols.count; c++, p++) {
        if (orders[p]! > cut) continue;
        const j = boxes.order[cols.start + c]!;
        if (parts[j] === part) continue;
        const distance = measure(i, j);
        const order = Math.max(distance, cores[i]!, cores[j]!);
        if (order >= bounds[r]!) continue;
        found.ids[at + r] = j;
        found.orders[at + r] = order;
        found.distances[at + r] = distance;
        search.lower(part, order);
        cut = (bounds[r]! + slack) * (1 + 2 * relative);
      }
    }
  };
}
