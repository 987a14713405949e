/**
 * Maps between two spaces: orthogonal Procrustes and ridge regression (penalty by cross-validation) fitted to anchors, and the recall of mapped queries, ours against SciPy and scikit-learn.
 * `glove`: GloVe 50-d to 100-d, 5,003 words that both have, 4,003 of them anchors. `wide`: 768 to 768 dimensions, a rotated copy with noise, 4,000 anchors of 5,000 rows.
 *
 *     node bench/align.mjs [--data ../shared/data] [--runs 5] [--only glove|wide] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gatherRows, matrix, rng, rowsFromMatrix } from "../dist/base/index.js";
import { writeRows } from "../dist/data/index.js";
import { readMatrix } from "../dist/index.js";
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

const gate = process.argv.includes("--gate");
const only = flag("only", null);
const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const folder = mkdtempSync(join(tmpdir(), "isometer-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const WORK = {
  glove: { make: glove, anchors: 4003, what: "GloVe 50-d to 100-d, 5,003 words, 4,003 anchors" },
  wide: { make: wide, anchors: 4000, what: "768 to 768 dimensions, 5,000 rows, 4,000 anchors" },
};

/** The words that both files of GloVe have, in the order of the first. */
async function glove() {
  const words = (name) =>
    readFileSync(join(data, `words/${name}.txt`), "utf8")
      .split("\n")
      .filter(Boolean);
  const [own, theirs] = [words("glove-50d-5k"), words("glove-100d-10k-int8")];
  const place = new Map(theirs.map((word, i) => [word, i]));
  const shared = own.flatMap((word, i) => (place.has(word) ? [[i, place.get(word)]] : []));
  const scales = await readMatrix(join(data, "words/glove-100d-10k-int8-scale.npy"));
  const coded = await readMatrix(join(data, "words/glove-100d-10k-int8.npy"));
  const values = coded.data.map((value, at) => (value * scales.data[Math.floor(at / coded.cols)]) / 127);
  return [
    gatherRows(
      await readMatrix(join(data, "words/glove-50d-5k.npy")),
      shared.map(([i]) => i),
    ),
    gatherRows(
      matrix(values, coded.rows, coded.cols),
      shared.map(([, j]) => j),
    ),
  ];
}

/** Variances that fall as 1 / k; the copy has its axes mixed by Householder reflections, and noise. */
async function wide() {
  const [rows, cols] = [5000, 768];
  const random = rng(1);
  const from = new Float32Array(rows * cols).map((_, at) => random.normal() / Math.sqrt(1 + (at % cols)));
  const to = from.slice();
  for (let turn = 0; turn < 8; turn++) {
    const axis = Float64Array.from({ length: cols }, () => random.normal());
    const square = axis.reduce((sum, value) => sum + value * value, 0);
    for (let start = 0; start < to.length; start += cols) {
      let product = 0;
      for (let k = 0; k < cols; k++) product += axis[k] * to[start + k];
      for (let k = 0; k < cols; k++) to[start + k] -= (2 * product * axis[k]) / square;
    }
  }
  for (let at = 0; at < to.length; at++) to[at] += 0.02 * random.normal();
  return [matrix(from, rows, cols), matrix(to, rows, cols)];
}

console.log(`align: ${machineLine()}`);
const tables = {};
const verdicts = [];
for (const [name, { make, anchors, what }] of Object.entries(WORK)) {
  if (only !== null && name !== only) continue;
  if (name === "glove" && !existsSync(join(data, "words"))) {
    console.log(`glove: not measured, there is no words in ${data}. Give its folder with --data.`);
    verdicts.push(false);
    continue;
  }
  const files = [join(folder, `${name}-from.npy`), join(folder, `${name}-to.npy`)];
  for (const [i, points] of (await make()).entries()) await writeRows(files[i], rowsFromMatrix(points));
  const args = [...files, String(anchors)];
  const outcomes = await compare(
    [
      {
        name: "isometer",
        command: [process.execPath, join(CHILDREN, "align-ours.mjs"), ...args],
        needs: [join(ROOT, "dist/index.js")],
      },
      {
        name: "SciPy and scikit-learn",
        command: [PYTHON, join(CHILDREN, "align-sklearn.py"), ...args],
        needs: [PYTHON],
      },
    ],
    { runs: Number(flag("runs", "5")), log: (line) => console.error(`  ${line}`) },
  );
  tables[name] = outcomes;
  printTable(`${name}: ${what}`, outcomes);
  console.log("");
  const [ours, peer] = outcomes;
  const less = (measure) => (peer.quality?.[measure] ?? Number.NaN) - (ours.quality?.[measure] ?? Number.NaN);
  verdicts.push(
    target(`${name}: times the peer's time`, ratio(peer, ours, "seconds"), "at most", 1),
    target(`${name}: recall below SciPy's Procrustes`, less("recall, Procrustes"), "at most", 5e-4),
    target(`${name}: recall below scikit-learn's ridge`, less("recall, ridge"), "at most", 5e-4),
  );
}
writeResults("align", { tables });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
