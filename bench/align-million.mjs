/**
 * Two spaces of a million rows, from the command line: `isometer align` of 1,000,000 x 768 float32 (3 GB, made by `isometer make`: a mixture of ten Gaussians of 64 dimensions in 768) with
 * a rotated copy that has noise of its own, and `isometer apply` of the map that it finds. Quality: the recall with its interval, and how far mapped rows are from where the rotation
 * itself puts them. No peer fits this in the memory; beside `apply` stands what it cannot beat: reading and writing the same bytes, and the product alone.
 *
 *     node bench/align-million.mjs [--rows 1000000] [--folder /tmp/isometer-million] [--keep] [--gate]      # 13 GB of disk
 */

import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { linearMap, saveMap } from "../dist/align/map.js";
import { matrix, pointRows, rng } from "../dist/base/index.js";
import { findEngine, gatherPoints, openNetwork, valuesAt } from "../dist/engine/index.js";
import { openAlgebra } from "../dist/linalg/index.js";
import { CLI, flag, machineLine, target, writeResults } from "./harness.mjs";

const rows = Number(flag("rows", "1000000"));
const folder = flag("folder", "/tmp/isometer-million");
const COLS = 768;
const NOISE = 0.05;
const HEADER = 128;
const named = (name) => join(folder, `${name}-${rows}.npy`);
const [from, to, mapped, copy] = ["from", "to", "mapped", "copy"].map(named);
const [rotation, map, report] = ["rotation.onnx", "map.onnx", "align.json"].map((name) => join(folder, name));

mkdirSync(folder, { recursive: true });
console.log(`align-million: ${machineLine()}`);
const engine = await findEngine();
if (!existsSync(from))
  isometer("make", "mixture", "--rows", rows, "--cols", COLS, "--dims", 64, "--noise", 0.1, "--out", from);
if (!existsSync(to)) await writePartners();

const aligned = isometer("align", from, to, "--json", report, "--out", map, "--force");
const { heldOut, method } = JSON.parse(readFileSync(report, "utf8"));
// In turns, three times: how soon a file is written depends on what the system still has in its cache.
const turns = Array.from({ length: 3 }, () => ({
  applied: isometer("apply", map, from, "--out", mapped, "--force"),
  copied: copySeconds(),
}));
const applied = {
  seconds: median(turns.map((turn) => turn.applied.seconds)),
  peakBytes: Math.max(...turns.map((turn) => turn.applied.peakBytes)),
};
const copied = median(turns.map((turn) => turn.copied));
const product = await productSeconds();
const apart = distanceOf(mapped, to);

const { value, interval } = heldOut.recall;
console.log(`
  align  ${aligned.seconds.toFixed(1)} s, ${Math.round(aligned.peakBytes / 1e6)} MB
         ${method}, recall@10 ${value.toFixed(4)} [${interval.map((end) => end.toFixed(4)).join(", ")}]
  apply  ${applied.seconds.toFixed(1)} s, ${Math.round(applied.peakBytes / 1e6)} MB; mapped rows are ${apart.toFixed(4)} of their length from their noisy partners (noise alone: ${noiseShare().toFixed(4)})
         reading and writing as much ${copied.toFixed(1)} s, the product alone ${product.toFixed(1)} s
`);
const verdicts = [
  target("align: seconds", aligned.seconds, "at most", 120),
  target("align: GB of peak memory", aligned.peakBytes / 1e9, "at most", 1),
  target(
    "apply: seconds by those of reading and writing and of the product",
    applied.seconds / (copied + product),
    "at most",
    1.25,
  ),
];
writeResults("align-million", { rows, aligned, applied, copied, product, apart, method, heldOut });
if (!process.argv.includes("--keep")) rmSync(folder, { recursive: true });
process.exit(process.argv.includes("--gate") && !verdicts.every(Boolean) ? 3 : 0);

/** Runs the command; needs GNU time. */
function isometer(...args) {
  const command = ["-f", "%M", process.execPath, CLI, ...args.map(String)];
  const started = performance.now();
  const child = spawnSync("/usr/bin/time", command, { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (child.status !== 0) throw new Error(child.stderr ?? String(child.error));
  const peakBytes = Number(child.stderr.trim().split("\n").at(-1)) * 1024;
  return { seconds: (performance.now() - started) / 1000, peakBytes };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Reading and writing the same bytes, 4 MB at a time. */
function copySeconds() {
  const started = performance.now();
  const [file, out] = [openSync(from, "r"), openSync(copy, "w")];
  const bytes = new Uint8Array(2 ** 22);
  for (let got = readSync(file, bytes); got > 0; got = readSync(file, bytes)) writeSync(out, bytes, 0, got);
  closeSync(file);
  closeSync(out);
  const seconds = (performance.now() - started) / 1000;
  rmSync(copy);
  return seconds;
}

/** Row i of the partners: row i rotated, and noise. */
async function writePartners() {
  const algebra = openAlgebra(engine);
  const random = rng(0);
  const data = Float64Array.from({ length: COLS * COLS }, () => random.normal());
  const { factor } = await algebra.polar({ data, rows: COLS, cols: COLS });
  await algebra.close();
  const linear = {
    inputs: COLS,
    outputs: COLS,
    weights: Float32Array.from(factor.data),
    shift: new Float32Array(COLS),
  };
  writeFileSync(rotation, saveMap(linearMap({ ...linear, unitRows: false, unitCodes: false })));
  isometer("apply", rotation, from, "--out", mapped, "--force");
  const [file, out] = [openSync(mapped, "r"), openSync(`${to}.part`, "w")];
  const header = Buffer.alloc(HEADER);
  readSync(file, header, 0, HEADER, 0);
  writeSync(out, header);
  const block = new Float32Array(2 ** 20);
  const bytes = new Uint8Array(block.buffer);
  for (let at = HEADER; ; ) {
    const got = readSync(file, bytes, 0, bytes.length, at);
    if (got === 0) break;
    for (let i = 0; i < got / 4; i++) block[i] += NOISE * random.normal();
    writeSync(out, bytes, 0, got);
    at += got;
  }
  closeSync(file);
  closeSync(out);
  renameSync(`${to}.part`, to);
}

/** The first rows of a file. */
function firstRows(path, count) {
  const points = { stored: { path, offset: HEADER }, rows, cols: COLS };
  return gatherPoints(
    points,
    Array.from({ length: count }, (_, i) => i),
  );
}

/** The map alone, as often as the rows need it, over rows in memory. */
async function productSeconds() {
  const count = Math.min(rows, 10_000);
  const points = pointRows(matrix(firstRows(from, count).data, count, COLS));
  const network = openNetwork({ bytes: new Uint8Array(readFileSync(map)), name: "the map" }, COLS);
  const at = Int32Array.from({ length: count }, (_, i) => i);
  await valuesAt(network, points, at, { engine });
  const started = performance.now();
  const times = Math.ceil(rows / count);
  for (let i = 0; i < times; i++) await valuesAt(network, points, at, { engine });
  return ((performance.now() - started) / 1000 / times) * (rows / count);
}

/** Root mean square over the first rows of |a/|a| - b/|b||. */
function distanceOf(a, b) {
  const count = Math.min(rows, 2000);
  const [x, y] = [firstRows(a, count).data, firstRows(b, count).data];
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const [u, v] = [x, y].map((all) => unit(all.subarray(i * COLS, (i + 1) * COLS)));
    sum += u.reduce((square, value, k) => square + (value - v[k]) ** 2, 0);
  }
  return Math.sqrt(sum / count);
}

/** The same for rows and noisy copies of them. */
function noiseShare() {
  const count = Math.min(rows, 2000);
  const random = rng(1);
  const { data } = firstRows(from, count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const own = data.subarray(i * COLS, (i + 1) * COLS);
    const [u, v] = [unit(own), unit(own.map((value) => value + NOISE * random.normal()))];
    sum += u.reduce((square, value, k) => square + (value - v[k]) ** 2, 0);
  }
  return Math.sqrt(sum / count);
}

function unit(values) {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
