/**
 * T3: a strip with a hole, rolled up: 1,500 rows to train on, 8,500 to measure, against Zhan et al. 2026. Their network, batch, optimiser, rate and number of
 * epochs; the rate falls by a cosine (theirs: by ten after each 1,000 epochs).
 *
 *     node bench/anchors/swiss-roll-hole.mjs [--seeds 0,1] [--epochs N] [--only auto] [--folder F] [--gate]
 */

import { meanSquaredError } from "./metrics/pairs.mjs";
import { compareSides, compareWithChart, sideOf } from "./metrics/swiss-roll-hole.mjs";
import { SWISS_ROLL_HOLE } from "./published.mjs";
import { finish, judge, judgeControl, linesFor, needData, read, runAll, spread } from "./runs.mjs";
import { printFigures } from "./table.mjs";
import { trained } from "./training.mjs";

const SETTINGS = {
  nComponents: 2,
  hidden: [256, 256],
  activation: "elu",
  isometry: "auto",
  nNeighbors: 5,
  batchSize: 500,
  epochs: 3000,
  learningRate: 2e-3,
  descent: { optimizer: "adam", weightDecay: 1e-5 },
  standardize: "none",
};
const without = (terms) => ({ ...SETTINGS, without: terms });

const ROWS = [
  { name: "auto", seeds: [0, 1, 2, 3, 4], settings: SETTINGS },
  { name: "no penalty", seeds: [0], settings: { ...SETTINGS, isometry: [] } },
  { name: "auto without lengths along the data", seeds: [0], settings: without(["stress", "geodesic"]) },
  {
    name: "auto without near pairs and decoder",
    seeds: [0],
    settings: without(["localIsometry", "biLipschitz"]),
  },
];

needData("swiss-roll-hole", "swiss-roll-hole-test");
const [train, test, chart] = [
  await read("swiss-roll-hole-train"),
  await read("swiss-roll-hole-test"),
  await read("swiss-roll-hole-test-chart"),
];
let original;

async function work({ settings }, seed) {
  const model = await trained(train, { ...settings, seed });
  const map = await model.codes(test);
  original ??= sideOf(test);
  return {
    reconstruction: meanSquaredError(test, await model.decode(map)),
    ...compareSides(original, sideOf(map)),
    ...(await compareWithChart(chart, map)),
    epoch: model.epoch,
  };
}

const runs = await runAll("swiss-roll-hole", ROWS, work);
printFigures("T3, the 8,500 test rows; ours: every pair, theirs: 2,000 rows where the chart is compared", [
  ...[...runs].flatMap(([name, values]) => linesFor(name, values)),
  ...SWISS_ROLL_HOLE.map(({ method, source, values }) => ({ name: `${method}: ${source}`, values })),
]);
console.log("");
const ours = runs.get("auto") ?? [];
const { least = {}, largest = {} } = ours.length > 0 ? spread(ours) : {};
const verdicts = [
  judge("models trained", ours.length, "at least", 5),
  judge("stress, worst model", largest.stress, "at most", 0.004),
  judge("Pearson, worst model", least.pearson, "at least", 0.9999),
  judge("recall, worst model", least.recall, "at least", 0.96),
  judge("reconstruction, worst model", largest.reconstruction, "at most", 2e-4),
  ...[...runs]
    .filter(([name]) => name !== "auto")
    .flatMap(([name, values]) =>
      values.map(({ stress }, seed) =>
        judgeControl(`${name}, seed ${seed}: stress`, stress, "at most", 0.004),
      ),
    ),
];
finish(verdicts);
