import type { PointRows, Rng } from "../base/index.ts";
import { openRows } from "../engine/index.ts";
import { type Augment, augment } from "./augment.ts";
import type { ImageShape } from "./networks/index.ts";

/** Where rows come from that belong to those of a batch. Plain data; `ids` on shared memory. */
export type Positives =
  /** One of the nearest of a row, each as likely: n x k places among the rows to train on, in the order of these. */
  | { readonly kind: "neighbors"; readonly ids: Int32Array }
  /** The row itself, an image, changed at random. */
  | { readonly kind: "augmented"; readonly image: ImageShape; readonly augment: Augment };

/** The rows of a batch: their places among those to train on. */
export interface PairingSetup {
  readonly rows: PointRows;
  readonly at: Int32Array;
  readonly places: Int32Array;
}

/** A function that fills `out`, V B x D, with V positives of each of the B rows of a batch: one of each row, then another of each. */
export function openPairing(
  positives: Positives,
  setup: PairingSetup,
): (random: Rng, out: Float32Array) => void {
  const { places } = setup;
  const { cols } = setup.rows;
  const write =
    positives.kind === "neighbors" ? openNeighbors(positives, setup) : openViews(positives, setup);
  return (random, out) => {
    for (let p = 0; p * cols < out.length; p++) write(places[p % places.length]!, random, out, p * cols);
  };
}

/** Writes a positive of the row at a place to `out[from ..]`. */
type Write = (place: number, random: Rng, out: Float32Array, from: number) => void;

function openNeighbors({ ids }: Positives & { kind: "neighbors" }, { rows, at }: PairingSetup): Write {
  const reader = openRows(rows);
  const k = ids.length / at.length;
  return (place, random, out, from) => reader.copy(at[ids[place * k + random.integer(k)]!]!, 1, out, from);
}

function openViews(
  { image, augment: options }: Positives & { kind: "augmented" },
  { rows, at }: PairingSetup,
): Write {
  const reader = openRows(rows);
  const row = new Float32Array(rows.cols);
  return (place, random, out, from) => {
    reader.copy(at[place]!, 1, row, 0);
    augment(row, image, options, random, out, from);
  };
}
