import type { View, ViewColumn } from "../../views-contract.ts";
import { columnOf, positionsOf } from "../api.ts";
import { type Drawn, drawnOf, shuffled } from "./order.ts";

/*
 * What was fetched of a view stays as long as the view is shown.
 */

const kept = new Map<string, Promise<unknown>>();
let shown = "";

function once<T>(view: View, what: string, fetched: () => Promise<T>): Promise<T> {
  if (shown !== view.id) {
    kept.clear();
    shown = view.id;
  }
  const found = kept.get(what) ?? fetched();
  kept.set(what, found);
  found.catch(() => kept.delete(what));
  return found as Promise<T>;
}

/** The points of a latent. All latents of a view are drawn in one order. */
export function drawnFor(view: View, latent: number): Promise<Drawn> {
  return once(view, `places ${latent}`, async () => {
    const order = await once(view, "order", async () => shuffled(view.rows));
    return drawnOf(await positionsOf(view, latent), order);
  });
}

export function valuesFor(view: View, column: ViewColumn): Promise<Float32Array | Uint16Array> {
  return once(view, `column ${column.name}`, () => columnOf(view, column));
}

export { once };
