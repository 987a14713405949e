/**
 * What coverage.mjs repeats: for each way in which rows are drawn, a function of two spaces to the truth of its scores (where the mean of
 * all draws is the truth, it is left out) and to the scores of one draw. Some call the score's own function with evidence of few rows, for an audit draws
 * more of them than two thousand repetitions allow.
 */

import { rng, sampleWithoutReplacement } from "../dist/base/index.js";
import { open as openOrders } from "../dist/measure/landmark-orders.kernel.js";
import { silhouette } from "../dist/measure/scores/classes.js";
import { distanceKendall, sammon, stressNonMetric } from "../dist/measure/scores/landmark-distances.js";
import { neighborDissimilarity } from "../dist/measure/scores/sharing.js";
import { mstOverlap, rtdLite } from "../dist/measure/scores/topology.js";

/** Scores that are not of anchors, or not of a draw at all. */
const NOT_OF_ANCHORS = [
  "tripletAccuracy",
  "linearCka",
  "procrustes",
  "distortion",
  "silhouette",
  "steadiness",
  "cohesiveness",
  "labelTrustworthiness",
  "labelContinuity",
  "distanceConsistency",
  "daviesBouldin",
  "calinskiHarabasz",
  "clusterAgreement",
  "neighborDissimilarity",
];

const OF_LANDMARKS = ["landmarks", "orders"];

const labelsOf = (x) => Array.from({ length: x.rows }, (_, i) => (x.data[x.cols * i] > 0 ? "a" : "b"));

/** Scores, and those of the bands of stretch beside them. */
function withBands(scores) {
  const { stretch } = scores;
  if (!stretch) return scores;
  const bands = ["near", "middle", "far"].map((band) => [`stretch.${band}`, stretch[band]]);
  return { ...scores, ...Object.fromEntries(bands) };
}

async function anchors({ x, z, drawn, audit, SCORES, wanted }) {
  const scores = Object.keys(SCORES).filter(
    (name) =>
      !NOT_OF_ANCHORS.includes(name) &&
      !SCORES[name].needs.every((kind) => OF_LANDMARKS.includes(kind)) &&
      (!wanted || wanted.includes(name)),
  );
  const options = { nNeighbors: 10, scores, labels: labelsOf(x), threads: 1 };
  const exact = await audit(x, z, { ...options, exact: true });
  const truth = Object.entries(withBands(exact.scores)).map(([name, { value }]) => [name, value]);
  return {
    truth: Object.fromEntries(truth),
    draw: async (seed) => withBands((await audit(x, z, { ...options, sample: drawn, seed })).scores),
  };
}

const length = ({ data, cols }, i, j) => {
  let sum = 0;
  for (let k = 0; k < cols; k++) sum += (data[i * cols + k] - data[j * cols + k]) ** 2;
  return Math.sqrt(sum);
};

function lengthsAmong(space, ids) {
  const m = ids.length;
  const lengths = new Float64Array(m * m);
  for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) lengths[a * m + b] = length(space, ids[a], ids[b]);
  return lengths;
}

async function landmarks({ x, z, drawn }) {
  const scoresOf = async (ids, seed) => {
    const evidence = { rows: ids, x: lengthsAmong(x, ids), z: lengthsAmong(z, ids) };
    const orders = await openOrders({ m: ids.length, ...evidence });
    const comparison = {
      landmarks: evidence,
      orders: { concordance: await orders.run("concordance"), isotonic: await orders.run("isotonic") },
      spaces: { x: { rows: x.rows } },
    };
    return {
      sammon: sammon(comparison),
      stressNonMetric: stressNonMetric(comparison),
      distanceKendall: distanceKendall(comparison),
      // Of as many rows as are drawn: the tree of all rows is another one.
      ...(ids.length < x.rows && {
        mstOverlap: mstOverlap(comparison, rng(seed)),
        rtdLite: rtdLite(comparison, rng(seed)),
      }),
    };
  };
  const all = await scoresOf(
    Int32Array.from({ length: x.rows }, (_, i) => i),
    0,
  );
  return {
    truth: Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value])),
    draw: (seed) => scoresOf(sampleWithoutReplacement(rng(seed), x.rows, drawn), seed),
  };
}

async function triplets({ x, z, audit }) {
  const n = x.rows;
  const [xs, zs] = [x, z].map((space) =>
    lengthsAmong(
      space,
      Int32Array.from({ length: n }, (_, i) => i),
    ),
  );
  let agree = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      for (let k = 0; k < j; k++) {
        if (k === i) continue;
        const [a, b] = [Math.sign(xs[i * n + j] - xs[i * n + k]), Math.sign(zs[i * n + j] - zs[i * n + k])];
        agree += a === b ? 1 : a === 0 || b === 0 ? 0.5 : 0;
      }
    }
  }
  const options = { scores: ["tripletAccuracy"], threads: 1, nNeighbors: 10 };
  return {
    truth: { tripletAccuracy: agree / ((n * (n - 1) * (n - 2)) / 2) },
    draw: async (seed) => (await audit(x, z, { ...options, seed })).scores,
  };
}

async function silhouettes({ x, z, drawn, audit }) {
  const labels = labelsOf(x);
  const exact = await audit(x, z, { scores: ["silhouette"], labels, nNeighbors: 10 });
  const each = silhouettesOf(z, labels);
  return {
    truth: { silhouette: exact.scores.silhouette.value },
    async draw(seed) {
      const own = sampleWithoutReplacement(rng(seed), x.rows, drawn);
      const of = (values) => Float64Array.from(own, (i) => values[i]);
      const classes = { silhouettes: { x: of(each), z: of(each), shuffled: of(each) } };
      return { silhouette: silhouette({ classes, layout: { rows: x.rows } }) };
    },
  };
}

function silhouettesOf(z, labels) {
  const n = z.rows;
  return Float64Array.from({ length: n }, (_, i) => {
    const sums = new Map();
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const [sum, count] = sums.get(labels[j]) ?? [0, 0];
      sums.set(labels[j], [sum + length(z, i, j), count + 1]);
    }
    const means = [...sums].map(([label, [sum, count]]) => [label === labels[i], sum / count]);
    const a = means.find(([own]) => own)[1];
    const b = Math.min(...means.filter(([own]) => !own).map(([, mean]) => mean));
    return (b - a) / Math.max(a, b);
  });
}

/** Random groups of all rows: their truth is what infinitely many of them would say. */
async function groups({ x, z, audit }) {
  const options = { scores: ["steadiness", "cohesiveness"], nNeighbors: 10, threads: 1 };
  return { truth: {}, draw: async (seed) => (await audit(x, z, { ...options, seed })).scores };
}

/** Shared neighbours of as many landmarks as an audit draws: of fewer, other numbers of neighbours count. */
async function sharing({ x, z, drawn }) {
  const spaces = { x: { rows: x.rows } };
  return {
    truth: {},
    async draw(seed) {
      const ids = sampleWithoutReplacement(rng(seed), x.rows, drawn);
      const landmarks = { rows: ids, x: lengthsAmong(x, ids), z: lengthsAmong(z, ids) };
      return { neighborDissimilarity: neighborDissimilarity({ landmarks, spaces }, rng(seed)) };
    },
  };
}

export const DRAWS = { anchors, landmarks, triplets, silhouettes, groups, sharing };

/** Families that draw other numbers of rows than the rest. */
export const SIZES = { sharing: { rows: 4_000, drawn: 1_000 } };
