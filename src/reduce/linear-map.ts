import { throwIfAborted, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { LinearMap } from "../linalg/index.ts";
import type { NeighborSearch } from "../neighbors/index.ts";

/** A map that was fitted, and how the fit went. */
export interface LinearFit {
  readonly map: LinearMap;
  readonly converged: boolean;
  readonly iterations: number;
  /** What was minimised or maximised, where something was. */
  readonly objective: { readonly name: string; readonly value: number } | null;
  /** What the method has to say, number by name. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** What every fit needs beside its own options. */
export interface FitOptions extends Watch {
  readonly engine: EngineInfo;
  readonly seed: number;
  /** Scale rows to length 1 first, as cosine distance does. */
  readonly unitRows: boolean;
  /** How the neighbours of rows are found, where a method needs them. Default auto. */
  readonly neighbors?: NeighborSearch;
  /** Told after each step where the rows are: n x d, made when it is asked for, so that nobody pays who does not look. */
  readonly onPlaces?: (places: () => Float32Array, step: number) => void;
  /** Asks an iterative fit to end with what it has: then it says that it has not converged. */
  readonly stop?: AbortSignal;
}

/** Stops a fit at once where it is told to; not one that was asked to end with what it has. @throws aborted */
export function throwIfCut({ signal, stop }: Pick<FitOptions, "signal" | "stop">): void {
  if (!stop?.aborted) throwIfAborted(signal);
}

/** The same without a listener: for a part of a fit that is done in no time, under the name of the whole. */
export function quiet<Options extends Watch>({
  onProgress: _,
  ...options
}: Options): Omit<Options, "onProgress"> {
  return options;
}
