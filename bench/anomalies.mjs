/**
 * Anomalies among rows of six sets of ADBench: distance to the nearest normal rows and local outlier factor, ours against PyOD, fitted to the same half of the normal rows, standardised alike, the
 * other half and all anomalies scored. Then our other methods, the features of MVTec's screws, and how many normal rows are flagged when .05 is asked for.
 *
 *     node bench/anomalies.mjs [--data ../shared/data] [--runs 3] [--splits 100] [--only adbench|screw|rate] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  gatherRows,
  matrix,
  mean,
  permutation,
  rng,
  rowsFromMatrix,
  stackRows,
  variance,
} from "../dist/base/index.js";
import { writeRows } from "../dist/data/index.js";
import { openNpz } from "../dist/data/node-npz.js";
import { readMatrix } from "../dist/index.js";
import { findAnomalies, fitDetector } from "../dist/spaces/anomalies/index.js";
import { fitScaling, scaled } from "../dist/spaces/anomalies/scaling.js";
import {
  CHILDREN,
  compare,
  flag,
  machineLine,
  PYTHON,
  printTable,
  ROOT,
  target,
  writeResults,
} from "./harness.mjs";

const gate = process.argv.includes("--gate");
const only = flag("only", null);
const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const folder = mkdtempSync(join(tmpdir(), "isometer-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const ADBENCH = ["cardio", "mammography", "pendigits", "satellite", "shuttle", "thyroid"];
const SCREWS = ["resnet18", "vit"];
/** The peers' own numbers of neighbours. */
const [K_KNN, K_LOF] = ["5", "20"];

const rowsWhere = (labels, wanted) =>
  Int32Array.from(labels.keys()).filter((i) => (labels[i] !== 0) === wanted);

/** Rows and labels of a set of ADBench. */
async function adbench(name) {
  const source = await openNpz(join(data, `anomaly/${name}.npz`), { vector: "X" });
  const labels = (await source.column("y")).map(Number);
  await source.close();
  return { rows: await readMatrix(join(data, `anomaly/${name}.npz`), { vector: "X" }), labels };
}

async function screw(name) {
  const file = (part) => readMatrix(join(data, `multi-model/mvtec/screw-${part}.npy`));
  return { rows: await file(name), labels: Array.from((await file("anomaly")).data) };
}

/** Writes what is fitted, what is scored (both standardised by what is fitted) and the labels of what is scored. */
async function prepare(name, { rows, labels }) {
  const normal = rowsWhere(labels, false);
  const order = permutation(rng(0).split(name), normal.length).map((at) => normal[at]);
  const fitted = gatherRows(rows, order.slice(0, order.length >> 1));
  const fresh = gatherRows(rows, order.slice(order.length >> 1));
  const strange = gatherRows(rows, rowsWhere(labels, true));
  const scaling = fitScaling(fitted, "euclidean", true);
  const isStrange = Float32Array.from({ length: fresh.rows + strange.rows }, (_, i) =>
    Number(i >= fresh.rows),
  );
  const files = {
    fit: scaled(fitted, scaling, rows.cols),
    test: scaled(stackRows([fresh, strange]), scaling, rows.cols),
    labels: matrix(isStrange, isStrange.length, 1),
  };
  for (const [part, points] of Object.entries(files)) {
    await writeRows(join(folder, `${name}-${part}.npy`), rowsFromMatrix(points));
  }
}

const ours = (name, method, k, ...more) => ({
  name: `isometer ${name}`,
  command: [process.execPath, join(CHILDREN, "anomalies-ours.mjs"), folder, method, k, ...more],
  needs: [join(ROOT, "dist/spaces/anomalies/index.js")],
});
const peer = (name, method, k) => ({
  name: `PyOD ${name}`,
  command: [PYTHON, join(CHILDREN, "anomalies-pyod.py"), folder, method, k],
  needs: [PYTHON],
});

/** All contestants on some sets. The first six are compared in pairs. */
async function contest(title, sets, load) {
  for (const name of sets) await prepare(name, await load(name));
  const own = (contestant) => ({ ...contestant, command: [...contestant.command, `sets=${sets.join(",")}`] });
  const outcomes = await compare(
    [
      ours("knn, k-th", "knn", K_KNN, "distanceOf=kth"),
      peer("KNN", "largest", K_KNN),
      ours("lof", "lof", K_LOF),
      peer("LOF", "lof", K_LOF),
      ours("knn, mean", "knn", K_KNN, "distanceOf=mean"),
      peer("KNN, mean", "mean", K_KNN),
      ours("mahalanobis", "mahalanobis", K_KNN),
      ours("reconstruction", "reconstruction", K_KNN),
      ours("ensemble", "ensemble", ""),
    ].map(own),
    { runs: Number(flag("runs", "3")), log: (line) => console.error(`  ${line}`) },
  );
  printTable(title, outcomes);
  console.log("");
  return outcomes;
}

/** Normal rows that are flagged at .05, mean and standard deviation over splits: 500 rows fitted, 500 calibrate, at most 1,000 others scored. */
async function flaggedAt(alpha, name, splits) {
  const { rows, labels } = await adbench(name);
  const normal = rowsWhere(labels, false);
  const rates = [];
  for (let seed = 0; seed < splits; seed++) {
    const order = permutation(rng(seed).split(name), normal.length).map((at) => normal[at]);
    const options = { method: "knn", standardize: true, calibration: "split", seed };
    const detector = await fitDetector(gatherRows(rows, order.slice(0, 1000)), options);
    const fresh = gatherRows(rows, order.slice(1000, 2000));
    const { flagged } = await findAnomalies(detector, fresh, { alpha });
    rates.push(flagged.length / fresh.rows);
  }
  return { mean: mean(rates), deviation: Math.sqrt(variance(rates)) };
}

console.log(`anomalies: ${machineLine()}`);
const report = {};
const verdicts = [];
if (!existsSync(join(data, "anomaly"))) {
  console.log(`not measured, there is no anomaly in ${data}. Give its folder with --data.`);
  process.exit(gate ? 3 : 0);
}
if (only === null || only === "adbench") {
  const outcomes = await contest(
    "six sets of ADBench, standardised, half of the normal rows fitted",
    ADBENCH,
    adbench,
  );
  report.adbench = outcomes;
  for (const [at, what] of [
    [0, "PyOD's KNN"],
    [2, "PyOD's LOF"],
    [4, "PyOD's KNN, mean"],
  ]) {
    const below = (measure) =>
      (outcomes[at + 1].quality?.[measure] ?? Number.NaN) - (outcomes[at].quality?.[measure] ?? Number.NaN);
    verdicts.push(
      target(`mean area below ${what}`, below("ROC AUC"), "at most", 5e-4),
      target(`mean average precision below ${what}`, below("AP"), "at most", 5e-4),
    );
  }
}
if (only === null || only === "screw") {
  report.screw = await contest("MVTec screws, standardised, half of the normal photos fitted", SCREWS, screw);
}
if (only === null || only === "rate") {
  report.rate = {};
  for (const name of ADBENCH) {
    const { mean: rate, deviation } = await flaggedAt(0.05, name, Number(flag("splits", "100")));
    report.rate[name] = { mean: rate, deviation };
    console.log(
      `  ${name}: ${rate.toFixed(4)} of normal rows flagged at .05, standard deviation ${deviation.toFixed(4)}`,
    );
    verdicts.push(target(`${name}: rate away from .05`, Math.abs(rate - 0.05), "at most", 0.007));
  }
}
writeResults("anomalies", report);
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
