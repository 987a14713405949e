import type { PairColumns } from "../../views-contract.ts";

/** Pairs counted by cells of length in the data by length in the latent. */
export interface PairBins {
  readonly cells: number;
  /** Upper end of both axes. */
  readonly end: number;
  /** cells x cells, the row of the shortest latent lengths first. */
  readonly counts: Float64Array;
}

const CELLS = 90;

/** Both axes go to the .999 point of the longer lengths, so that one far pair does not press all others together. */
export function binsOf(pairs: PairColumns, isIn: ((pair: number) => boolean) | null = null): PairBins {
  const end = endOf(pairs);
  const counts = new Float64Array(CELLS * CELLS);
  for (let p = 0; p < pairs.a.length; p++) {
    if (isIn && !isIn(p)) continue;
    const column = cellOf(pairs.original[p]!, end);
    const row = cellOf(pairs.latent[p]!, end);
    counts[row * CELLS + column]!++;
  }
  return { cells: CELLS, end, counts };
}

function cellOf(length: number, end: number): number {
  return Math.min(CELLS - 1, Math.floor((length / end) * CELLS));
}

function endOf({ original, latent }: PairColumns): number {
  const highOf = (lengths: Float32Array) =>
    lengths.slice().sort()[Math.floor(0.999 * (lengths.length - 1))] ?? 1;
  return Math.max(highOf(original), highOf(latent)) || 1;
}

/** A part of the plot: lengths in the data, lengths in the latent. */
export interface Part {
  readonly original: readonly [number, number];
  readonly latent: readonly [number, number];
}

/** Numbers of the pairs in a part. */
export function pairsIn({ original, latent }: PairColumns, part: Part): number[] {
  const found: number[] = [];
  for (let p = 0; p < original.length; p++) {
    const isIn =
      original[p]! >= part.original[0] &&
      original[p]! <= part.original[1] &&
      latent[p]! >= part.latent[0] &&
      latent[p]! <= part.latent[1];
    if (isIn) found.push(p);
  }
  return found;
}

/** log2 of latent by original, of pairs that have a length in both: 0 is an isometry. */
export function logStretches({ original, latent }: PairColumns, of: readonly number[] | null): Float64Array {
  const all = of ?? Array.from({ length: original.length }, (_, i) => i);
  return Float64Array.from(
    all.filter((p) => original[p]! > 0 && latent[p]! > 0),
    (p) => Math.log2(latent[p]! / original[p]!),
  );
}

/** The pairs whose stretch is the most extreme: "drawn close" though far apart, or "drawn far" though near. */
export function worstPairs(
  { original, latent }: PairColumns,
  kind: "drawn close" | "drawn far",
  count: number,
): number[] {
  const middle = original.slice().sort()[Math.floor(original.length / 2)]!;
  const isAsked =
    kind === "drawn close" ? (p: number) => original[p]! >= middle : (p: number) => original[p]! <= middle;
  const stretch = (p: number) => latent[p]! / original[p]!;
  const sign = kind === "drawn close" ? 1 : -1;
  return Array.from({ length: original.length }, (_, i) => i)
    .filter((p) => original[p]! > 0 && isAsked(p))
    .sort((p, q) => sign * (stretch(p) - stretch(q)))
    .slice(0, count);
}
