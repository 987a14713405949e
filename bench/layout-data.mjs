/** The vectors of bench/layouts.mjs, written once as .npy, which JavaScript and Python read alike; and what is measured of a layout. */

import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { makeSynthetic } from "../dist/data/synthetic/index.js";
import { audit, readMatrix } from "../dist/index.js";
import { writeFloats } from "./children/layout-files.mjs";
import { npyHeader } from "./children/neighbors-files.mjs";
import { CHILDREN, PYTHON } from "./harness.mjs";

/** Bytes of an IDX file of images before its first pixel. */
const IDX_HEAD = 16;
const PIXELS = 784;

/** Fashion-MNIST, the training images followed by the test images: 70,000 x 784, float32, 0 to 255. Returns the file. */
export function fashionVectors(folder, images) {
  return madeOnce(join(folder, "fashion-70000.npy"), (file) => {
    const parts = images.map((path) => gunzipSync(readFileSync(path)).subarray(IDX_HEAD));
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    writeSync(file, npyHeader(bytes / PIXELS, PIXELS));
    for (const part of parts) writeFloats(file, Float32Array.from(part));
  });
}

/** Ten Gaussian clusters of standard deviation 1 in every direction, centres N(0, 9 I): 10,000 x 128, float32. Returns the file. */
export function clusterVectors(folder) {
  return madeOnce(join(folder, "clusters-10000.npy"), async (file) => {
    const { rows } = makeSynthetic("mixture", { rows: 10_000, cols: 128, dims: 128, seed: 0 });
    writeSync(file, npyHeader(rows.rows, rows.cols));
    for await (const { matrix } of rows.blocks()) writeFloats(file, matrix.data);
  });
}

/** A file half written by an interrupted run is not taken for a whole one. */
async function madeOnce(path, write) {
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(`${path}.part`, "w");
  await write(file);
  closeSync(file);
  renameSync(`${path}.part`, path);
  return path;
}

const SCORES = ["trustworthiness", "continuity", "neighborRecall", "distanceSpearman", "stress"];

/** Scores of layouts, our own audit: k = 15, every pair up to 10,000 rows, the same 2,000 anchors for all beyond. A layout that cannot be measured says why. */
export async function scoresOf(vectors, layouts) {
  const x = await readMatrix(vectors);
  const all = [];
  for (const path of layouts) {
    try {
      const { scores } = await audit(x, await readMatrix(path), { nNeighbors: 15, seed: 0, scores: SCORES });
      all.push(Object.fromEntries(SCORES.map((name) => [name, scores[name].value])));
    } catch (error) {
      all.push({ scores: error.message });
    }
  }
  return all;
}

/** The exact KL divergence of each layout, all under the same affinities: children/kl.py. Where that fails, what it said last. */
export function divergencesOf(vectors, affinities, layouts) {
  if (!existsSync(PYTHON)) return layouts.map(() => ({}));
  const command = [join(CHILDREN, "kl.py"), vectors, affinities, ...layouts];
  const child = spawnSync(PYTHON, command, { encoding: "utf8" });
  if (child.status !== 0) {
    const why = (child.stderr ?? String(child.error)).trim().split("\n").at(-1);
    return layouts.map(() => ({ KL: why }));
  }
  return JSON.parse(child.stdout).map((KL) => ({ KL }));
}
