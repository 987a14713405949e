import { collectRows, type Matrix } from "../base/index.ts";
import { openSource } from "./node-open.ts";
import type { OpenOptions } from "./source.ts";

/**
 * Reads a file, or several joined by commas, into one float32 matrix on shared memory.
 *
 * Formats: npy, npz, csv, tsv, parquet, JSON Lines, Arrow, safetensors, fvecs, IDX (.gz of many), a folder of images.
 * What float32 cannot hold exactly is narrowed; `openSource` says so in its warnings.
 *
 * @throws missing-file, bad-format, truncated, ambiguous-column ... with the next step in `hint`
 */
export async function readMatrix(path: string, options: OpenOptions = {}): Promise<Matrix> {
  const source = await openSource(path, options);
  try {
    return await collectRows(source);
  } finally {
    await source.close();
  }
}
