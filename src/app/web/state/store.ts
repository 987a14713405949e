import { computed, signal } from "@preact/signals";
import type { View, ViewColumn } from "../../views-contract.ts";

/*
 * What the page shows. Everything that a link should bring back is in `url.ts`.
 */

/** A file of the folder. */
export interface ServedFile {
  readonly path: string;
  readonly bytes: number;
}

export const files = signal<readonly ServedFile[]>([]);
export const view = signal<View | null>(null);
/** What went wrong last, for a person. */
export const trouble = signal<{ readonly message: string; readonly hint?: string | undefined } | null>(null);
/** What is being waited for, for a person; empty: nothing. */
export const busy = signal("");

/** Which latent is drawn. */
export const latent = signal(0);
/** Name of the column that points are coloured by. */
export const colour = signal<string | null>(null);
/** Categories that are left out by the legend. */
export const hidden = signal<ReadonlySet<string>>(new Set());
/** The row under the pointer. */
export const hovered = signal<number | null>(null);
/** The row whose neighbourhood is told. */
export const picked = signal<number | null>(null);
/** Rows that were taken by lasso, legend or brush. Null: no selection. */
export const selection = signal<Int32Array | null>(null);
/** Pairs that were brushed in the Shepard plot: a, b, a, b. */
export const brushed = signal<Int32Array | null>(null);
/** Rows along a way that was chosen, in order. */
export const path = signal<readonly number[]>([]);
export const nNeighbors = signal(10);
/** What a pointer that is dragged does. */
export const tool = signal<"move" | "lasso">("move");

export const TABS = ["truth", "pairs", "scores", "compare", "morph", "run", "export"] as const;
export type Tab = (typeof TABS)[number];
export const tab = signal<Tab>("truth");

/** What is drawn above the points. */
export const layers = signal({ ellipses: false, contours: false, labels: true });
/** Points at their true distance from the picked one, 0 to 1: how far on the way. */
export const truth = signal(0);
/** Centre and width of what is seen, in units of the picture. */
export const camera = signal({ x: 0.5, y: 0.5, width: 1.1 });

export const theLatent = computed(() => view.value?.latents[latent.value] ?? null);

export const colourColumn = computed<ViewColumn | null>(
  () => view.value?.columns.find(({ name }) => name === colour.value) ?? null,
);
