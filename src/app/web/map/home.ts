import { computed, signal, untracked, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isPlaced } from "../compare/register.ts";
import * as store from "../state/store.ts";
import type { Camera } from "./camera.ts";
import type { Scene } from "./scene.ts";

interface Box {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
}

const UNIT: Box = { left: 0, right: 1, low: 0, high: 1 };

/** What the maps that are shown take, by latent: registered to another map, or at true distances, points may lie outside of the unit square. */
const boxes = signal<ReadonlyMap<number, Box>>(new Map());

/** How much more than that is seen. */
const ROOM = 1.1;

/** The camera that sees all points of all maps. */
export const home = computed<Camera>(() => {
  let [left, right, low, high] = [0, 1, 0, 1];
  for (const box of boxes.value.values()) {
    [left, low] = [Math.min(left, box.left), Math.min(low, box.low)];
    [right, high] = [Math.max(right, box.right), Math.max(high, box.high)];
  }
  const side = Math.max(right - left, high - low);
  return { x: (left + right) / 2, y: (low + high) / 2, width: ROOM * side };
});

export const isHome = ({ x, y, width }: Camera): boolean =>
  x === home.value.x && y === home.value.y && width === home.value.width;

export function showAll(): void {
  store.camera.value = home.value;
}

/** Whoever sees all sees all still when points have moved. */
export function useHome({ latent, places, motion, isRecentred, isMoving }: Scene): void {
  const change = (to: Map<number, Box>) =>
    untracked(() => {
      const wasHome = isHome(store.camera.value);
      boxes.value = to;
      if (wasHome) showAll();
    });
  useSignalEffect(() => {
    if (!places.value || isMoving.value) return;
    // Its own places are the unit square: they need no look at each of a million.
    const isOwn = !motion.value && !isRecentred.value && store.way.value === 0;
    change(new Map(boxes.peek()).set(latent, isOwn ? UNIT : boxOf(places.value)));
  });
  useEffect(() => () => change(new Map([...boxes.peek()].filter(([other]) => other !== latent))), [latent]);
}

function boxOf(places: Float32Array): Box {
  let [left, right, low, high] = [0, 1, 0, 1];
  for (let i = 0; i < places.length / 2; i++) {
    if (!isPlaced(places, i)) continue;
    const [x, y] = [places[2 * i]!, places[2 * i + 1]!];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  return { left, right, low, high };
}
