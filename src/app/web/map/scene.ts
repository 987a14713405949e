import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { NeighborLists, View } from "../../views-contract.ts";
import { distancesTo, ellipsesOf, neighborsOf } from "../api.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { type Grid, gridOf } from "./grid.ts";
import { drawnFor, once, valuesFor } from "./load.ts";
import type { Drawn } from "./order.ts";
import { recentred } from "./truth.ts";

/** What a map shows of one latent: fetched when it is wanted. */
export interface Scene {
  readonly drawn: ReadonlySignal<Drawn | null>;
  /** Where points are now: as drawn, or on their way to their true distance. */
  readonly places: ReadonlySignal<Float32Array | null>;
  readonly grid: ReadonlySignal<Grid | null>;
  readonly values: ReadonlySignal<Float32Array | Uint16Array | null>;
  readonly lists: ReadonlySignal<NeighborLists | null>;
  readonly ellipses: ReadonlySignal<Float32Array | null>;
}

export function useScene(view: View, latent: number): Scene {
  const drawn = useSignal<Drawn | null>(null);
  const values = useSignal<Float32Array | Uint16Array | null>(null);
  const ellipses = useSignal<Float32Array | null>(null);
  const distances = useSignal<{ row: number; all: Float32Array } | null>(null);
  const lists = useNeighbors(view, latent);

  useEffect(() => {
    drawn.value = null;
    void told(async () => {
      drawn.value = await drawnFor(view, latent);
    });
  }, [view, latent]);
  useSignalEffect(() => {
    const column = store.colourColumn.value;
    values.value = null;
    if (column) {
      void told(async () => {
        const found = await valuesFor(view, column);
        if (store.colourColumn.peek() === column) values.value = found;
      });
    }
  });
  useSignalEffect(() => {
    if (!store.layers.value.ellipses) return;
    void told(async () => {
      ellipses.value = await once(view, `ellipses ${latent}`, () => ellipsesOf(view, latent));
    });
  });
  useSignalEffect(() => {
    const row = store.picked.value;
    if (store.truth.value === 0 || row === null || distances.peek()?.row === row) return;
    void told(async () => {
      distances.value = { row, all: await distancesTo(view, row) };
    });
  });

  const places = useComputed(() => {
    const base = drawn.value;
    const row = store.picked.value;
    const all = distances.value;
    if (base === null || row === null || all?.row !== row) return base?.places ?? null;
    return recentred(base, row, all.all, store.truth.value);
  });
  // While points move nobody points at them.
  const grid = useComputed(() => {
    const moving = store.truth.value > 0 && store.truth.value < 1;
    return places.value && !moving ? gridOf(places.value) : null;
  });
  return { drawn, places, grid, values, lists, ellipses };
}

/** The neighbourhood of the picked row in a latent. */
export function useNeighbors(view: View, latent: number): ReadonlySignal<NeighborLists | null> {
  const lists = useSignal<NeighborLists | null>(null);
  useSignalEffect(() => {
    const row = store.picked.value;
    const k = store.nNeighbors.value;
    if (row === null) {
      lists.value = null;
      return;
    }
    const controller = new AbortController();
    void told(async () => {
      lists.value = await neighborsOf(view, latent, row, k, controller.signal);
    });
    return () => controller.abort();
  });
  return lists;
}

/** Moves points to their true distance from the picked one, or back, in half a second; at once where the system asks for less motion. */
export function recentre(to: 0 | 1): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const from = store.truth.value;
  const began = performance.now();
  const step = (now: number) => {
    const part = still ? 1 : Math.min(1, (now - began) / 500);
    store.truth.value = from + (to - from) * (part * part * (3 - 2 * part));
    if (part < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
