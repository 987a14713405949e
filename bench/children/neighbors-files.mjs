/** What the contestants of bench/neighbors.mjs share: reading the .npy files that it wrote, writing their answers. */

import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";

/** A 2-D little-endian float32 .npy file, version 1, read straight into its array: no second copy in memory. */
export function readNpy(path) {
  const file = openSync(path);
  const head = Buffer.alloc(256);
  readSync(file, head, 0, 256, 0);
  const start = 10 + head.readUInt16LE(8);
  const [, rows, cols] = /'shape': \((\d+), (\d+)\)/.exec(head.toString("latin1", 10, start)).map(Number);
  const data = new Float32Array(rows * cols);
  let filled = 0;
  while (filled < data.byteLength) {
    const got = readSync(
      file,
      new Uint8Array(data.buffer, filled),
      0,
      data.byteLength - filled,
      start + filled,
    );
    if (got === 0) throw new Error(`${path} is cut off`);
    filled += got;
  }
  closeSync(file);
  return { data, rows, cols };
}

/** Header of such a file; its length is a multiple of 64. */
export function npyHeader(rows, cols) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 0, 0]);
  head.writeUInt16LE(padded.length, 8);
  return Buffer.concat([head, Buffer.from(padded, "latin1")]);
}

/** Writes ids (int32) and lengths (float64), queries x k each, one after the other. */
export function writeAnswer(path, ids, lengths) {
  const [i, d] = [Int32Array.from(ids, Number), Float64Array.from(lengths)];
  writeFileSync(path, Buffer.concat([Buffer.from(i.buffer), Buffer.from(d.buffer)]));
}

/** Reads what `writeAnswer` wrote for `count` = queries x k. */
export function readAnswer(path, count) {
  const bytes = readFileSync(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return {
    ids: new Int32Array(buffer.slice(0, 4 * count)),
    lengths: new Float64Array(buffer.slice(4 * count)),
  };
}
