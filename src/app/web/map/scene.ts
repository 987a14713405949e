import { batch, type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { NeighborLists, View } from "../../views-contract.ts";
import { distancesTo, ellipsesOf, neighborsOf } from "../api.ts";
import { between, type Motion, movedEllipses } from "../compare/register.ts";
import { told, toldBeside } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { type Grid, gridOf } from "./grid.ts";
import { drawnFor, once, registeredFor, valuesFor } from "./load.ts";
import type { Drawn } from "./order.ts";
import { recentred } from "./truth.ts";

/** What a map shows of one latent: fetched when it is wanted. */
export interface Scene {
  readonly latent: number;
  readonly drawn: ReadonlySignal<Drawn | null>;
  /** What brought the picture upon that of the first map; null for the first itself. */
  readonly motion: ReadonlySignal<Motion | null>;
  /** Where points are now: as drawn, or on their way to their true distance. */
  readonly places: ReadonlySignal<Float32Array | null>;
  /** Whether they are at their true distance from the picked row, or on their way there. */
  readonly isRecentred: ReadonlySignal<boolean>;
  /** Whether they are on a way now. */
  readonly isMoving: ReadonlySignal<boolean>;
  readonly grid: ReadonlySignal<Grid | null>;
  readonly values: ReadonlySignal<Float32Array | Uint16Array | null>;
  readonly lists: ReadonlySignal<NeighborLists | null>;
  readonly ellipses: ReadonlySignal<Float32Array | null>;
}

/** @param first the latent that this one is registered to */
export function useScene(view: View, latent: number, first: number): Scene {
  const { drawn, motion } = useDrawn(view, latent, first);
  const values = useSignal<Float32Array | Uint16Array | null>(null);
  const fitted = useSignal<Float32Array | null>(null);
  const distances = useSignal<{ row: number; all: Float32Array } | null>(null);
  const lists = useNeighbors(view, latent);

  useSignalEffect(() => {
    const column = store.colourColumn.value;
    values.value = null;
    if (column) {
      void toldBeside(async () => {
        const found = await valuesFor(view, column);
        if (store.colourColumn.peek() === column) values.value = found;
      });
    }
  });
  useSignalEffect(() => {
    if (!store.layers.value.ellipses) return;
    void told(async () => {
      fitted.value = await once(view, `ellipses ${latent}`, () => ellipsesOf(view, latent));
    });
  });
  useSignalEffect(() => {
    const row = store.picked.value;
    if (store.truth.value === 0 || row === null || distances.peek()?.row === row) return;
    void told(async () => {
      const all = await distancesTo(view, row);
      if (store.picked.peek() === row) distances.value = { row, all };
    });
  });

  const isRecentred = useComputed(() => {
    const row = store.picked.value;
    return store.truth.value > 0 && row !== null && distances.value?.row === row;
  });
  const places = useComputed(() => {
    const base = drawn.value;
    if (base === null || !isRecentred.value) return base?.places ?? null;
    return recentred(base, store.picked.value!, distances.value!.all, store.truth.value);
  });
  const isMoving = useComputed(() => {
    return (store.truth.value > 0 && store.truth.value < 1) || store.isPlaying.value;
  });
  // While points move nobody points at them.
  const grid = useComputed(() => (places.value && !isMoving.value ? gridOf(places.value) : null));
  // Elsewhere than at its own place nobody knows how a point is stretched.
  const ellipses = useComputed(() => {
    const isElsewhere = isRecentred.value || (latent === store.latent.value && store.way.value > 0);
    if (!fitted.value || isElsewhere) return null;
    return motion.value ? movedEllipses(motion.value, fitted.value) : fitted.value;
  });
  return { latent, drawn, motion, places, isRecentred, isMoving, grid, values, lists, ellipses };
}

/** The points of a latent: registered to those of the first map; those of the first, on their way to the latent that it is held against. */
function useDrawn(view: View, latent: number, first: number): Pick<Scene, "drawn" | "motion"> {
  const own = useSignal<Drawn | null>(null);
  const registered = useSignal<{ motion: Motion; places: Float32Array } | null>(null);
  const other = useSignal<{ of: number; places: Float32Array } | null>(null);
  useEffect(() => {
    let left = false;
    own.value = null;
    registered.value = null;
    void told(async () => {
      const placed = latent === first ? null : await registeredFor(view, latent, first);
      const drawn = await drawnFor(view, latent);
      if (left) return;
      batch(() => {
        registered.value = placed;
        own.value = drawn;
      });
    });
    return () => {
      left = true;
    };
  }, [view.id, latent, first]);
  useSignalEffect(() => {
    const to = store.against.value;
    if (latent !== first || to === null || store.way.value === 0 || other.peek()?.of === to) return;
    void told(async () => {
      const { places } = await registeredFor(view, to, first);
      if (store.against.peek() === to) other.value = { of: to, places };
    });
  });
  const drawn = useComputed(() => {
    if (!own.value) return null;
    if (registered.value) return { ...own.value, places: registered.value.places };
    if (other.value?.of !== store.against.value || latent !== first) return own.value;
    return { ...own.value, places: between(own.value.places, other.value!.places, store.way.value) };
  });
  return { drawn, motion: useComputed(() => registered.value?.motion ?? null) };
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
