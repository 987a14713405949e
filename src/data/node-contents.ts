import { arrowContents } from "./node-arrow.ts";
import { scanCsv } from "./node-csv.ts";
import { scanJsonl } from "./node-jsonl.ts";
import { npzContents } from "./node-npz.ts";
import { detectFormat, splitInputs } from "./node-open.ts";
import { scanParquet } from "./node-parquet.ts";
import { safetensorsContents } from "./node-safetensors.ts";
import type { TableScan } from "./node-tables.ts";
import type { Contents, Format } from "./source.ts";

const SCANS: Partial<Record<Format, (path: string) => Promise<TableScan>>> = {
  csv: scanCsv,
  tsv: scanCsv,
  parquet: scanParquet,
  jsonl: scanJsonl,
};

const LISTS: Partial<Record<Format, (path: string) => Promise<Omit<Contents, "format">>>> = {
  npz: npzContents,
  safetensors: safetensorsContents,
  arrow: arrowContents,
};

/**
 * The columns, arrays or tensors of a file, without deciding which of them are vectors; of several files those of the first.
 * Undefined for formats that hold one unnamed array.
 *
 * @throws what opening the file throws, but neither ambiguous-column nor unknown-column
 */
export async function listContents(input: string): Promise<Contents | undefined> {
  const path = (await splitInputs(input))[0]!;
  const format = await detectFormat(path);
  const listed = await LISTS[format]?.(path);
  if (listed !== undefined) return { format, ...listed };
  const scan = await SCANS[format]?.(path);
  if (scan === undefined) return undefined;
  await scan.database.close();
  return { format, rows: scan.rows, columns: scan.columns.map(({ name, dtype }) => ({ name, type: dtype })) };
}
