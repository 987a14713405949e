import { Readable } from "node:stream";
import { crc32, createDeflateRaw } from "node:zlib";
import type { OutputFile } from "./node-write.ts";

/** A member to write: its bytes in pieces, their number known before. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

interface Written {
  readonly name: Uint8Array;
  readonly offset: number;
  readonly size: number;
  readonly packed: number;
  readonly crc: number;
}

/** 1 January 1980, as NumPy writes it: the same input gives the same bytes. */
const DOS_DATE = 0x0021;

/**
 * Writes a zip archive. Like NumPy, every local header has zip64 sizes, so that no member is too large.
 *
 * @param deflate compress (method 8) or store (method 0)
 */
export async function writeZip(
  file: OutputFile,
  members: Iterable<ZipMember>,
  deflate: boolean,
): Promise<void> {
  const method = deflate ? 8 : 0;
  const written: Written[] = [];
  for (const member of members) {
    const name = new TextEncoder().encode(member.name);
    const offset = file.position;
    const headerSize = 30 + name.length + 20;
    await file.append(new Uint8Array(headerSize)); // patched below, when sum and size are known
    let crc = 0;
    const summed = tap(member.pieces, (piece) => {
      crc = crc32(piece, crc);
    });
    for await (const piece of deflate ? deflated(summed) : summed) await file.append(piece);
    const packed = file.position - offset - headerSize;
    const entry = { name, offset, size: member.size, packed, crc };
    await file.patch(localHeader(entry, method), offset);
    written.push(entry);
  }
  const start = file.position;
  for (const entry of written) await file.append(directoryEntry(entry, method));
  await file.append(endRecords(written.length, start, file.position - start));
}

async function* tap(
  pieces: AsyncIterable<Uint8Array>,
  see: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    see(piece);
    yield piece;
  }
}

/** Streams ask for pieces before those before them are used up, so they get copies. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.slice();
}

function deflated(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const source = Readable.from(copied(pieces), { objectMode: false });
  const packer = createDeflateRaw({ chunkSize: 2 ** 18 });
  source.once("error", (error) => packer.destroy(error));
  return source.pipe(packer);
}

/** Fields shared by the local header and the directory, from "version needed" on. */
function common(view: DataView, at: number, { crc, name }: Written, method: number): void {
  view.setUint16(at, 45, true); // zip64
  view.setUint16(at + 2, 0x0800, true); // the name is UTF-8
  view.setUint16(at + 4, method, true);
  view.setUint16(at + 8, DOS_DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, 0xffffffff, true);
  view.setUint32(at + 18, 0xffffffff, true);
  view.setUint16(at + 22, name.length, true);
}

function localHeader(entry: Written, method: number): Uint8Array {
  const bytes = new Uint8Array(30 + entry.name.length + 20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  common(view, 4, entry, method);
  view.setUint16(28, 20, true);
  bytes.set(entry.name, 30);
  zip64Field(view, 30 + entry.name.length, [entry.size, entry.packed]);
  return bytes;
}

function directoryEntry(entry: Written, method: number): Uint8Array {
  const bytes = new Uint8Array(46 + entry.name.length + 28);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, 45, true);
  common(view, 6, entry, method);
  view.setUint16(30, 28, true);
  view.setUint32(42, 0xffffffff, true);
  bytes.set(entry.name, 46);
  zip64Field(view, 46 + entry.name.length, [entry.size, entry.packed, entry.offset]);
  return bytes;
}

function zip64Field(view: DataView, at: number, values: readonly number[]): void {
  view.setUint16(at, 1, true);
  view.setUint16(at + 2, values.length * 8, true);
  for (const [i, value] of values.entries()) view.setBigUint64(at + 4 + i * 8, BigInt(value), true);
}

/** The zip64 end record, its locator, and the short end record that points to them. */
function endRecords(count: number, start: number, bytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(56 + 20 + 22));
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, 44n, true);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(bytes), true);
  view.setBigUint64(48, BigInt(start), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(start + bytes), true);
  view.setUint32(72, 1, true);
  view.setUint32(76, 0x06054b50, true);
  view.setUint16(84, 0xffff, true);
  view.setUint16(86, 0xffff, true);
  view.setUint32(88, 0xffffffff, true);
  view.setUint32(92, 0xffffffff, true);
  return new Uint8Array(view.buffer);
}
