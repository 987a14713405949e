import type { Matrix, Warning, Watch } from "../base/index.ts";
import type { InputRecord } from "../report/index.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { rowNumber, rowNumbersOf } from "./row-numbers.ts";

/** Rows of one file, held in memory, and what is known of them. */
export interface RowsRead {
  readonly matrix: Matrix;
  readonly record: InputRecord;
  readonly warnings: readonly Warning[];
  /** Null where none were asked for. */
  readonly labels: readonly string[] | null;
  /** The number of a row in the file. */
  readonly numberOf: (row: number) => number;
}

/** Reads one file that goes with no other. @throws non-finite, and what reading throws */
export async function readRows(
  path: string,
  options: {
    readonly rows: string | undefined;
    readonly vector: string | undefined;
    readonly labels?: string | undefined;
  },
  role: string,
  watch: Watch,
): Promise<RowsRead> {
  const { rows, vector, labels } = options;
  const { checkFinite, openSource, parseRange, readLabels, readSpace } = await import("../data/index.ts");
  const { heldMatrix } = await import("../engine/index.ts");
  const how = openOptions({ rows, vector, imageSize: undefined, imageMode: "grey" }, parseRange);
  const source = await openSource(path, how);
  try {
    checkObeyed({ vector, id: undefined, imageSize: undefined }, source);
    const own = labels === undefined ? null : await readLabels(labels, source);
    const { points, remove } = await readSpace(source, watch);
    try {
      await checkFinite(points, path);
      const numbers = rowNumbersOf(source, undefined);
      return {
        matrix: heldMatrix(points),
        record: inputRecord(role, source),
        warnings: source.warnings,
        labels: own,
        numberOf: (i) => rowNumber(numbers, i),
      };
    } finally {
      await remove();
    }
  } finally {
    await source.close();
  }
}
