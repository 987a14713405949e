/**
 * Exact 10 nearest neighbours of 2,000 queries in 20,000 x 768 float32 standard normals:
 * ours (winners refined in float64) against Faiss IndexFlatL2 and USearch exactSearch, taking turns.
 *
 *     node bench/neighbors.mjs [--runs 5] [--threads CORES] [--gate]
 *
 * Standard normal data is the honest hard case: no clusters to exploit, and distances so much alike
 * (about 39 +- 1) that float32 rounding can change the answer. Truth is computed here in float64.
 */

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { makeSynthetic } from "../dist/data/synthetic/index.js";
import { npyHeader, readAnswer, readNpy } from "./children/neighbors-files.mjs";
import {
  BENCH,
  CHILDREN,
  compare,
  flag,
  machineLine,
  PYTHON,
  printTable,
  ROOT,
  ratio,
  target,
  writeResults,
} from "./harness.mjs";

const [ROWS, QUERIES, COLS, K] = [20_000, 2_000, 768, 10];
const threads = flag("threads", String(os.availableParallelism()));
const gate = process.argv.includes("--gate");
const folder = mkdtempSync(join(os.tmpdir(), "isometer-bench-"));

async function writeNormals(path, start, end) {
  const { rows } = makeSynthetic("gaussian", { rows: ROWS + QUERIES, cols: COLS, dims: COLS, seed: 0 });
  const file = openSync(path, "w");
  writeSync(file, npyHeader(end - start, COLS));
  for await (const { matrix } of rows.blocks({ start, end })) {
    writeSync(file, Buffer.from(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength));
  }
  closeSync(file);
}

/** How many queries share one pass over the rows while truth is computed. */
const TOGETHER = 16;

/** Squared float64 distances of `count` queries from `first` to every row of `db`, count x rows: differences, no cancellation. */
function squares(q, first, count, db, out) {
  const { cols } = db;
  const x = Float64Array.from(q.data.subarray(first * cols, (first + count) * cols));
  for (let j = 0; j < db.rows; j++) {
    const y = Float64Array.from(db.data.subarray(j * cols, (j + 1) * cols));
    for (let i = 0; i < count; i++) out[i * db.rows + j] = square(x, i * cols, y);
  }
}

/** Squared distance between `x[at ...]` and `y`, whose length is a multiple of 4. */
function square(x, at, y) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let p = 0; p < y.length; p += 4) {
    const e = x[at + p] - y[p];
    const f = x[at + p + 1] - y[p + 1];
    const g = x[at + p + 2] - y[p + 2];
    const h = x[at + p + 3] - y[p + 3];
    a += e * e;
    b += f * f;
    c += g * g;
    d += h * h;
  }
  return a + b + c + d;
}

/** The K nearest ids of every query and their lengths, in float64; ties by index. */
function truthOf(q, db) {
  const ids = new Int32Array(q.rows * K);
  const lengths = new Float64Array(q.rows * K);
  const block = new Float64Array(TOGETHER * db.rows);
  for (let first = 0; first < q.rows; first += TOGETHER) {
    const count = Math.min(TOGETHER, q.rows - first);
    squares(q, first, count, db, block);
    for (let i = 0; i < count; i++) {
      const row = block.subarray(i * db.rows, (i + 1) * db.rows);
      const best = smallest(row);
      ids.set(best, (first + i) * K);
      lengths.set(
        best.map((j) => Math.sqrt(row[j])),
        (first + i) * K,
      );
    }
  }
  return { ids, lengths };
}

/** Where the K smallest values are, ascending; equal values by index. */
function smallest(values) {
  const best = [];
  for (let j = 0; j < values.length; j++) {
    if (best.length === K && values[j] >= values[best[K - 1]]) continue;
    let at = best.length;
    while (at > 0 && values[best[at - 1]] > values[j]) at--;
    best.splice(at, 0, j);
    if (best.length > K) best.pop();
  }
  return best;
}

/** Share of the true neighbours found, share of places that hold the right row, largest relative error of a length. */
function qualityOf(answer, truth, queries) {
  let [found, placed, error] = [0, 0, 0];
  for (let i = 0; i < queries; i++) {
    const wanted = new Set(truth.ids.subarray(i * K, (i + 1) * K));
    for (let p = i * K; p < (i + 1) * K; p++) {
      if (wanted.has(answer.ids[p])) found++;
      if (answer.ids[p] === truth.ids[p]) placed++;
      error = Math.max(error, Math.abs(answer.lengths[p] / truth.lengths[p] - 1));
    }
  }
  return {
    "recall@10": found / (queries * K),
    "same order": placed / (queries * K),
    "max distance error": error,
  };
}

async function measure() {
  const database = join(folder, "database.npy");
  const queries = join(folder, "queries.npy");
  await writeNormals(database, 0, ROWS);
  await writeNormals(queries, ROWS, ROWS + QUERIES);
  const answers = ["ours", "faiss", "usearch"].map((name) => join(folder, `${name}.bin`));
  const args = (answer) => [database, queries, String(K), threads, answer];
  const outcomes = await compare(
    [
      {
        name: "isometer",
        command: [process.execPath, join(CHILDREN, "neighbors-ours.mjs"), ...args(answers[0])],
        needs: [join(ROOT, "dist/index.js")],
      },
      {
        name: "faiss IndexFlatL2",
        command: [PYTHON, join(CHILDREN, "neighbors-faiss.py"), ...args(answers[1])],
        needs: [PYTHON],
        env: { OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads },
      },
      {
        name: "usearch exactSearch",
        command: [process.execPath, join(CHILDREN, "neighbors-usearch.mjs"), ...args(answers[2])],
        needs: [join(BENCH, "peers/node_modules/usearch/package.json")],
      },
    ],
    { runs: Number(flag("runs", "5")), log: (line) => console.error(`  ${line}`) },
  );
  console.error("  truth in float64 ...");
  const [q, db] = [readNpy(queries), readNpy(database)];
  const truth = truthOf(q, db);
  outcomes.forEach((outcome, c) => {
    if (outcome.quality) outcome.quality = qualityOf(readAnswer(answers[c], QUERIES * K), truth, QUERIES);
  });
  return outcomes;
}

console.log(`neighbors: ${machineLine()}, ${threads} threads each`);
try {
  const outcomes = await measure();
  const [ours, faiss, usearch] = outcomes;
  printTable(`Exact ${K} nearest neighbours, ${QUERIES} queries in ${ROWS} x ${COLS} float32`, outcomes);
  console.log("");
  const verdicts = [
    target("times Faiss's time", ratio(faiss, ours, "seconds"), "at most", 1.15),
    target("times faster than USearch", ratio(ours, usearch, "seconds"), "at least", 5),
    target("recall", ours.quality?.["recall@10"] ?? Number.NaN, "at least", 1),
  ];
  writeResults("neighbors", {
    rows: ROWS,
    queries: QUERIES,
    cols: COLS,
    k: K,
    threads: Number(threads),
    outcomes,
  });
  process.exitCode = gate && !verdicts.every(Boolean) ? 3 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
