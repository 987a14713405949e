import {
  IsometerError,
  type Matrix,
  type Points,
  pointRows,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";

/** A map that was saved, ready to be run. */
export interface OpenMap {
  readonly inputs: number;
  readonly outputs: number;
  /** The value that counts as its output. */
  readonly output: string;
  /** How it was fitted, where Isometer made it. */
  readonly method: string | null;
  readonly warnings: readonly Warning[];
  /** Rows through it, each by itself. It may write them to `into`, shared memory of as many numbers or more. */
  run(
    points: Points,
    options: Watch & { readonly engine: EngineInfo; readonly into?: Float32Array },
  ): Promise<Matrix>;
}

/**
 * Opens an ONNX model, or a map by neighbours that reduce wrote, for rows of so many numbers.
 *
 * @throws bad-value where rows do not fit; bad-option for a layer of a map that has none; what reading throws
 */
export async function openMap(path: string, layer: string | undefined, cols: number): Promise<OpenMap> {
  const { readMapFile } = await import("../data/index.ts");
  const file = await readMapFile(path);
  if (!file) return openOnnx(path, layer, cols);
  if (layer !== undefined) {
    throw new IsometerError("bad-option", `${path} has no layers: it places rows by their neighbours`, {
      hint: "Leave --layer out.",
    });
  }
  const { heldMatrix } = await import("../engine/index.ts");
  const { placeRows, readNeighborMap } = await import("../reduce/index.ts");
  const map = readNeighborMap(file.rows, file.codes, file.metadata);
  if (map.points.cols !== cols) {
    throw new IsometerError("bad-value", `${path} takes rows of ${map.points.cols}, the points have ${cols}`);
  }
  return {
    inputs: cols,
    outputs: map.codes.cols,
    output: "codes",
    method: file.metadata["isometer.method"] ?? null,
    warnings: [],
    run: (points, options) => placeRows(map, heldMatrix(points), options),
  };
}

async function openOnnx(path: string, layer: string | undefined, cols: number): Promise<OpenMap> {
  const { openModel } = await import("../data/index.ts");
  const { openNetwork, valuesAt } = await import("../engine/index.ts");
  const { metadataOf } = await import("../graph/index.ts");
  const model = await openModel(path);
  const network = openNetwork({ ...model, name: path, layer }, cols);
  const { inputs, outputs, output, warnings } = network;
  return {
    ...{ inputs, outputs, output, warnings },
    method: metadataOf(model.bytes)["isometer.method"] ?? null,
    run(points, { engine, signal, into }) {
      const at = Int32Array.from({ length: points.rows }, (_, i) => i);
      return valuesAt(network, pointRows(points), at, {
        engine,
        ...(into && { into }),
        ...(signal && { signal }),
      });
    },
  };
}
