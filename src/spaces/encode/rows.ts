import { IsometerError, type Matrix, pointRows, type Watch } from "../../base/index.ts";
import type { EncoderFiles } from "../../data/node-encoder.ts";
import { readMapFile } from "../../data/node-map.ts";
import { openNetwork, valuesAt } from "../../engine/index.ts";
import type { ModelEnds } from "../../graph/index.ts";
import type { ReadyOptions } from "./encoder.ts";

/** A map of rows: its width, and what it gives. */
export interface RowMap {
  readonly cols: number;
  readonly dims: number;
  readonly output: string;
  run(rows: Matrix, watch: Watch): Promise<Matrix>;
}

/** A map by neighbours that reduce wrote; null where the file is none. */
export async function openNeighborRows(path: string, { engine }: ReadyOptions): Promise<RowMap | null> {
  const file = await readMapFile(path);
  if (!file) return null;
  const { placeRows, readNeighborMap } = await import("../../reduce/index.ts");
  const map = readNeighborMap(file.rows, file.codes, file.metadata);
  return {
    cols: map.points.cols,
    dims: map.codes.cols,
    output: "codes",
    run: (rows, watch) => placeRows(map, rows, { ...watch, engine }),
  };
}

/** Any model of one input of numbers, row by row. @throws bad-option where the width of rows is open; what openNetwork throws */
export function openRows(files: EncoderFiles, ends: ModelEnds, options: ReadyOptions): RowMap {
  const { engine, layer } = options;
  const { bytes, external } = files.model;
  const cols = options.cols ?? statedCols(files, ends);
  const network = openNetwork({ bytes, external, name: files.name, layer }, cols);
  return {
    cols,
    dims: network.outputs,
    output: network.output,
    run(rows, { signal }) {
      const at = Int32Array.from({ length: rows.rows }, (_, i) => i);
      return valuesAt(network, pointRows(rows), at, { engine, ...(signal && { signal }) });
    },
  };
}

function statedCols({ name }: EncoderFiles, { inputs }: ModelEnds): number {
  const own = inputs[0]?.shape?.slice(1) ?? [];
  const sizes = own.filter((dim) => typeof dim === "number");
  if (own.length > 0 && sizes.length === own.length) return sizes.reduce((all, dim) => all * dim, 1);
  throw new IsometerError("bad-option", `${name} does not say how long its rows are`, {
    needed: "cols",
    hint: "Give vectors with --queries: they tell.",
  });
}
