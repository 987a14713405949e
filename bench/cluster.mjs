/**
 * Clusters: HDBSCAN of real rows, ours against scikit-learn's and the package hdbscan; k-means against scikit-learn's at equal restarts; and verdicts on clusters of pictures: of even clouds, where none
 * is there in the original, and of data with groups.
 *
 *     node bench/cluster.mjs [--data ../shared/data] [--rows 20000] [--runs 1] [--only flat|wide|means|verdicts] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { matrix, rng, rowsFromMatrix, rowsOf } from "../dist/base/index.js";
import { writeRows } from "../dist/data/index.js";
import { clusterAgreement, clustersInOriginal, hdbscan, readMatrix, reduce } from "../dist/index.js";
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
const rows = Number(flag("rows", "20000"));
const runs = Number(flag("runs", "1"));
const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const folder = mkdtempSync(join(tmpdir(), "isometer-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
/** Parts that are run alone leave the others as they were measured before. */
const written = join(ROOT, "bench/results/cluster.json");
const {
  benchmark: _,
  date: __,
  machine: ___,
  ...before
} = only !== null && existsSync(written) ? JSON.parse(readFileSync(written, "utf8")) : {};
const report = before;
const verdicts = [];
const wants = (part) => only === null || only === part;
const log = (line) => console.error(`  ${line}`);

const ours = (method, name, ...settings) => ({
  name: "isometer",
  command: [process.execPath, join(CHILDREN, "cluster-ours.mjs"), folder, name, method, ...settings],
  needs: [join(ROOT, "dist/spaces/cluster/index.js")],
});
const peer = (method, label, name, ...settings) => ({
  name: label,
  command: [PYTHON, join(CHILDREN, "cluster-peers.py"), folder, name, method, ...settings],
  needs: [PYTHON],
});

const labelsOf = (name, by) => {
  const path = join(folder, `${name}-${by}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
};

/** Agreement of our labels with those of the peers, in the same run. */
function agreements(name, peers) {
  const own = labelsOf(name, "isometer");
  return Object.fromEntries(
    peers.map((by) => {
      const other = labelsOf(name, by);
      const value = own && other ? clusterAgreement(own, other).adjustedRand.value : Number.NaN;
      console.log(`  adjusted Rand index with ${by}: ${value.toFixed(5)}`);
      return [by, value];
    }),
  );
}

/** HDBSCAN of one file. scikit-learn and hdbscan count min_samples with and without the row itself. */
async function contest(name, title, size, samples, warmUps) {
  const settings = [String(size), String(samples)];
  const outcomes = await compare(
    [
      { ...ours("hdbscan", name, ...settings), warmUps },
      { ...peer("sklearn", "scikit-learn HDBSCAN", name, ...settings), warmUps },
      { ...peer("hdbscan", "hdbscan", name, ...settings), warmUps },
    ],
    { runs, log },
  );
  printTable(title, outcomes);
  const rand = agreements(name, ["sklearn", "hdbscan"]);
  report[name] = { outcomes, rand };
  verdicts.push(target(`${name}: adjusted Rand index with scikit-learn's`, rand.sklearn, "at least", 0.99));
}

/** Points of a number of Gaussian columns, of given spread. */
function cloud(count, cols, seed, draw = (random) => random.normal()) {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: count * cols }, (_, p) => draw(random, p % cols)),
    count,
    cols,
  );
}

/** An even sheet, rolled up in three dimensions. */
function swissRoll(count, seed) {
  const random = rng(seed);
  const values = Array.from({ length: count }, () => {
    const turn = 1.5 * Math.PI * (1 + 2 * random.uniform());
    return [turn * Math.cos(turn), 21 * random.uniform(), turn * Math.sin(turn)];
  });
  return matrix(Float32Array.from(values.flat()), count, 3);
}

/** Verdicts on the clusters of a t-SNE and a UMAP picture. */
async function pictured(original) {
  const counts = {};
  for (const method of ["tsne", "umap"]) {
    const { codes } = await reduce(original, { method, nComponents: 2, seed: 1 });
    const clustering = await hdbscan(codes, { minClusterSize: 30, minSamples: 10 });
    if (clustering.clusters.length === 0) continue;
    const { clusters } = await clustersInOriginal(original, codes, clustering);
    for (const { verdict } of clusters) counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
}

console.log(`clusters: ${machineLine()}`);
if (wants("flat")) {
  const all = await readMatrix(join(data, "latents/mnist-70k-umap.npy"));
  await writeRows(join(folder, "flat.npy"), rowsFromMatrix(rowsOf(all, { start: 0, end: rows })), {});
  await contest("flat", `${rows} rows of MNIST in a UMAP picture, 2 dimensions`, 100, 15, 1);
}
if (wants("wide")) {
  const images = await readMatrix(join(data, "images/mnist/train-images-idx3-ubyte.gz"));
  const some = rowsOf(images, { start: 0, end: rows });
  const { codes } = await reduce(some, { method: "pca", nComponents: 20 });
  await writeRows(join(folder, "wide.npy"), rowsFromMatrix(codes), {});
  await contest("wide", `${rows} rows of MNIST, 20 principal components`, 50, 10, 0);
}
if (wants("means")) {
  const digits = await readMatrix(join(data, "tabular/digits.npy"));
  await writeRows(join(folder, "means.npy"), rowsFromMatrix(digits), {});
  const outcomes = await compare(
    [ours("kmeans", "means", "10", "10"), peer("kmeans", "scikit-learn KMeans", "means", "10", "10")],
    { runs: Math.max(3, runs), log },
  );
  printTable("k-means of 1,797 digits, k = 10, 10 restarts, mean inertia of 5 seeds", outcomes);
  report.means = outcomes;
  const [own, theirs] = outcomes.map(({ quality }) => quality?.inertia ?? Number.NaN);
  verdicts.push(target("k-means: inertia by scikit-learn's", own / theirs, "at most", 1.001));
}
if (wants("verdicts")) {
  const even = {
    "Gaussian, 2-d": cloud(1500, 2, 0),
    "Gaussian, 5-d": cloud(1500, 5, 0),
    "Gaussian, 10-d": cloud(1500, 10, 0),
    "Gaussian, 50-d": cloud(1500, 50, 0),
    "Gaussian, 10-d, spreads 1 to 1/10": cloud(1500, 10, 0, (random, c) => random.normal() / (1 + c)),
    "uniform, 2-d": cloud(1500, 2, 3, (random) => random.uniform()),
    "uniform, 5-d": cloud(1500, 5, 3, (random) => random.uniform()),
    "Swiss roll": swissRoll(1500, 4),
  };
  const grouped = {
    digits: await readMatrix(join(data, "tabular/digits.npy")),
    wine: await readMatrix(join(data, "tabular/wine.npy")),
    "blood cells, 50 PCs": await readMatrix(join(data, "single-cell/pbmc68k-reduced/pca50.npy")),
  };
  report.verdicts = {};
  const total = (sets) => Object.keys(sets).flatMap((name) => Object.entries(report.verdicts[name]));
  for (const [name, original] of Object.entries({ ...even, ...grouped })) {
    report.verdicts[name] = await pictured(original);
    console.log(`  ${name}: ${JSON.stringify(report.verdicts[name])}`);
  }
  const shareThere = (sets) => {
    const all = total(sets);
    const sum = (entries) => entries.reduce((n, [, count]) => n + count, 0);
    return sum(all.filter(([verdict]) => verdict === "there")) / sum(all);
  };
  verdicts.push(
    target("clusters of even clouds called there", shareThere(even), "at most", 0.02),
    target("clusters of data with groups called there", shareThere(grouped), "at least", 0.85),
  );
}
writeResults("cluster", report);
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
