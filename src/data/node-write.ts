import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { IsometerError, type Matrix, type Rows, throwIfAborted } from "../base/index.ts";
import { shown, truncatedError } from "./array-checks.ts";
import { encodeFloats } from "./dtype.ts";

/** What every writer accepts. */
export interface WriteOptions {
  /** How values are stored; default "float32". "float64" adds no digits, only compatibility. */
  readonly dtype?: "float32" | "float64";
  readonly signal?: AbortSignal;
}

/** A file being written. */
export interface OutputFile {
  /** Bytes written so far. */
  readonly position: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites bytes that were written before. */
  patch(bytes: Uint8Array, position: number): Promise<void>;
}

/**
 * Writes a file that is either whole or not there: `write` fills a temporary file beside `path`, which takes its
 * name at the end. On an error the temporary file is removed and an older file at `path` is left as it was.
 *
 * @throws bad-option when the place cannot be written; what `write` throws
 */
export async function atomicWrite(path: string, write: (file: OutputFile) => Promise<void>): Promise<void> {
  if (/\.gz$/i.test(path)) {
    throw new IsometerError("bad-option", `${shown(path)}: compressed output is not written`, {
      hint: "Leave .gz off the name and compress the file afterwards.",
    });
  }
  const temporary = `${path}.${randomUUID()}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, "wx");
    await write(outputFile(handle));
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true });
    throw writeError(path, error);
  }
}

/**
 * The blocks of `rows` in order.
 *
 * @throws truncated unless exactly the announced rows come; internal when a block has another width
 * @throws aborted
 */
export async function* checkedBlocks(rows: Rows, signal?: AbortSignal): AsyncGenerator<Matrix> {
  let seen = 0;
  for await (const { matrix } of rows.blocks()) {
    throwIfAborted(signal);
    if (matrix.cols !== rows.cols) {
      throw new IsometerError(
        "internal",
        `the input announced ${rows.cols} columns, a block has ${matrix.cols}`,
      );
    }
    seen += matrix.rows;
    if (seen > rows.rows) break;
    yield matrix;
  }
  if (seen !== rows.rows)
    throw truncatedError("the input", `${rows.rows} rows of ${rows.cols}`, `${seen} rows`);
}

/** The values of `rows` as little-endian bytes, each part valid until the next is asked for. @throws truncated, aborted */
export async function* encodedRows(
  rows: Rows,
  { dtype = "float32", signal }: WriteOptions,
): AsyncGenerator<Uint8Array> {
  for await (const matrix of checkedBlocks(rows, signal)) yield encodeFloats(matrix.data, dtype);
}

function outputFile(handle: FileHandle): OutputFile {
  let position = 0;
  return {
    get position() {
      return position;
    },
    async append(bytes) {
      await writeAll(handle, bytes, position);
      position += bytes.length;
    },
    patch: (bytes, at) => writeAll(handle, bytes, at),
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const part = bytes.subarray(done, done + 2 ** 30);
    done += (await handle.write(part, 0, part.length, position + done)).bytesWritten;
  }
}

function writeError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof IsometerError || typeof code !== "string") return error;
  const folder = code === "EISDIR" || code === "ENOTEMPTY" || code === "EEXIST";
  const why = folder ? "it is a folder" : code === "ENOENT" ? "its folder does not exist" : code;
  return new IsometerError("bad-option", `${shown(path)} cannot be written: ${why}`, {
    hint: folder
      ? "Name a file."
      : code === "ENOENT"
        ? "Create the folder first."
        : "Check permissions and free space.",
    cause: error,
  });
}

/** Writes bytes as a file that is either whole or not there. @throws as `atomicWrite` */
export function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  return atomicWrite(path, (file) => file.append(bytes));
}
