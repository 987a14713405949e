/**
 * The default audit, from the command line, of 1,000,000 x 768 float32 (3 GB, made by `isometer make`: a mixture of ten Gaussians of 64 dimensions
 * in 768, with noise) against a linear map of it to 64 dimensions (its first 64 columns: the mixture lies there turned at random). No peer can do this: each
 * holds n x n numbers. Quality: the scores are printed with their intervals.
 *
 *     node bench/million.mjs [--rows 1000000] [--folder /tmp/isometer-million] [--keep] [--gate]
 */

import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { auditCommand, CLI, flag, machineLine, target, writeResults } from "./harness.mjs";

const rows = Number(flag("rows", "1000000"));
const folder = flag("folder", "/tmp/isometer-million");
const original = join(folder, `mixture-${rows}.npy`);
const latent = join(folder, `columns-${rows}.npy`);
const COLS = 768;
const TO = 64;

mkdirSync(folder, { recursive: true });
if (!existsSync(original))
  isometer(
    "make",
    "mixture",
    "--rows",
    rows,
    "--cols",
    COLS,
    "--dims",
    TO,
    "--noise",
    0.1,
    "--out",
    original,
  );
if (!existsSync(latent)) writeColumns();

console.log(`million: ${machineLine()}`);
const { seconds, peakBytes, result } = auditCommand(original, latent);
console.log(
  `\n  ${rows} x ${COLS} against ${TO} dimensions: ${seconds.toFixed(1)} s, ${Math.round(peakBytes / 1e6)} MB`,
);
for (const name of ["trustworthiness", "stress", "stretch", "distanceSpearman"]) {
  const { value, interval } = result.scores[name];
  console.log(`  ${name} ${value.toFixed(4)} [${interval.map((end) => end.toFixed(4)).join(", ")}]`);
}
console.log("");
const verdicts = [
  target("seconds", seconds, "at most", 180),
  target("GB of peak memory", peakBytes / 1e9, "at most", 1.5),
];
writeResults("million", { rows, seconds, peakBytes, scores: result.scores });
if (!process.argv.includes("--keep")) rmSync(folder, { recursive: true });
process.exit(process.argv.includes("--gate") && !verdicts.every(Boolean) ? 3 : 0);

function isometer(...args) {
  const { status } = spawnSync(process.execPath, [CLI, ...args.map(String)], { stdio: "inherit" });
  if (status !== 0) throw new Error(`isometer ${args[0]} failed`);
}

/** The first 64 columns of the .npy file, as another. */
function writeColumns() {
  const from = openSync(original, "r");
  const to = openSync(latent, "w");
  const head = Buffer.alloc(10);
  readSync(from, head, 0, 10, 0);
  const start = 10 + head.readUInt16LE(8);
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${TO}), }`.padEnd(117);
  writeSync(
    to,
    Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00", "latin1"),
      Buffer.from([118, 0]),
      Buffer.from(`${text}\n`),
    ]),
  );
  const BLOCK = 4096;
  const block = Buffer.alloc(4 * COLS * BLOCK);
  const out = Buffer.alloc(4 * TO * BLOCK);
  for (let at = 0; at < rows; at += BLOCK) {
    const count = Math.min(BLOCK, rows - at);
    readSync(from, block, 0, 4 * COLS * count, start + 4 * COLS * at);
    for (let r = 0; r < count; r++) block.copy(out, 4 * TO * r, 4 * COLS * r, 4 * (COLS * r + TO));
    writeSync(to, out, 0, 4 * TO * count);
  }
  closeSync(from);
  closeSync(to);
}
