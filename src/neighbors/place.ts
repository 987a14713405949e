import { type NativeLoops, openRows } from "../engine/index.ts";
import { PANEL, type Panel, panelRow } from "./panel.ts";
import type { Space } from "./space.ts";

/** Where the rows of a panel are laid out for a product, in WebAssembly's memory. Byte offsets. */
export interface PlaceMemory {
  readonly raw: number;
  readonly placed: number;
  readonly scales: number;
  readonly centre: number;
  readonly norms: number;
}

/** Takes the memory to place panels of d columns from an allocator of 4-byte elements. */
export function planPlaces(take: (elements: number) => number, d: number): PlaceMemory {
  return {
    raw: take(PANEL * d),
    placed: take(PANEL * (d + 2)),
    scales: take(2 * PANEL),
    centre: take(2 * d),
    norms: take(2 * PANEL),
  };
}

/**
 * Rows placed around the centre, `rows x (d + 2)`, and |p|^2 in float64. Views that the next call overwrites.
 * As the rows of a product: [-2 p | |p|^2 | 1]. As its columns: [p | 1 | |p|^2].
 */
export interface Placed {
  readonly values: Float32Array;
  readonly norms: Float64Array;
}

/** Copies the rows of a panel as they are, and what each is multiplied by. */
export function copyRows(panel: Panel, raw: Float32Array, scales: Float64Array): void {
  copyPanel(panel, raw);
  for (let r = 0; r < panel.count; r++) scales[r] = panel.space.scales[panelRow(panel, r)]!;
}

/** Copies the rows of a panel as they are, `count x cols`. */
export function copyPanel(panel: Panel, raw: Float32Array): void {
  const { start, count, index, space } = panel;
  const reader = openRows(space);
  if (index === null) reader.copy(start, count, raw, 0);
  else for (let r = 0; r < count; r++) reader.copy(index[start + r]!, 1, raw, r * space.cols);
}

/** A function that places the rows of a panel: p = x * scale - centre, the centre being that of the panel's space. */
export function openPlacer({ memory, functions }: NativeLoops, at: PlaceMemory, { cols }: Space) {
  const raw = new Float32Array(memory, at.raw, PANEL * cols);
  const scales = new Float64Array(memory, at.scales, PANEL);
  const centre = new Float64Array(memory, at.centre, cols);
  let laid: Float64Array | null = null;
  return (panel: Panel, as: "rows" | "columns"): Placed => {
    const { count } = panel;
    if (laid !== panel.space.centre) {
      laid = panel.space.centre;
      centre.set(laid);
    }
    copyRows(panel, raw, scales);
    const [factor, swapped] = as === "rows" ? [-2, 0] : [1, 1];
    functions.place!(at.raw, count, cols, at.scales, at.centre, factor, swapped, at.placed, at.norms);
    return {
      values: new Float32Array(memory, at.placed, count * (cols + 2)),
      norms: new Float64Array(memory, at.norms, count),
    };
  };
}
