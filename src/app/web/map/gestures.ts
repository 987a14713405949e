import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { movedBack } from "../compare/register.ts";
import type { SketchedLine } from "../morph/find.ts";
import { alongLine } from "../morph/ways.ts";
import * as store from "../state/store.ts";
import { panned, type Screen, toPicture, zoomed } from "./camera.ts";
import { nearest, within } from "./grid.ts";
import { showAll } from "./home.ts";
import type { Scene } from "./scene.ts";

/** How far from a point the pointer may be, in pixels of the page. */
const REACH = 14;
/** A press that moves less than this is a click. */
const STEADY = 4;

/** What pointers, wheel and keys do on a map. */
export function useGestures(
  scene: Scene,
  screen: { readonly value: Screen },
  lasso: Signal<readonly number[]>,
) {
  const pointers = useRef(new Map<number, { left: number; top: number }>());
  const press = useRef<{ left: number; top: number; moved: boolean; lasso: boolean } | null>(null);
  const placeOf = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  };
  const rowAt = ({ left, top }: { left: number; top: number }): number | null => {
    const [grid, drawn] = [scene.grid.value, scene.drawn.value];
    if (!grid || !drawn) return null;
    const camera = store.camera.value;
    const [x, y] = toPicture(camera, screen.value, left, top);
    const reach = (REACH * camera.width) / Math.min(screen.value.width, screen.value.height);
    const isInSight = sightOf(scene);
    const point = nearest(grid, x, y, reach, (at) => isInSight(drawn.rows[at]!));
    return point < 0 ? null : drawn.rows[point]!;
  };
  const dragged = (from: { left: number; top: number }, to: { left: number; top: number }) => {
    store.camera.value = panned(store.camera.value, screen.value, to.left - from.left, to.top - from.top);
  };

  return {
    onPointerDown(event: PointerEvent) {
      const place = placeOf(event);
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, place);
      const wantsLasso = store.tool.value !== "move" || event.shiftKey;
      press.current = { ...place, moved: false, lasso: wantsLasso && pointers.current.size === 1 };
    },
    onPointerMove(event: PointerEvent) {
      const place = placeOf(event);
      const held = pointers.current.get(event.pointerId);
      if (!held || !press.current) {
        store.hovered.value = rowAt(place);
        return;
      }
      const { current } = press;
      if (Math.hypot(place.left - current.left, place.top - current.top) > STEADY) current.moved = true;
      if (current.lasso) {
        lasso.value = [...lasso.value, ...toPicture(store.camera.value, screen.value, place.left, place.top)];
      } else if (pointers.current.size === 2)
        pinch(event.pointerId, held, place, pointers.current, screen.value);
      else if (current.moved) dragged(held, place);
      pointers.current.set(event.pointerId, place);
    },
    onPointerUp(event: PointerEvent) {
      pointers.current.delete(event.pointerId);
      const { current } = press;
      if (current && !current.moved) store.picked.value = rowAt(placeOf(event)) ?? store.picked.value;
      if (current?.lasso && store.tool.value === "path") sketch(scene, lasso.value);
      else if (current?.lasso && lasso.value.length >= 6) selectWithin(scene, lasso.value);
      lasso.value = [];
      if (pointers.current.size === 0) press.current = null;
    },
    onPointerLeave() {
      if (pointers.current.size === 0) store.hovered.value = null;
    },
    onPointerCancel(event: PointerEvent) {
      pointers.current.delete(event.pointerId);
      press.current = null;
      lasso.value = [];
    },
    onWheel(event: WheelEvent) {
      event.preventDefault();
      const { left, top } = placeOf(event);
      const factor = Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015));
      store.camera.value = zoomed(store.camera.value, screen.value, factor, left, top);
    },
    onKeyDown(event: KeyboardEvent) {
      if (onKey(event.key, scene, screen.value)) event.preventDefault();
    },
  };
}

/** Whether a row is in sight: what the legend leaves out is neither pointed at nor selected. */
function sightOf({ values }: Scene): (row: number) => boolean {
  const [column, codes, hidden] = [store.colourColumn.value, values.value, store.hidden.value];
  if (hidden.size === 0 || column?.kind !== "category" || !codes) return () => true;
  return (row) => !hidden.has(column.categories[codes[row]!] ?? "");
}

function selectWithin(scene: Scene, polygon: readonly number[]): void {
  const [grid, drawn] = [scene.grid.value, scene.drawn.value];
  if (!grid || !drawn) return;
  const isInSight = sightOf(scene);
  const points = within(grid, polygon);
  const isWithin = new Uint8Array(drawn.rows.length);
  for (const point of points) isWithin[point] = 1;
  const rows = new Int32Array(points.length);
  let count = 0;
  drawn.order.forEach((point, row) => {
    if (isWithin[point] === 1 && isInSight(row)) rows[count++] = row;
  });
  store.selection.value = count > 0 ? rows.slice(0, count) : null;
}

/** A line that was drawn, as a way through the latent, beside the straight one. */
function sketch({ latent, grid, drawn, motion }: Scene, line: readonly number[]): void {
  if (!grid.value || !drawn.value || line.length < 4) return;
  const [all, by] = [grid.value, motion.value];
  const isOwn = store.way.value === 0 && store.truth.value === 0;
  const sketched = (kind: SketchedLine["kind"], points: readonly number[]): SketchedLine => {
    const stops = alongLine(points, store.wish.value.frames);
    const rows = stops.map(([x, y]) => drawn.value!.rows[nearest(all, x, y, 2, () => true)]!);
    return { kind, rows, places: isOwn ? stops.map(([x, y]) => (by ? movedBack(by, x, y) : [x, y])) : null };
  };
  const straight = [...line.slice(0, 2), ...line.slice(-2)];
  const lines = [sketched("straight", straight), sketched("drawn", line)];
  if (lines.every(({ rows }) => !rows.includes(undefined!))) store.sketched.value = { latent, lines };
}

/** Two fingers: what is under them stays under them. */
function pinch(
  moving: number,
  from: { left: number; top: number },
  to: { left: number; top: number },
  pointers: ReadonlyMap<number, { left: number; top: number }>,
  screen: Screen,
): void {
  const other = [...pointers].find(([id]) => id !== moving)![1];
  const apart = (place: typeof from) => Math.hypot(place.left - other.left, place.top - other.top) || 1;
  const middle = { left: (to.left + other.left) / 2, top: (to.top + other.top) / 2 };
  const closer = zoomed(store.camera.value, screen, apart(to) / apart(from), middle.left, middle.top);
  store.camera.value = panned(closer, screen, (to.left - from.left) / 2, (to.top - from.top) / 2);
}

const STEP = 60;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [STEP, 0],
  ArrowRight: [-STEP, 0],
  ArrowUp: [0, STEP],
  ArrowDown: [0, -STEP],
};

/** Whether the key meant something. */
function onKey(key: string, scene: Scene, screen: Screen): boolean {
  const { camera } = store;
  const [left, top] = MOVES[key] ?? [];
  if (left !== undefined) camera.value = panned(camera.value, screen, left, top!);
  else if (key === "+" || key === "=")
    camera.value = zoomed(camera.value, screen, 1.4, screen.width / 2, screen.height / 2);
  else if (key === "-")
    camera.value = zoomed(camera.value, screen, 1 / 1.4, screen.width / 2, screen.height / 2);
  else if (key === "0") showAll();
  else if (key === "Escape") {
    store.selection.value = null;
    store.brushed.value = null;
  } else if (key === "n" || key === "N") nextNeighbor(scene);
  else if (key === "Enter" || key === " ") pickByKey(scene, screen);
  else return false;
  return true;
}

/** Selects the neighbour that N came to; else what is in the middle. */
function pickByKey(scene: Scene, screen: Screen): void {
  store.picked.value = store.hovered.value ?? middleRow(scene, screen);
}

/** The row nearest to the middle of what is seen. */
function middleRow(scene: Scene, screen: Screen): number | null {
  const { grid, drawn } = scene;
  if (!grid.value || !drawn.value) return null;
  const [x, y] = toPicture(store.camera.value, screen, screen.width / 2, screen.height / 2);
  const isInSight = sightOf(scene);
  const point = nearest(grid.value, x, y, 2, (at) => isInSight(drawn.value!.rows[at]!));
  return point < 0 ? null : drawn.value.rows[point]!;
}

/** Goes through the true neighbours of the picked row, the nearest first. */
function nextNeighbor({ lists }: Scene): void {
  const found = lists.value?.original;
  if (!found || found.length === 0) return;
  const at = found.findIndex(({ row }) => row === store.hovered.value);
  store.hovered.value = found[(at + 1) % found.length]!.row;
}
