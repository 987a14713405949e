import { type Matrix, type Points, pointRows, type Warning, type Watch } from "../base/index.ts";
import { type EngineInfo, openNetwork, valuesAt } from "../engine/index.ts";
import { saveLinear } from "../linalg/index.ts";
import type { LinearFit } from "./linear-map.ts";

/** A map to a smaller space that was fitted, and how the fit went. */
export interface Fit {
  readonly map: { readonly inputs: number; readonly outputs: number };
  /** Where the fitted rows are, n x d; null: where the map puts any row. */
  readonly codes: Matrix | null;
  readonly converged: boolean;
  readonly iterations: number;
  /** What was minimised or maximised, where something was. */
  readonly objective: { readonly name: string; readonly value: number } | null;
  /** What the method has to say, number by name. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
  /** What a careful user would want to know. */
  readonly warnings?: readonly Warning[];
  /** The bytes of its file: an ONNX model of input "vectors" and output "codes", any number of rows at a time, or what `saveNeighborMap` writes. */
  save(metadata: Readonly<Record<string, string>>): Uint8Array;
  /** Places rows by neighbours; null: the saved model does. */
  readonly place: ((points: Points, options: PlaceOptions) => Promise<Matrix>) | null;
}

export type PlaceOptions = Watch & { readonly engine: EngineInfo };

/** A linear fit as one like any other. */
export function linearFit({ map, ...how }: LinearFit): Fit {
  const { inputs, outputs } = map;
  return {
    ...how,
    map: { inputs, outputs },
    codes: null,
    save: (metadata) => saveLinear(map, metadata),
    place: null,
  };
}

/** Rows through a map as it is saved: also those that it never saw. */
export async function transform(
  { save, place }: Pick<Fit, "save" | "place">,
  points: Points,
  options: PlaceOptions,
): Promise<Matrix> {
  if (place) return place(points, options);
  const { engine, onProgress, signal } = options;
  const network = openNetwork({ bytes: save({}), name: "the map" }, points.cols);
  const at = Int32Array.from({ length: points.rows }, (_, i) => i);
  return valuesAt(network, pointRows(points), at, {
    engine,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
}
