/**
 * The 15 nearest neighbours of every row, most of them: ours against PyNNDescent, time and recall, exact search beside them.
 *
 *     node bench/approximate.mjs [--data ../shared/data] [--folder /tmp/isometer-approximate] [--only mixture|pictures|crossing] [--runs 3] [--gate]
 *
 * mixture: ten round Gaussian clusters, 200,000 x 128, the hard case for graphs: within a cluster nothing leads to the neighbours.
 * pictures: MNIST and Fashion-MNIST, train and test, 140,000 x 784.
 * crossing: exact and approximate search of the first rows of both, which says from how many rows on `neighborsOf` is approximate.
 *
 * Recall: share of the true neighbours, by row number, that exact search gives.
 */

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { makeSynthetic } from "../dist/data/synthetic/index.js";
import { approximateNeighbors, nearestNeighbors, readMatrix } from "../dist/index.js";
import { writeFloats } from "./children/layout-files.mjs";
import { npyHeader, readAnswer } from "./children/neighbors-files.mjs";
import {
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

const K = 15;
const gate = process.argv.includes("--gate");
const only = flag("only", "");
const runs = Number(flag("runs", "3"));
const folder = resolve(flag("folder", join(os.tmpdir(), "isometer-approximate")));
const images = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"), "images");
const IDX = { head: 16, pixels: 784 };

/** A file half written by an interrupted run is not taken for a whole one. */
async function madeOnce(name, rows, cols, write) {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const file = openSync(`${path}.part`, "w");
  writeSync(file, npyHeader(rows, cols));
  await write(file);
  closeSync(file);
  renameSync(`${path}.part`, path);
  return path;
}

function mixtureVectors() {
  const [rows, cols] = [200_000, 128];
  return madeOnce("mixture.npy", rows, cols, async (file) => {
    const made = makeSynthetic("mixture", { rows, cols, dims: cols, seed: 0 });
    for await (const { matrix } of made.rows.blocks()) writeFloats(file, matrix.data);
  });
}

/** Null where the files are absent. */
async function pictureVectors() {
  const parts = ["mnist", "fashion-mnist"].flatMap((set) =>
    ["train", "t10k"].map((part) => join(images, set, `${part}-images-idx3-ubyte.gz`)),
  );
  const missing = parts.find((path) => !existsSync(path));
  if (missing) {
    console.log(
      `\npictures: not measured, the data are absent (no ${missing}). Give their folder with --data.`,
    );
    return null;
  }
  return madeOnce("pictures.npy", 140_000, IDX.pixels, (file) => {
    for (const path of parts) {
      writeFloats(file, Float32Array.from(gunzipSync(readFileSync(path)).subarray(IDX.head)));
    }
  });
}

async function against(job, vectors) {
  const names = ["approximate", "pynndescent", "exact"];
  const answers = names.map((name) => join(folder, `${job}-${name}.bin`));
  for (const answer of answers) rmSync(answer, { force: true });
  const ours = (search, answer, more) => ({
    name: `isometer, ${search}`,
    command: [process.execPath, join(CHILDREN, "approximate-ours.mjs"), vectors, String(K), search, answer],
    needs: [join(ROOT, "dist/index.js")],
    ...more,
  });
  const outcomes = await compare(
    [
      ours("approximate", answers[0]),
      {
        name: "pynndescent",
        command: [PYTHON, join(CHILDREN, "approximate-pynndescent.py"), vectors, String(K), answers[1]],
        needs: [PYTHON],
      },
      // Slow, and the truth: its only call counts.
      ours("exact", answers[2], { runs: 1, warmUps: 0 }),
    ],
    { runs, log: (line) => console.error(`  ${line}`) },
  );
  const { rows } = await readMatrix(vectors);
  const truth = readAnswer(answers[2], rows * K).ids;
  outcomes.forEach((outcome, c) => {
    if (!outcome.quality) return;
    outcome.quality = {
      "recall@15": recallOf(readAnswer(answers[c], rows * K).ids, truth),
      ...outcome.quality,
    };
  });
  return outcomes;
}

function recallOf(ids, truth) {
  let found = 0;
  for (let at = 0; at < truth.length; at += K) {
    const wanted = new Set(truth.subarray(at, at + K));
    for (let p = at; p < at + K; p++) if (wanted.has(ids[p])) found++;
  }
  return found / truth.length;
}

/** Seconds, and processor seconds, of both searches of the first rows: the best of some runs. */
async function crossing(vectors) {
  const all = await readMatrix(vectors);
  const found = [];
  for (const rows of [5_000, 10_000, 15_000, 20_000, 30_000, 50_000]) {
    const x = { data: all.data.subarray(0, rows * all.cols), rows, cols: all.cols };
    const times = { exact: [], approximate: [] };
    let recall = 0;
    for (let run = 0; run < runs; run++) {
      times.exact.push(await timed(() => nearestNeighbors(x, x, { nNeighbors: K })));
      times.approximate.push(
        await timed(async () => {
          recall = (await approximateNeighbors(x, { nNeighbors: K })).recall.value;
        }),
      );
    }
    const [exact, approximate] = [best(times.exact), best(times.approximate)];
    found.push({ rows, exact, approximate, recall });
    console.log(
      `  ${String(rows).padStart(6)} rows: exact ${shown(exact)}, approximate ${shown(approximate)}, recall ${recall.toFixed(4)}`,
    );
  }
  return found;
}

/** Beside other work the processor's time says more than the clock. */
async function timed(work) {
  const [before, start] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6 };
}

function best(times) {
  return {
    seconds: Math.min(...times.map((t) => t.seconds)),
    processor: Math.min(...times.map((t) => t.processor)),
  };
}

const shown = ({ seconds, processor }) => `${seconds.toFixed(2)} s (processor ${processor.toFixed(2)} s)`;

console.log(`approximate neighbours: ${machineLine()}`);
const sets = [
  ["mixture", "ten Gaussian clusters (200,000 x 128)", mixtureVectors],
  ["pictures", "MNIST and Fashion-MNIST (140,000 x 784)", pictureVectors],
];
const report = {};
const verdicts = [];
for (const [job, title, make] of sets) {
  if (only && only !== job && only !== "crossing") continue;
  const vectors = await make();
  if (!vectors) continue;
  if (only !== "crossing") {
    const outcomes = await against(job, vectors);
    printTable(`${K} nearest neighbours of every row, ${title}`, outcomes);
    const [ours, peer] = outcomes;
    console.log("");
    verdicts.push(
      target(`${job}: recall`, ours.quality?.["recall@15"] ?? Number.NaN, "at least", 0.95),
      target(`${job}: PyNNDescent's time to ours`, ratio(ours, peer, "seconds"), "at least", 1),
    );
    report[job] = outcomes;
  }
  if (!only || only === "crossing") {
    console.log(`\nExact and approximate search of the first rows of ${title}, best of ${runs}\n`);
    report[`${job} crossing`] = await crossing(vectors);
  }
}
writeResults("approximate", { k: K, ...report });
process.exitCode = gate && !verdicts.every(Boolean) ? 3 : 0;
