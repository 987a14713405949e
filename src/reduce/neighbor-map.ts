import {
  encodeTensors,
  gatherRows,
  IsometerError,
  type Matrix,
  matrix,
  type Points,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, gatherPoints, heldMatrix } from "../engine/index.ts";
import { nearestNeighbors } from "../neighbors/index.ts";
import type { Fit } from "./fit.ts";
import { type Placing, placerFor } from "./placing.ts";

/** A map that places a row by its nearest neighbours among rows that it keeps. */
export interface NeighborMap {
  /** The rows that were fitted, n x D. */
  readonly points: Points;
  /** Where they are, n x d. */
  readonly codes: Matrix;
  readonly metric: "euclidean" | "cosine";
  /** Neighbours that a new row is placed by. */
  readonly nNeighbors: number;
  readonly placing: Placing;
}

/** A fit whose map is one by neighbours. */
export function neighborFit({
  map,
  ...how
}: Omit<Fit, "map" | "codes" | "save" | "place"> & { readonly map: NeighborMap }): Fit {
  return {
    ...how,
    map: { inputs: map.points.cols, outputs: map.codes.cols },
    codes: map.codes,
    save: (metadata) => saveNeighborMap(map, metadata),
    place: (points, options) => placeRows(map, points, options),
  };
}

/** Rows placed at a time: their neighbours are held. */
const ROWS_AT_ONCE = 16_384;

/**
 * Rows that the map never saw, each by itself: a row's place does not depend on the others, and rows that were fitted stay. Exact neighbours (n D multiplications a row), then
 * where they pull it, as the fit would.
 */
export async function placeRows(
  map: NeighborMap,
  points: Points,
  { engine, onProgress, signal }: Watch & { readonly engine: EngineInfo },
): Promise<Matrix> {
  const { codes, metric, nNeighbors: k } = map;
  const d = codes.cols;
  const searched = heldMatrix(map.points);
  const place = placerFor(map.placing, searched, codes, { k, isCosine: metric === "cosine" });
  const data = new Float32Array(points.rows * d);
  for (let start = 0; start < points.rows; start += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, points.rows - start);
    const at = Int32Array.from({ length: count }, (_, i) => start + i);
    const rows = "stored" in points ? gatherPoints(points, at) : gatherRows(points, at);
    const found = await nearestNeighbors(rows, searched, {
      nNeighbors: k,
      metric,
      threads: engine.threads,
      ...(signal && { signal }),
    });
    for (let i = 0; i < count; i++) {
      const own = [i * k, (i + 1) * k] as const;
      data.set(place(found.ids.subarray(...own), found.distances.subarray(...own)), (start + i) * d);
    }
    onProgress?.({ stage: "values", done: start + count, total: points.rows });
  }
  return { data, rows: points.rows, cols: d };
}

/** Where the settings of a map stand in the metadata of its file. */
const SETTINGS = "isometer.map";

/** The map as a .safetensors file: tensors "rows" (bytes where they are whole numbers up to 255, else float32) and "codes", settings in the metadata. */
export function saveNeighborMap(map: NeighborMap, metadata: Readonly<Record<string, string>>): Uint8Array {
  const { points, codes, metric, nNeighbors, placing } = map;
  const settings = JSON.stringify({ metric, nNeighbors, placing });
  return encodeTensors({ rows: heldMatrix(points), codes }, { ...metadata, [SETTINGS]: settings });
}

/** A map from what its file holds. @throws bad-format where they do not belong together */
export function readNeighborMap(
  rows: Matrix,
  codes: Matrix,
  metadata: Readonly<Record<string, string>>,
): NeighborMap {
  const settings = settingsOf(metadata);
  if (!settings || rows.rows !== codes.rows || settings.nNeighbors > rows.rows) {
    throw new IsometerError("bad-format", "this is no map that reduce wrote", {
      needed: `tensors "rows" and "codes" of as many rows, and "${SETTINGS}" in the metadata`,
      hint: "Give a file that isometer reduce --out wrote, or an ONNX model.",
    });
  }
  return { points: matrix(rows.data, rows.rows, rows.cols), codes, ...settings };
}

function settingsOf(metadata: Readonly<Record<string, string>>) {
  try {
    const { metric, nNeighbors, placing } = JSON.parse(metadata[SETTINGS] ?? "null") as NeighborMap;
    const isKnown = metric === "euclidean" || metric === "cosine";
    const isCount = Number.isInteger(nNeighbors) && nNeighbors > 0;
    return isKnown && isCount ? { metric, nNeighbors, placing } : null;
  } catch {
    return null;
  }
}
