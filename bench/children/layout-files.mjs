/** What the JavaScript contestants of bench/layouts.mjs share: writing their layouts. */

import { closeSync, openSync, writeSync } from "node:fs";
import { npyHeader } from "./neighbors-files.mjs";

/** Writes a layout (n x 2, row by row) as .npy where ISOMETER_LAYOUT says. */
export function writeLayout(codes) {
  const file = openSync(process.env.ISOMETER_LAYOUT, "w");
  writeSync(file, npyHeader(codes.length / 2, 2));
  writeFloats(file, codes);
  closeSync(file);
}

/** Appends the bytes of a Float32Array to an open file. */
export function writeFloats(file, floats) {
  const bytes = Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
