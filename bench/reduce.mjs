/**
 * Maps to fewer dimensions, Fashion-MNIST: PCA of 60,000 x 784 to 50, and of 15,000 x 3,136 (four images side by side: too wide for a covariance matrix), against two solvers of scikit-learn; metric scaling of 10,000 x 784 to 2 from
 * the same start, against scikit-learn's SMACOF; non-metric scaling of 2,000 rows, each from its own start.
 *
 *     node bench/reduce.mjs [--data ../shared/data] [--runs 5] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  CHILDREN,
  compare,
  fashionUmap,
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
const { original } = fashionUmap("reduce", gate);
const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const train = join(data, "images/fashion-mnist/train-images-idx3-ubyte.gz");
if (!existsSync(train)) {
  console.log(`reduce: not measured, there is no ${train}`);
  process.exit(gate ? 3 : 0);
}

console.log(`reduce: ${machineLine()}`);
const ours = (...args) => ({
  name: "isometer",
  command: [process.execPath, join(CHILDREN, "reduce-ours.mjs"), ...args],
  needs: [join(ROOT, "dist/index.js")],
});
const sklearn = (name, args, more = {}) => ({
  name,
  command: [PYTHON, join(CHILDREN, "reduce-sklearn.py"), ...args],
  needs: [PYTHON],
  ...more,
});
const how = { runs: Number(flag("runs", "5")), log: (line) => console.error(`  ${line}`) };

const pca = await compare(
  [
    ours(train, "pca", "50"),
    sklearn("covariance_eigh", [train, "covariance_eigh", "50"]),
    sklearn("randomized", [train, "randomized", "50"]),
    { ...ours(train, "randomized", "50"), name: "isometer, randomized" },
  ],
  how,
);
printTable("PCA of Fashion-MNIST (60,000 x 784) to 50", pca);
const wide = await compare(
  [
    ours(train, "pca", "50", "4"),
    sklearn("randomized", [train, "randomized", "50", "4"]),
    // For what there is to be explained.
    sklearn("covariance_eigh", [train, "covariance_eigh", "50", "4"], { runs: 1, warmUps: 0 }),
  ],
  how,
);
printTable("PCA of four images side by side (15,000 x 3,136) to 50", wide);
const mds = await compare(
  // Nothing to warm up, and slow: its only call counts.
  [ours(original, "mds", "2"), sklearn("SMACOF", [original, "mds", "2"], { runs: 1, warmUps: 0 })],
  how,
);
printTable("Metric scaling of Fashion-MNIST test (10,000 x 784) to 2", mds);
const order = await compare(
  [
    ours(original, "nonmetric", "2", "1", "2000"),
    sklearn("MDS, non-metric", [original, "nonmetric", "2", "1", "2000"], { runs: 1, warmUps: 0 }),
  ],
  how,
);
printTable("Non-metric scaling of Fashion-MNIST test (2,000 x 784) to 2", order);

console.log("");
const [mine, exact, random, mineRandom] = pca;
const [mineWide, randomWide, exactWide] = wide;
const explained = (outcome) => outcome.quality?.explained ?? Number.NaN;
const verdicts = [
  target("of the time of covariance_eigh", 1 / ratio(mine, exact, "seconds"), "at most", 2),
  target("times faster than randomized", ratio(mine, random, "seconds"), "at least", 3),
  target("difference in explained variance", Math.abs(explained(mine) - explained(exact)), "at most", 1e-4),
  target(
    "of the time of randomized, by random directions too",
    1 / ratio(mineRandom, random, "seconds"),
    "at most",
    1,
  ),
  target("of the time of randomized, wide rows", 1 / ratio(mineWide, randomWide, "seconds"), "at most", 1),
  target(
    "explained variance short of all, wide rows",
    explained(exactWide) - explained(mineWide),
    "at most",
    1e-4,
  ),
  target(
    "of what randomized is short of",
    (explained(exactWide) - explained(mineWide)) / (explained(exactWide) - explained(randomWide)),
    "at most",
    1,
  ),
  target("times faster than SMACOF", ratio(mds[0], mds[1], "seconds"), "at least", 20),
  target("of its stress", (mds[0].quality?.stress ?? NaN) / (mds[1].quality?.stress ?? NaN), "at most", 1),
  target("of its peak memory", ratio(mds[1], mds[0], "peakBytes"), "at most", 0.2),
  target("times faster than its non-metric scaling", ratio(order[0], order[1], "seconds"), "at least", 10),
  target(
    "of its stress",
    (order[0].quality?.stress ?? NaN) / (order[1].quality?.stress ?? NaN),
    "at most",
    1,
  ),
];
writeResults("reduce", { pca, wide, mds, order });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
