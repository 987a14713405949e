import { closeSync, openSync, readSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IsometerError, type Rows, type StoredMatrix, throwIfAborted, type Watch } from "../base/index.ts";
import { shown, sizeText, truncatedError } from "./array-checks.ts";
import type { Source } from "./source.ts";

/** Rows written to a temporary file, to be removed by the caller. */
export interface Spooled {
  readonly points: StoredMatrix;
  remove(): Promise<void>;
}

/**
 * Writes rows that are too large to hold to a temporary file of raw float32.
 *
 * @param target where each row of the source goes, -1: nowhere; undefined: all, in order
 * @throws bad-option when there is no room for it, truncated, aborted
 */
export async function spoolRows(
  source: Rows & Pick<Source, "path">,
  rows: number,
  target: Int32Array | undefined,
  { signal, onRows }: Pick<Watch, "signal"> & { readonly onRows: (seen: number) => void },
): Promise<Spooled> {
  const { cols } = source;
  const folder = await mkdtemp(join(tmpdir(), "isometer-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "rows.f32");
  try {
    const file = await open(path, "wx");
    try {
      let seen = 0;
      for await (const { start, matrix } of source.blocks()) {
        throwIfAborted(signal);
        const write = async (values: Float32Array, row: number) => {
          await file.write(bytesOf(values), 0, values.byteLength, 4 * cols * row);
        };
        if (target === undefined) await write(matrix.data, start);
        else {
          for (let i = 0; i < matrix.rows; i++) {
            const to = target[start + i]!;
            if (to >= 0) await write(matrix.data.subarray(i * cols, (i + 1) * cols), to);
          }
        }
        seen += matrix.rows;
        onRows(seen);
      }
      if (seen !== source.rows) {
        throw truncatedError(shown(source.path), `${source.rows} rows`, `${seen} rows`);
      }
    } finally {
      await file.close();
    }
    return { points: { stored: { path, offset: 0 }, rows, cols }, remove };
  } catch (error) {
    await remove();
    if ((error as NodeJS.ErrnoException | null)?.code !== "ENOSPC") throw error;
    throw new IsometerError(
      "bad-option",
      `${shown(source.path)} is too large to hold, and ${tmpdir()} has no room for it`,
      {
        needed: sizeText(4 * rows * cols),
        hint: "Set TMPDIR to a folder with room, or write the vectors as float32 .npy, which is read where it lies.",
        cause: error,
      },
    );
  }
}

/** Stored rows as a stream; and a comparison of any two of them, byte for byte but for the sign of 0. */
export function storedRows({ stored, rows, cols }: StoredMatrix, blockRows = 1024): Rows {
  return {
    rows,
    cols,
    async *blocks(range = { start: 0, end: rows }) {
      const file = await open(stored.path, "r");
      try {
        for (let start = range.start; start < range.end; start += blockRows) {
          const count = Math.min(blockRows, range.end - start);
          const data = new Float32Array(count * cols);
          const bytes = bytesOf(data);
          const { bytesRead } = await file.read(bytes, 0, bytes.length, stored.offset + 4 * cols * start);
          if (bytesRead < bytes.length) {
            throw truncatedError(shown(stored.path), `${rows} rows`, `the bytes end near row ${start}`);
          }
          yield { start, matrix: { data, rows: count, cols } };
        }
      } finally {
        await file.close();
      }
    },
  };
}

/** Some stored rows, in the order asked for. */
export function readStoredRows({ stored, cols }: StoredMatrix, ids: readonly number[]): Float32Array {
  const values = new Float32Array(ids.length * cols);
  const bytes = bytesOf(values);
  const file = openSync(stored.path, "r");
  try {
    for (const [at, i] of ids.entries()) {
      readSync(file, bytes, 4 * cols * at, 4 * cols, stored.offset + 4 * cols * i);
    }
  } finally {
    closeSync(file);
  }
  return values;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
