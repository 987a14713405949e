import { argsort } from "../../base/index.ts";
import { type Kernel, openPlaces } from "../../engine/index.ts";
import { exactOrder } from "../../neighbors/exact-order.ts";
import type { Space } from "../../neighbors/space.ts";
import { type Boxes, limitsOf, orderToBox } from "./boxes.ts";

/** Set-up of the search for the k nearest rows of each row, box by box. */
export interface NearSetup {
  readonly space: Space;
  readonly boxes: Boxes;
  readonly k: number;
}

/** The k nearest of the rows of some boxes, in the order of `boxes.order`: nearest first, equal ones by row number. */
export interface Near {
  readonly ids: Int32Array;
  readonly orders: Float64Array;
}

/** A task is a range of boxes. All in float64. */
export async function open(setup: NearSetup): Promise<Kernel<readonly [number, number], Near, null>> {
  const { boxes, k } = setup;
  return {
    async run([from, to]) {
      const first = boxes.starts[from]!;
      const count = boxes.starts[to]! - first;
      const near: Near = {
        ids: new Int32Array(count * k).fill(-1),
        orders: new Float64Array(count * k).fill(Number.POSITIVE_INFINITY),
      };
      for (let box = from; box < to; box++) fill(setup, box, near, first);
      return near;
    },
    finish: () => null,
  };
}

/** Looks for the rows of one box in all boxes that are near enough, the nearest first. */
function fill({ space, boxes, k }: NearSetup, own: number, near: Near, first: number): void {
  const { order, starts } = boxes;
  const { values, place } = openPlaces(space);
  const measure = exactOrder(space, space);
  const rows = order.subarray(starts[own]!, starts[own + 1]!);
  const limits = limitsOf(space, rows, values, place);
  const points = Array.from(rows, (_, r) => limitsOf(space, rows.subarray(r, r + 1), values, place));
  const gaps = new Float64Array(boxes.count).map((_, b) => orderToBox(space, boxes, b, limits));
  const at = (starts[own]! - first) * k;
  const worst = (r: number) => near.orders[at + (r + 1) * k - 1]!;
  for (const box of argsort(gaps)) {
    let furthest = 0;
    for (let r = 0; r < rows.length; r++) furthest = Math.max(furthest, worst(r));
    if (gaps[box]! > furthest) break;
    for (let r = 0; r < rows.length; r++) {
      if (orderToBox(space, boxes, box, points[r]!) > worst(r)) continue;
      const i = rows[r]!;
      for (let p = starts[box]!; p < starts[box + 1]!; p++) {
        const j = order[p]!;
        if (j !== i) offer(near, at + r * k, k, j, measure(i, j));
      }
    }
  }
}

/** Puts a row into a list of k where it is nearer than the last. */
function offer({ ids, orders }: Near, start: number, k: number, id: number, order: number): void {
  let at = start + k - 1;
  const isBefore = (p: number) => order < orders[p]! || (order === orders[p]! && id < ids[p]!);
  if (!isBefore(at)) return;
  for (; at > start && isBefore(at - 1); at--) {
    orders[at] = orders[at - 1]!;
    ids[at] = ids[at - 1]!;
  }
  orders[at] = order;
  ids[at] = id;
}
