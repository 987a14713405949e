/**
 * T1: ten Swiss rolls of 800 rows, laid flat by the recipe `auto`, against what Li, Zang & Wu 2020 publish. Each roll has its own model, trained on and measured
 * on all of its rows, as their protocol is.
 *
 *     node bench/anchors/swiss-roll.mjs [--seeds 0,1] [--epochs N] [--only auto] [--folder F] [--gate]
 */

import { scaled } from "./metrics/pairs.mjs";
import { DIMENSION_SCALE, measureSwissRoll } from "./metrics/swiss-roll.mjs";
import { SWISS_ROLL } from "./published.mjs";
import { finish, judge, judgeControl, linesFor, needData, read, runAll, spread } from "./runs.mjs";
import { printFigures } from "./table.mjs";
import { trained } from "./training.mjs";

const SETTINGS = {
  nComponents: 2,
  hidden: [256, 256],
  activation: "elu",
  isometry: "auto",
  nNeighbors: 6,
  batchSize: 400,
  epochs: 3000,
  learningRate: 2e-3,
  descent: { optimizer: "adam" },
  standardize: "none",
};
const TEN = Array.from({ length: 10 }, (_, seed) => seed);
const without = (terms) => ({ ...SETTINGS, without: terms });

const ROWS = [
  { name: "auto", seeds: TEN, settings: SETTINGS },
  { name: "no penalty", seeds: [0, 1], settings: { ...SETTINGS, isometry: [] } },
  { name: "auto without lengths along the data", seeds: [0, 1], settings: without(["stress", "geodesic"]) },
  {
    name: "auto without near pairs and decoder",
    seeds: [0, 1],
    settings: without(["localIsometry", "biLipschitz"]),
  },
];

async function work({ settings }, seed) {
  const roll = await read(`swiss-roll-${seed}`);
  const model = await trained(roll, { ...settings, seed });
  const map = scaled(await model.codes(roll), DIMENSION_SCALE);
  const { unfolded, ...measures } = measureSwissRoll(roll, map);
  return { ...measures, succeeded: Number(unfolded), epoch: model.epoch };
}

needData("swiss-roll", "swiss-roll-0");
const runs = await runAll("swiss-roll", ROWS, work);
printFigures(
  "T1, Swiss rolls: maps times sqrt(2/3); `unfolded` is a share of the rolls in our rows, a count in theirs",
  [
    ...[...runs].flatMap(([name, values]) => linesFor(name, values)),
    ...SWISS_ROLL.map(({ method, source, values }) => ({ name: `${method}: ${source}`, values })),
  ],
);
console.log("");
const ours = runs.get("auto") ?? [];
const mean = ours.length > 0 ? spread(ours).mean : {};
const verdicts = [
  judge("rolls trained", ours.length, "at least", TEN.length),
  judge("rolls unfolded", ours.filter(({ succeeded }) => succeeded === 1).length, "at least", TEN.length),
  judge("K-max, mean", mean.kMax, "at most", 1.5),
  judge("trustworthiness, mean", mean.trust, "at least", 0.9999),
  judge("RRE, mean", mean.rre, "at most", 0.0004),
  ...[...runs]
    .filter(([name]) => name !== "auto")
    .flatMap(([name, values]) =>
      values.map(({ kMax }, seed) => judgeControl(`${name}, roll ${seed}: K-max`, kMax, "at most", 1.5)),
    ),
];
finish(verdicts);
