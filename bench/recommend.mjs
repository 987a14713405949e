/**
 * Recommending from implicit feedback: alternating least squares (with and without item distances), item-kNN and popularity, ours against implicit and SciPy.
 * MovieLens (ml-latest-small, 2016): 671 users, 9,066 movies; each user's last fifth by time held out. All get the same split, factors, weights and sweeps; figures are means over fits from different seeds.
 *
 *     node bench/recommend.mjs [--data ../shared/data] [--runs 4] [--factors 32] [--item-distances 1,3,10] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { mean, meanInterval } from "../dist/base/index.js";
import { writeSplit } from "./children/recommend-split.mjs";
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
const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const ratings = join(data, "recommendation/ml-latest-small-2016/ratings.csv.gz");
if (!existsSync(ratings)) {
  console.log(`recommend: not measured, there is no ${ratings}. Give the folder of the data with --data.`);
  process.exit(gate ? 3 : 0);
}
const folder = mkdtempSync(join(tmpdir(), "isometer-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// The best for the peers, by recall of what is held out: of factors 16, 32 and 64, alpha 1, 5, 10 and 40 and regularization .1 and 10 for implicit (Cholesky), and of 20 to 200 neighbours and
// shrinkage 0, 10 and 50 for item-kNN (within .001).
const settings = {
  share: 0.2,
  k: 10,
  nFactors: Number(flag("factors", "32")),
  alpha: 1,
  regularization: 10,
  iterations: 15,
  nNeighbors: 200,
  shrinkage: 10,
};
const strengths = flag("item-distances", "1,3,10").split(",").map(Number);
const fields = gunzipSync(readFileSync(ratings))
  .toString()
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));
const split = join(folder, "split.json");
const { shape, entries, held } = writeSplit(split, settings, {
  users: fields.map((f) => f[0]),
  items: fields.map((f) => f[1]),
  times: fields.map((f) => Number(f[3])),
});

const scoresOf = (kind) => join(folder, `${kind}.json`);
// What has no seed is fitted once, ours after a warm-up.
const once = { runs: 1 };
const ours = (name, kind) => ({
  name,
  command: [process.execPath, join(CHILDREN, "recommend-ours.mjs"), split, scoresOf(kind), kind],
  needs: [join(ROOT, "dist/spaces/recommend/index.js")],
});
const peer = (name, kind) => ({
  name,
  command: [PYTHON, join(CHILDREN, "recommend-peer.py"), split, scoresOf(kind), kind],
  needs: [PYTHON],
  // Its own threads are many; BLAS beside them slows it down, as it warns.
  env: { OPENBLAS_NUM_THREADS: "1" },
});

console.log(machineLine());
const outcomes = await compare(
  [
    ours("isometer, ALS", "als-0"),
    peer("implicit, ALS by Cholesky", "cholesky"),
    peer("implicit, ALS by CG", "cg"),
    ...strengths.map((w) => ours(`isometer, ALS, W = ${w}`, `als-${w}`)),
    { ...ours("isometer, item-kNN", "knn"), ...once },
    { ...peer("SciPy, item-kNN", "scipy-knn"), ...once, warmUps: 0 },
    { ...ours("isometer, popularity", "popularity"), ...once },
  ],
  { runs: Number(flag("runs", "4")), log: (line) => console.error(`  ${line}`) },
);
printTable(
  `MovieLens, ${shape[0]} users x ${shape[1]} items, ${entries} entries, ${held} held out; ${settings.nFactors} factors, ${settings.iterations} sweeps`,
  outcomes,
);

/** The mean of a - b over users, with its 95 % interval. NaN where one was not measured. */
function paired(a, b, measure) {
  const [x, y] = [a, b].map((kind) =>
    existsSync(scoresOf(kind)) ? JSON.parse(readFileSync(scoresOf(kind), "utf8"))[measure] : null,
  );
  if (!x || !y) return { value: Number.NaN, interval: [Number.NaN, Number.NaN] };
  const differences = x.map((value, u) => value - y[u]);
  return { value: mean(differences), interval: meanInterval(differences, Number.POSITIVE_INFINITY, [-1, 1]) };
}

const PAIRS = [
  ["als-0", "cholesky"],
  ["als-0", "cg"],
  ["als-0", "knn"],
  ["als-0", "popularity"],
  ["knn", "scipy-knn"],
  ...strengths.flatMap((w) => [
    [`als-${w}`, "als-0"],
    [`als-${w}`, "popularity"],
  ]),
];
const MEASURES = { recalls: "recall@10", ndcgs: "nDCG@10" };
const differences = PAIRS.flatMap(([a, b]) =>
  Object.entries(MEASURES).map(([measure, name]) => ({ a, b, name, ...paired(a, b, measure) })),
);
console.log("");
for (const { a, b, name, value, interval } of differences) {
  console.log(
    `  ${name}, ${a} less ${b}: ${value.toFixed(4)} [${interval.map((x) => x.toFixed(4)).join(", ")}]`,
  );
}
console.log("");
// What item distances cost is told, not judged; so is time, which is in the table.
const judged = differences.filter(({ a, b }) => b === "popularity" || a === "als-0" || a === "knn");
const verdicts = judged.map(({ a, b, name, interval: [low, high] }) =>
  b === "popularity"
    ? target(`${name}: ${a} above ${b}, by the lower limit`, low, "at least", 0)
    : target(`${name}: ${a} not below ${b}, by the upper limit`, high, "at least", 0),
);
writeResults("recommend", { settings, outcomes, differences });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
