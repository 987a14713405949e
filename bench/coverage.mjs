/**
 * Do 95 % intervals hold the truth 95 % of the time? Every score with an interval of its own, over many draws and several shapes of data, each draw
 * against the value of all rows; where a score is defined for as many rows as are drawn, against the mean of all draws.
 *
 *     node bench/coverage.mjs [--simulations 2000] [--rows 600] [--drawn 150] [--only anchors,landmarks,...]
 *         [--shapes gaussian,clusters,...] [--scores trustworthiness,...] [--gate]
 *
 * --scores: of anchors these alone.
 *
 * --gate: exit 3 when a score of an ordinary shape covers less than 92 % or more than 98 %. "heavy tails" is shown and not held to
 * it: a few rows hold most of its sums (docs/decisions/0013-intervals.md).
 */

import { audit, matrix } from "../dist/index.js";
import { SCORES } from "../dist/measure/index.js";
import { DRAWS, SIZES } from "./coverage-draws.mjs";
import { flag, machineLine, writeResults } from "./harness.mjs";

const simulations = Number(flag("simulations", "2000"));
const rows = Number(flag("rows", "600"));
const drawn = Number(flag("drawn", "150"));
const only = flag("only", Object.keys(DRAWS).join(",")).split(",");
const wanted = flag("scores", "") ? flag("scores", "").split(",") : null;
const gate = process.argv.includes("--gate");

/** A small generator of its own (mulberry32), so that the library's streams are not the judge of themselves. */
function generator(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** Points and a map of them, by shape: functions of a generator to [x, z] of one row. */
const SHAPES = {
  gaussian: ({ normal }) => {
    const x = Array.from({ length: 10 }, normal);
    return [x, [x[0] + 0.3 * x[2], x[1] - 0.3 * x[3]]];
  },
  clusters: ({ uniform, normal }) => {
    const c = Math.floor(uniform() * 6);
    const x = Array.from({ length: 8 }, (_, k) => 4 * Math.sin(c * (k + 1)) + normal());
    return [x, [Math.tanh(x[0] / 3), Math.tanh(x[1] / 3)]];
  },
  "swiss roll": ({ uniform }) => {
    const [t, h] = [1.5 * Math.PI * (1 + 2 * uniform()), 21 * uniform()];
    return [
      [t * Math.cos(t), h, t * Math.sin(t)],
      [t, h],
    ];
  },
  "heavy tails": ({ normal }) => {
    const size = Math.exp(1.5 * normal());
    const x = Array.from({ length: 6 }, () => size * normal());
    return [x, [x[0], x[1]]];
  },
};

function spacesOf(shape, rows) {
  const random = generator(1);
  const points = Array.from({ length: rows }, () => SHAPES[shape](random));
  const side = (s) => matrix(Float32Array.from(points.flatMap((p) => p[s])), rows, points[0][s].length);
  return { x: side(0), z: side(1) };
}

const shapes = flag("shapes", Object.keys(SHAPES).join(",")).split(",");

/** The share of draws whose interval holds the truth, by score. */
async function coverage(shape, family) {
  const sizes = { rows, drawn, ...SIZES[family] };
  const spaces = spacesOf(shape, sizes.rows);
  const { truth, draw } = await DRAWS[family]({ ...spaces, drawn: sizes.drawn, audit, SCORES, wanted });
  const seen = new Map();
  for (let seed = 0; seed < simulations; seed++) {
    for (const [name, score] of Object.entries(await draw(seed))) {
      if (!seen.has(name)) seen.set(name, []);
      seen.get(name).push([score.value, ...score.interval]);
    }
    if (seed % 50 === 49) process.stderr.write(`\r  ${family}, ${shape}: ${seed + 1} of ${simulations}   `);
  }
  process.stderr.write("\n");
  const shares = [...seen].map(([name, draws]) => {
    const right = truth[name] ?? draws.reduce((sum, [value]) => sum + value, 0) / draws.length;
    return [name, draws.filter(([, low, high]) => low <= right && right <= high).length / draws.length];
  });
  return Object.fromEntries(shares);
}

console.log(`coverage: ${machineLine()}`);
const results = {};
let missed = 0;
for (const family of only) {
  results[family] = {};
  for (const shape of shapes) results[family][shape] = await coverage(shape, family);
  console.log(
    `\n${family}: share of ${simulations} intervals (95 %) that hold the truth, ${SIZES[family]?.drawn ?? drawn} of ${SIZES[family]?.rows ?? rows} rows\n`,
  );
  console.log(`  ${"".padEnd(22)}${shapes.map((shape) => shape.padStart(13)).join("")}`);
  for (const name of Object.keys(results[family][shapes[0]])) {
    const cells = shapes.map((shape) => {
      const share = results[family][shape][name];
      if (share === undefined) return "-".padStart(13);
      const off = share < 0.92 || share > 0.98;
      if (off && shape !== "heavy tails") missed++;
      return `${(100 * share).toFixed(1)}${off ? " !" : "  "}`.padStart(13);
    });
    console.log(`  ${name.padEnd(22)}${cells.join("")}`);
  }
}
console.log(`\n  ${missed === 0 ? "met" : `MISSED ${missed} times`}: 92 to 98 % for ordinary shapes`);
writeResults("coverage", { simulations, rows, drawn, results });
process.exit(gate && missed > 0 ? 3 : 0);
