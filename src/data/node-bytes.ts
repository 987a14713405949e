import { type FileHandle, open, stat } from "node:fs/promises";
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { IsometerError } from "../base/index.ts";
import { shown, truncatedError } from "./array-checks.ts";

/** Bytes in order from some position on. */
export interface ByteStream {
  /** Fills `target`; the result is smaller than its length only at the end of the bytes. */
  read(target: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** An opened file (or a member of an archive) that can be read from any position, any number of times. */
export interface ByteInput {
  /** What it is called in messages: the path, for a member also its name. One line. */
  readonly where: string;
  /** Bytes in all; undefined where only decompressing can tell. */
  readonly size: number | undefined;
  /** False when `size` is a claim or unknown: bytes are decompressed, and only reading them proves that they exist. */
  readonly proven: boolean;
  /** Bytes on disk. */
  readonly stored: number;
  /** A stream from `position` on. Cheap where `seekable`; else all bytes before it are decompressed first. */
  openAt(position: number): Promise<ByteStream>;
  readonly seekable: boolean;
  /** The file whose bytes these are, when they are all of them. */
  readonly path?: string;
  close(): Promise<void>;
}

/** Read and decompressed in pieces of this many bytes. */
const PIECE = 2 ** 18;

/**
 * Opens a regular file for reading.
 *
 * @throws missing-file, not-a-file (folders, pipes, devices), empty-input (no bytes at all)
 */
export async function openFile(path: string): Promise<{ handle: FileHandle; size: number; where: string }> {
  const where = shown(path);
  try {
    // Before opening: opening a pipe would wait for a writer.
    const status = await stat(path);
    if (!status.isFile()) throw notAFile(where, status.isDirectory());
    if (status.size === 0) {
      throw new IsometerError("empty-input", `${where} is empty (0 bytes)`, {
        hint: "Check the program that wrote it.",
      });
    }
    return { handle: await open(path, "r"), size: status.size, where };
  } catch (error) {
    throw fileError(where, error);
  }
}

/**
 * Opens a file of numbers, decompressing gzip on the way.
 *
 * @param gzip "name": a path that ends in .gz is gzip (for formats without a magic number);
 *   "content": gzip is known by its first bytes
 * @throws missing-file, not-a-file, empty-input, bad-format (named .gz, but is not)
 */
export async function openBytes(path: string, gzip: "name" | "content"): Promise<ByteInput> {
  const { handle, size, where } = await openFile(path);
  return closeOnError(handle, async () => {
    const head = new Uint8Array(2);
    await fileStream(where, handle, 0, size).read(head);
    const isGzip = head[0] === 0x1f && head[1] === 0x8b;
    const named = /\.gz$/i.test(path);
    if (named && !isGzip) {
      throw new IsometerError("bad-format", `${where} is named .gz, but is not gzip data`, {
        needed: "1f 8b as the first bytes",
        hint: "Remove .gz from the name if the file is not compressed.",
      });
    }
    if (named || (isGzip && gzip === "content")) return gzipInput(where, handle, size);
    return { ...plainInput(where, handle, 0, size), path };
  });
}

/** Bytes `[start, start + size)` of a file as they stand. Closing it closes the file. */
export function plainInput(where: string, handle: FileHandle, start: number, size: number): ByteInput {
  return {
    where,
    size,
    proven: true,
    stored: size,
    seekable: true,
    openAt: async (position) => fileStream(where, handle, start + position, start + size),
    close: () => handle.close(),
  };
}

/** A gzip file (RFC 1952, one or more members) as the bytes inside it. */
function gzipInput(where: string, handle: FileHandle, size: number): ByteInput {
  return {
    where,
    size: undefined,
    proven: false,
    stored: size,
    seekable: false,
    async openAt(position) {
      const transform = createGunzip({ chunkSize: PIECE });
      return skipBytes(inflatedStream(where, handle, { start: 0, end: size, transform }), position);
    },
    close: () => handle.close(),
  };
}

/** Reads bytes `[position, end)` of a file. */
export function fileStream(where: string, handle: FileHandle, position: number, end: number): ByteStream {
  let at = position;
  return {
    async read(target) {
      let filled = 0;
      const wanted = Math.min(target.length, end - at);
      while (filled < wanted) {
        const { bytesRead } = await readHandle(where, handle, target, {
          offset: filled,
          length: wanted - filled,
          at,
        });
        if (bytesRead === 0) break;
        filled += bytesRead;
        at += bytesRead;
      }
      return filled;
    },
    close: async () => {},
  };
}

/** Reads bytes `[start, end)` of a file through a decompressor. */
export function inflatedStream(
  where: string,
  handle: FileHandle,
  { start, end, transform }: { start: number; end: number; transform: Transform },
): ByteStream {
  const source = Readable.from(pieces(fileStream(where, handle, start, end)), { objectMode: false });
  // Errors of either side reach the reader through the iterator below.
  pipeline(source, transform, () => {});
  const iterator = transform[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let piece: Uint8Array = new Uint8Array(0);
  return {
    async read(target) {
      let filled = 0;
      while (filled < target.length) {
        if (piece.length === 0) {
          const next = await iterator.next().catch((error: unknown) => {
            throw inflateError(where, error);
          });
          if (next.done) break;
          piece = next.value;
        }
        const part = piece.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        piece = piece.subarray(part.length);
      }
      return filled;
    },
    async close() {
      await iterator.return?.();
      transform.destroy();
      source.destroy();
    },
  };
}

/** `stream` with its next `count` bytes read and dropped. Ends early where the bytes do. */
export async function skipBytes(stream: ByteStream, count: number): Promise<ByteStream> {
  await countBytes(stream, count);
  return stream;
}

/** Reads and drops up to `limit` bytes. @returns how many there were */
export async function countBytes(stream: ByteStream, limit: number): Promise<number> {
  const scratch = new Uint8Array(Math.min(limit, PIECE));
  let seen = 0;
  while (seen < limit) {
    const got = await stream.read(scratch.subarray(0, Math.min(scratch.length, limit - seen)));
    if (got === 0) break;
    seen += got;
  }
  return seen;
}

/** The first `count` bytes of an input, fewer where it has fewer. */
export async function readStart(
  input: ByteInput,
  count: number,
  position = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count);
  const stream = await input.openAt(position);
  try {
    return bytes.subarray(0, await stream.read(bytes));
  } finally {
    await stream.close();
  }
}

/** Runs `build`; closes `file` when it fails, so that no opener leaks a handle. */
export async function closeOnError<T>(file: { close(): Promise<void> }, build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** An operating system's error as one of ours; others pass through. */
export function fileError(where: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof IsometerError || typeof code !== "string") return error;
  if (code === "EISDIR") return notAFile(where, true);
  const missing = code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG";
  const message = missing ? `there is no file ${where}` : `${where} cannot be opened or read (${code})`;
  return new IsometerError("missing-file", message, {
    hint: missing ? "Check the path." : "Check its permissions and its disk.",
    cause: error,
  });
}

function notAFile(where: string, folder: boolean): IsometerError {
  return new IsometerError("not-a-file", `${where} is ${folder ? "a folder" : "not a regular file"}`, {
    needed: "a file of numbers",
    hint: folder ? "Name a file inside it." : "Save the data to a file first.",
  });
}

function inflateError(where: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === "Z_BUF_ERROR") return truncatedError(where, "a complete compressed stream", "a part", error);
  if (typeof code !== "string" || !code.startsWith("Z_")) return fileError(where, error);
  return new IsometerError(
    "bad-format",
    `${where} cannot be decompressed: ${shown((error as Error).message)}`,
    {
      hint: "The file is damaged: copy it again.",
      cause: error,
    },
  );
}

async function readHandle(
  where: string,
  handle: FileHandle,
  target: Uint8Array,
  { offset, length, at }: { offset: number; length: number; at: number },
): Promise<{ bytesRead: number }> {
  try {
    return await handle.read(target, offset, Math.min(length, 2 ** 30), at);
  } catch (error) {
    throw fileError(where, error);
  }
}

async function* pieces(stream: ByteStream): AsyncGenerator<Uint8Array> {
  for (;;) {
    const piece = new Uint8Array(PIECE);
    const got = await stream.read(piece);
    if (got > 0) yield piece.subarray(0, got);
    if (got < piece.length) return;
  }
}
