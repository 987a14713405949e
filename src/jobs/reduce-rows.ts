import {
  gatherRows,
  IsometerError,
  type Matrix,
  matrix,
  type Points,
  type Rows,
  rng,
  row,
  rowsFromMatrix,
  sampleWithoutReplacement,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { Placed } from "../data/pair.ts";
import type { Source } from "../data/source.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Fit } from "../reduce/index.ts";
import { defined } from "./result.ts";

/** All rows, and what there is to say of them. */
export interface RowsRead extends Placed {
  readonly warnings: readonly Warning[];
}

/**
 * All rows, held or in a file as an audit has them.
 *
 * @param heldBytes default HELD_BYTES
 * @throws what an audit would refuse, before anything is fitted
 */
export async function readPoints(
  source: Source,
  metric: string,
  watch: Watch,
  heldBytes?: number,
): Promise<RowsRead> {
  const { inspectPoints, readSpace } = await import("../data/index.ts");
  const read = await readSpace(source, { ...watch, ...defined({ heldBytes }) });
  try {
    const { warnings } = await inspectPoints(read.points, source.path, metric);
    return { ...read, warnings };
  } catch (error) {
    await read.remove();
    throw error;
  }
}

/** @throws bad-option where that is no smaller space */
export function checkTo(to: number, { cols }: Points, vectors: string): void {
  if (to <= cols) return;
  throw new IsometerError("bad-option", `--to ${to} is more than the ${cols} dimensions of ${vectors}`, {
    hint: `Give at most ${cols}.`,
  });
}

/** Fewer rows cannot be scored apart. */
export const LEAST_HELD_OUT = 20;

/** Rows that the map never sees, ascending. @throws bad-option where they are too few to be scored */
export function heldOutRows(rows: number, share: number | undefined, seed: number): Int32Array | null {
  if (share === undefined || share === 0) return null;
  const count = Math.round(share * rows);
  if (count < LEAST_HELD_OUT || rows - count < LEAST_HELD_OUT) {
    throw new IsometerError("bad-option", `--holdout ${share} holds out ${count} of ${rows} rows`, {
      needed: `at least ${LEAST_HELD_OUT} on both sides`,
      hint: "Hold out another share, or none.",
    });
  }
  return sampleWithoutReplacement(rng(seed).split("holdout"), rows, count);
}

/** All rows but those that are held out. */
export function without(rows: number, held: Int32Array): Int32Array {
  const out = new Set(held);
  return Int32Array.from({ length: rows }, (_, i) => i).filter((row) => !out.has(row));
}

/** Some rows of a source whose rows are `points`, in the order asked for. */
export async function rowsAt(
  source: Source,
  points: Points,
  places: Int32Array,
  { signal }: Watch,
  heldBytes?: number,
): Promise<Placed> {
  if (!("stored" in points)) return { points: gatherRows(points, places), remove: async () => {} };
  const { readSpace } = await import("../data/index.ts");
  return readSpace(source, { places, ...defined({ signal, heldBytes }) });
}

/** Rows that are mapped at a time where codes go to a file. */
const CHUNK = 2 ** 16;

export interface MapOptions extends Watch {
  readonly engine: EngineInfo;
  /** Default HELD_BYTES. */
  readonly heldBytes?: number;
}

/** Where the map puts rows; in a file where that is too much to hold. */
export async function mapRows(
  fit: Fit,
  points: Points,
  { heldBytes, ...options }: MapOptions,
): Promise<Placed> {
  const { HELD_BYTES, spoolRows } = await import("../data/index.ts");
  const { transform } = await import("../reduce/index.ts");
  const { outputs } = fit.map;
  const { signal } = options;
  if (!("stored" in points) || 4 * points.rows * outputs <= (heldBytes ?? HELD_BYTES)) {
    return { points: await transform(fit, points, options), remove: async () => {} };
  }
  const { rows, cols, stored } = points;
  const codes: Rows = {
    rows,
    cols: outputs,
    async *blocks() {
      for (let start = 0; start < rows; start += CHUNK) {
        const offset = stored.offset + 4 * cols * start;
        const part = { stored: { ...stored, offset }, rows: Math.min(CHUNK, rows - start), cols };
        yield {
          start,
          matrix: await transform(fit, part, { engine: options.engine, ...defined({ signal }) }),
        };
      }
    },
  };
  const onRows = (done: number) => options.onProgress?.({ stage: "values", done, total: rows });
  return spoolRows({ ...codes, path: "the codes" }, rows, undefined, { onRows, ...defined({ signal }) });
}

/** Codes of rows that were fitted, and of those that were held out, in the order of all. */
export function together(seen: Int32Array, fitted: Matrix, held: Int32Array, others: Matrix): Matrix {
  const rows = seen.length + held.length;
  const codes = matrix(new Float32Array(rows * fitted.cols), rows, fitted.cols);
  seen.forEach((to, i) => {
    row(codes, to).set(row(fitted, i));
  });
  held.forEach((to, i) => {
    row(codes, to).set(row(others, i));
  });
  return codes;
}

/** Writes codes in the format of the ending. */
export async function writeCodes(path: string, points: Points, { signal }: Watch): Promise<void> {
  const { storedRows, writeRows } = await import("../data/index.ts");
  const rows = "stored" in points ? storedRows(points) : rowsFromMatrix(points);
  await writeRows(path, rows, defined({ signal }));
}
