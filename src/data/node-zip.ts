import type { FileHandle } from "node:fs/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { IsometerError } from "../base/index.ts";
import { sizeText, truncatedError } from "./array-checks.ts";
import { type ByteInput, type ByteStream, fileStream, inflatedStream, skipBytes } from "./node-bytes.ts";

/** One file inside a zip archive, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated; others are refused when the member is opened. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes inside: a claim until they have been read. */
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** A larger directory than any archive of arrays has. */
const MAX_DIRECTORY = 2 ** 26;

/** A member is read from its first byte, and so its sum checked, when reading begins no later than this. */
const HEAD = 2 ** 16;

/**
 * The central directory of a zip file (PKWARE APPNOTE 6.3, sections 4.3 and 4.5; zip64 where needed).
 *
 * @throws bad-format (no zip, several disks, a damaged directory), truncated, too-large
 */
export async function readZipDirectory(where: string, handle: FileHandle, size: number): Promise<ZipEntry[]> {
  const { count, bytes, offset } = await findDirectory(where, handle, size);
  if (offset + bytes > size) throw truncatedError(where, `a zip directory at byte ${offset}`, sizeText(size));
  if (bytes > MAX_DIRECTORY) {
    throw new IsometerError("too-large", `${where}: the zip directory takes ${sizeText(bytes)}`, {
      hint: "Save the array as .npy instead.",
    });
  }
  const view = await readView(where, handle, offset, bytes);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > bytes || view.getUint32(at, true) !== 0x02014b50)
      throw damaged(where, "its directory is damaged");
    const next =
      at + 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > bytes) throw damaged(where, "its directory is damaged");
    entries.push(readEntry(where, view, at));
    at = next;
  }
  return entries;
}

/**
 * Opens a member for reading. Its size and sum (CRC-32) are checked as it is read to its end; no more than the
 * announced size is ever delivered. Closing it closes the archive's handle.
 *
 * @throws bad-format (encrypted, an unknown method, a damaged local header), truncated
 */
export async function openZipMember(
  where: string,
  archive: { handle: FileHandle; size: number },
  entry: ZipEntry,
): Promise<ByteInput> {
  const { handle, size } = archive;
  if (entry.encrypted || (entry.method !== 0 && entry.method !== 8)) {
    throw new IsometerError(
      "bad-format",
      `${where} is ${entry.encrypted ? "encrypted" : "packed in an unknown way"}`,
      {
        needed: "stored or deflated",
        got: entry.encrypted ? "encrypted" : `method ${entry.method}`,
        hint: "Write it again with numpy.savez or numpy.savez_compressed.",
      },
    );
  }
  if (entry.offset + 30 > size)
    throw truncatedError(where, `a member at byte ${entry.offset}`, sizeText(size));
  const local = await readView(where, handle, entry.offset, 30);
  if (local.getUint32(0, true) !== 0x04034b50) throw damaged(where, "its local header is damaged");
  const start = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  const end = start + entry.packed;
  if (end > size) throw truncatedError(where, `${sizeText(entry.packed)} at byte ${start}`, sizeText(size));
  const stored = entry.method === 0;
  if (stored && entry.packed !== entry.size) throw damaged(where, "its sizes contradict each other");
  const whole = (): ByteStream =>
    stored
      ? fileStream(where, handle, start, end)
      : inflatedStream(where, handle, { start, end, transform: createInflateRaw({ chunkSize: 2 ** 18 }) });
  return {
    where,
    size: entry.size,
    proven: stored,
    stored: entry.packed,
    seekable: stored,
    openAt: async (position) =>
      stored && position > HEAD
        ? fileStream(where, handle, start + position, end)
        : skipBytes(checkedStream(where, whole(), entry), position),
    close: () => handle.close(),
  };
}

/** Passes the bytes of a member on, and holds them to what the directory said. */
function checkedStream(where: string, inner: ByteStream, entry: ZipEntry): ByteStream {
  let seen = 0;
  let sum = 0;
  return {
    async read(target) {
      const got = await inner.read(target);
      seen += got;
      sum = crc32(target.subarray(0, got), sum);
      if (seen > entry.size) throw damaged(where, `it holds more than the announced ${sizeText(entry.size)}`);
      if (got === target.length) return got;
      if (seen < entry.size) throw truncatedError(where, sizeText(entry.size), sizeText(seen));
      if (sum !== entry.crc) throw damaged(where, "its check sum is wrong");
      return got;
    },
    close: () => inner.close(),
  };
}

async function findDirectory(
  where: string,
  handle: FileHandle,
  size: number,
): Promise<{ count: number; bytes: number; offset: number }> {
  // The end record has 22 bytes and a comment of at most 65,535; zip64 puts a locator of 20 before it.
  const length = Math.min(size, 22 + 65535 + 20);
  const tail = await readView(where, handle, size - length, length);
  for (let at = length - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50 || at + 22 + tail.getUint16(at + 20, true) !== length)
      continue;
    if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
      return zip64Directory(where, handle, size, readLong(where, tail, at - 12));
    }
    const field = { count: tail.getUint16(at + 10, true), bytes: tail.getUint32(at + 12, true) };
    return { ...field, offset: tail.getUint32(at + 16, true) };
  }
  const first = await readView(where, handle, 0, Math.min(size, 4));
  if (first.byteLength === 4 && first.getUint32(0, true) === 0x04034b50) {
    throw truncatedError(where, "a zip file with its directory at the end", "only its beginning");
  }
  throw new IsometerError("bad-format", `${where} is not an .npz file: it is no zip archive`, {
    needed: "a zip file as numpy.savez writes it",
    hint: "Check its name: a single array from numpy.save is .npy.",
  });
}

async function zip64Directory(
  where: string,
  handle: FileHandle,
  size: number,
  at: number,
): Promise<{ count: number; bytes: number; offset: number }> {
  if (at + 56 > size) throw damaged(where, "its zip64 record lies beyond its end");
  const record = await readView(where, handle, at, 56);
  if (record.getUint32(0, true) !== 0x06064b50) throw damaged(where, "its zip64 record is damaged");
  const [count, bytes, offset] = [32, 40, 48].map((field) => readLong(where, record, field)) as [
    number,
    number,
    number,
  ];
  return { count, bytes, offset };
}

function readEntry(where: string, view: DataView, at: number): ZipEntry {
  const nameLength = view.getUint16(at + 28, true);
  const extraEnd = at + 46 + nameLength + view.getUint16(at + 30, true);
  const long = zip64Extra(view, at + 46 + nameLength, extraEnd);
  const wide = (field: number): number => {
    const value = view.getUint32(at + field, true);
    if (value !== 0xffffffff || long === undefined) return value;
    if (long.at + 8 > long.end) throw damaged(where, "its directory is damaged");
    long.at += 8;
    return readLong(where, view, long.at - 8);
  };
  // The order of zip64's fields: size, packed size, offset, each only where the short field is full.
  const size = wide(24);
  const packed = wide(20);
  const offset = wide(42);
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength));
  const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
  return {
    name,
    method: view.getUint16(at + 10, true),
    encrypted,
    crc: view.getUint32(at + 16, true),
    packed,
    size,
    offset,
  };
}

function zip64Extra(view: DataView, start: number, end: number): { at: number; end: number } | undefined {
  for (let at = start; at + 4 <= end; ) {
    const stop = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && stop <= end) return { at: at + 4, end: stop };
    at = stop;
  }
  return undefined;
}

function readLong(where: string, view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw damaged(where, "it announces an impossible size");
  return value;
}

async function readView(
  where: string,
  handle: FileHandle,
  position: number,
  length: number,
): Promise<DataView> {
  const bytes = new Uint8Array(length);
  const got = await fileStream(where, handle, position, position + length).read(bytes);
  if (got < length) throw truncatedError(where, sizeText(position + length), sizeText(position + got));
  return new DataView(bytes.buffer);
}

function damaged(where: string, problem: string): IsometerError {
  return new IsometerError("bad-format", `${where} is a damaged zip archive: ${problem}`, {
    hint: "Copy or write the file again.",
  });
}
