import type { View, ViewColumn } from "../../views-contract.ts";
import { columnOf, positionsOf } from "../api.ts";
import { movement, movementColumns } from "../compare/movement.ts";
import { type Motion, movedAll, register } from "../compare/register.ts";
import * as store from "../state/store.ts";
import { type Drawn, drawnOf, shuffled, squareOf } from "./order.ts";

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

/** The part of a latent that is the unit square of its picture. The browser has its positions still. */
export function squareFor(view: View, latent: number): Promise<ReturnType<typeof squareOf>> {
  return once(view, `square ${latent}`, async () => squareOf(await positionsOf(view, latent)));
}

/** What brings the picture of a latent upon that of another one, and the places that it has then. */
export function registeredFor(
  view: View,
  latent: number,
  to: number,
): Promise<{ readonly motion: Motion; readonly places: Float32Array }> {
  return once(view, `places ${latent} as ${to}`, async () => {
    const [moving, fixed] = await Promise.all([drawnFor(view, latent), drawnFor(view, to)]);
    const motion = register(moving.places, fixed.places);
    return { motion, places: movedAll(motion, moving.places) };
  });
}

export function valuesFor(view: View, column: ViewColumn): Promise<Float32Array | Uint16Array> {
  return once(view, `column ${column.name}`, () => {
    const way = movementColumns(view).find(({ column: { name } }) => name === column.name);
    return way ? movementFor(view, way.from, way.to) : columnOf(view, column);
  });
}

/** Movement relative to neighbours, by row. */
async function movementFor(view: View, from: number, to: number): Promise<Float32Array> {
  const [{ places, order }, second] = await Promise.all([
    drawnFor(view, from),
    registeredFor(view, to, from),
  ]);
  const controller = new AbortController();
  const onProgress = (share: number) => {
    store.measuring.value = { share, stop: () => controller.abort() };
  };
  onProgress(0);
  try {
    const values = await movement(places, second.places, undefined, {
      signal: controller.signal,
      onProgress,
    });
    return Float32Array.from(order, (point) => values[point]!);
  } finally {
    store.measuring.value = null;
  }
}

export { once };
