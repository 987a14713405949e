/**
 * T2: eleven spheres in 101 dimensions drawn in 2: 9,000 rows to train on, 1,000 to measure, against Moor et al. 2020. One model for all measures.
 *
 *     node bench/anchors/spheres.mjs [--seeds 0,1] [--epochs N] [--only stress] [--folder F] [--gate]
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { meanSquaredError } from "./metrics/pairs.mjs";
import { measureSpheres } from "./metrics/spheres.mjs";
import { SPHERES } from "./published.mjs";
import { finish, folder, judge, judgeControl, linesFor, needData, read, runAll, spread } from "./runs.mjs";
import { printFigures } from "./table.mjs";
import { trained } from "./training.mjs";

const SETTINGS = {
  nComponents: 2,
  hidden: [256, 256],
  activation: "elu",
  init: "pca",
  isometry: [{ name: "stress", weight: 1 }],
  batchSize: 256,
  epochs: 100,
  learningRate: 1e-3,
  descent: { optimizer: "adam" },
  standardize: "none",
};

const ROWS = [
  { name: "stress", seeds: [0, 1, 2, 3, 4], settings: SETTINGS },
  { name: "no penalty, begun as PCA", seeds: [0, 1], settings: { ...SETTINGS, isometry: [] } },
  {
    name: "no penalty, random start",
    seeds: [0, 1],
    settings: { ...SETTINGS, isometry: [], init: "random" },
  },
];
/** Maps of baselines.py. */
const BASELINES = {
  PCA: "spheres-test-pca",
  "SMACOF fitted to the test rows, 500 steps from a random start": "spheres-test-smacof",
  "SMACOF fitted to the test rows, until it stands still": "spheres-test-smacof-converged",
};
const BOUNDS = { kl01: 0.3, rmseAtBestScale: 5.7 };

needData("spheres", "spheres-test");
const [train, test] = [await read("spheres-train"), await read("spheres-test")];

async function work({ settings }, seed) {
  const model = await trained(train, { ...settings, seed });
  const map = await model.codes(test);
  const reconstruction = meanSquaredError(test, await model.decode(map));
  return { ...measureSpheres(test, map), reconstruction };
}

async function baselines() {
  const there = Object.entries(BASELINES).filter(([, file]) => existsSync(join(folder, `${file}.npy`)));
  return Promise.all(
    there.map(async ([name, file]) => {
      const values = measureSpheres(test, await read(file));
      if (name !== "PCA") return { name, values };
      return {
        name,
        values: { ...values, reconstruction: meanSquaredError(test, await read(`${file}-decoded`)) },
      };
    }),
  );
}

const runs = await runAll("spheres", ROWS, work);
printFigures("T2, spheres, the 1,000 test rows", [
  ...[...runs].flatMap(([name, values]) => linesFor(name, values)),
  ...(await baselines()),
  ...SPHERES.map(({ method, source, values }) => ({ name: `${method}: ${source}`, values })),
]);
console.log("");
const ours = runs.get("stress") ?? [];
const worst = ours.length > 0 ? spread(ours).largest : {};
const verdicts = [
  judge("models trained", ours.length, "at least", 5),
  judge("KL.1, worst model", worst.kl01, "at most", BOUNDS.kl01),
  judge("RMSE at the best scale, worst model", worst.rmseAtBestScale, "at most", BOUNDS.rmseAtBestScale),
  ...[...runs]
    .filter(([name]) => name !== "stress")
    .flatMap(([name, values]) =>
      values.flatMap((found, seed) =>
        Object.entries(BOUNDS).map(([key, bound]) =>
          judgeControl(`${name}, seed ${seed}: ${key}`, found[key], "at most", bound),
        ),
      ),
    ),
];
finish(verdicts);
