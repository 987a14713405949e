import { computed, signal } from "@preact/signals";
import type { View, ViewColumn } from "../../views-contract.ts";
import { movementColumns } from "../compare/movement.ts";
import type { Sketch, Wish } from "../morph/find.ts";
import type { Morphed } from "../morph/ways.ts";

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
/** What is being waited for, for a person, and what stops it. */
export const busy = signal<{ readonly what: string; readonly stop: () => void } | null>(null);

/** Which latent is drawn. */
export const latent = signal(0);
/** The latent that it is held against: see `against`. */
export const target = signal(1);
/** How many maps are beside each other. */
export const maps = signal<1 | 2 | 3>(1);
/** How far the points are on their way to their places in the other latent, 0 to 1; and whether they are being moved there. */
export const way = signal(0);
export const isPlaying = signal(false);
/** How far the measuring of movement is, 0 to 1, and what stops it. */
export const measuring = signal<{ readonly share: number; readonly stop: () => void } | null>(null);
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
/** The selection that the server has answered about. */
export const answered = signal<Int32Array | null>(null);
/** Pairs that were brushed in the Shepard plot: a, b, a, b. */
export const brushed = signal<Int32Array | null>(null);
/** The way that is asked for, a line that was drawn for one, and what was found. */
export const wish = signal<Wish>({
  from: null,
  to: null,
  decoder: "",
  kind: "geodesic",
  space: "latent",
  frames: 9,
});
export const sketched = signal<Sketch | null>(null);
export const morphed = signal<Morphed | null>(null);
export const nNeighbors = signal(10);
/** What a pointer that is dragged does. */
export const tool = signal<"move" | "lasso" | "path">("move");

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

/** The other latents, the one that the first is held against before the rest. */
const others = computed(() => {
  const rest = (view.value?.latents ?? []).map((_, i) => i).filter((i) => i !== latent.value);
  return rest.sort((a, b) => Number(b === target.value) - Number(a === target.value));
});

/** What the drawn latent is held against; null where it is the only one. */
export const against = computed(() => others.value[0] ?? null);

/** The latents that are drawn, the first of which all others are registered to. */
export const shown = computed(() => [latent.value, ...others.value].slice(0, maps.value));

/** What points can be coloured by: columns of the view, and movement between its latents. */
export const columns = computed<readonly ViewColumn[]>(() =>
  view.value ? [...view.value.columns, ...movementColumns(view.value).map(({ column }) => column)] : [],
);

export const colourColumn = computed<ViewColumn | null>(
  () => columns.value.find(({ name }) => name === colour.value) ?? null,
);
