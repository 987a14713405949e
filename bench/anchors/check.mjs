/**
 * Do the measures of bench/anchors give what others got for the same maps? No training: true charts, and baselines by scikit-learn.
 *
 *     bench/peers/.venv/bin/python bench/anchors/make-data.py
 *     bench/peers/.venv/bin/python bench/anchors/baselines.py [--topoae CHECKOUT]
 *     node bench/anchors/check.mjs [--folder /tmp/isometer-anchors] [--data ../shared/data] [--only swiss-roll|spheres|swiss-roll-hole|images] [--gate]
 *
 * A figure agrees when it is at most one unit of the last published digit away. --gate: exit 3 where one does not, or could not be checked.
 */

import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readMatrix } from "../../dist/index.js";
import { flag, ROOT } from "../harness.mjs";
import { measureImages } from "./metrics/images.mjs";
import { meanSquaredError, scaled } from "./metrics/pairs.mjs";
import { measureSpheres } from "./metrics/spheres.mjs";
import { DIMENSION_SCALE, measureSwissRoll } from "./metrics/swiss-roll.mjs";
import { compareSides, compareWithChart, sideOf } from "./metrics/swiss-roll-hole.mjs";
import { publishedOf, SPHERES, SWISS_ROLL, SWISS_ROLL_HOLE } from "./published.mjs";
import { means, printFigures } from "./table.mjs";

const folder = resolve(flag("folder", join(tmpdir(), "isometer-anchors")));
const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const only = flag("only", "");
const gate = process.argv.includes("--gate");

const fileOf = (name) => join(folder, `${name}.npy`);
const read = (name) => readMatrix(fileOf(name));

if (!existsSync(fileOf("swiss-roll-hole-test-sample"))) {
  console.log(`check: not run, ${folder} has no data. Make them with make-data.py and baselines.py.`);
  process.exit(gate ? 3 : 0);
}

/** Prints our figures above the published ones, says which differ, and returns whether none does. */
function compare(title, ours, { method, source, values }) {
  printFigures(title, [
    { name: "ours", values: ours },
    { name: `${method}: ${source}`, values },
  ]);
  const keys = Object.keys(values).filter((key) => ours[key] !== undefined);
  const off = keys.filter((key) => Math.abs(ours[key] - Number(values[key])) > unitOf(values[key]));
  console.log(off.length ? `  DIFFER: ${off.join(", ")}` : `  agree: all ${keys.length}`);
  return off.length === 0;
}

/** One unit of the last digit given, and a hair for binary fractions. A bare 0 or 1 is meant exactly, but for our audit, whose quantiles come from bins of 6e-5. */
function unitOf(digits) {
  const [mantissa, exponent = "0"] = digits.split("e");
  const decimals = mantissa.split(".")[1]?.length;
  if (decimals === undefined && exponent === "0") return 1e-4;
  return 1.0001 * 10 ** (Number(exponent) - (decimals ?? 0));
}

async function swissRoll() {
  const maps = {
    "true chart x sqrt(2/3)": async (roll) => scaled(await read(`${roll}-chart`), DIMENSION_SCALE),
    "true chart": (roll) => read(`${roll}-chart`),
    "Isomap, k = 10": (roll) => read(`${roll}-isomap`),
  };
  const agreed = [];
  for (const [method, mapOf] of Object.entries(maps)) {
    const runs = [];
    for (let seed = 0; seed < 10; seed++) {
      const roll = `swiss-roll-${seed}`;
      const { unfolded, ...measures } = measureSwissRoll(await read(roll), await mapOf(roll));
      runs.push({ ...measures, succeeded: Number(unfolded) });
    }
    const mean = means(runs);
    const ours = { ...mean, succeeded: Math.round(10 * mean.succeeded) };
    agreed.push(compare(`T1, ${method}, mean of ten rolls`, ours, publishedOf(SWISS_ROLL, method)));
  }
  return agreed;
}

async function spheres() {
  const test = await read("spheres-test");
  const figures = async (name) => measureSpheres(test, await read(`spheres-test-${name}`));
  const agreed = [
    compare(
      "T2, SMACOF, 500 steps from a random start",
      await figures("smacof"),
      publishedOf(SPHERES, "SMACOF, in-sample"),
    ),
  ];
  const shipped = { TopoAE: "TopoAE", Vanilla: "AE", PCA: "PCA", UMAP: "UMAP", Isomap: "Isomap" };
  for (const [file, method] of Object.entries(shipped)) {
    const name = `shipped-${file}`;
    if (!existsSync(fileOf(`spheres-test-${name}`))) {
      console.log(`\n  not checked: ${name}, which baselines.py --topoae CHECKOUT writes`);
      agreed.push(undefined);
    } else {
      agreed.push(
        compare(
          `T2, the map of ${file} that Moor et al. ship`,
          await figures(name),
          publishedOf(SPHERES, method),
        ),
      );
    }
  }
  await ownSpheres(test, figures);
  return agreed;
}

/** Baselines that nobody published digit by digit, to be read beside the others. */
async function ownSpheres(test, figures) {
  const decoded = await read("spheres-test-pca-decoded");
  const pca = { ...(await figures("pca")), reconstruction: meanSquaredError(test, decoded) };
  printFigures("T2, not to be compared digit by digit", [
    { name: "PCA, fitted to all 9,000 rows (that of Moor et al.: to 85 % of them, drawn)", values: pca },
    ...SPHERES.filter(({ method }) => method === "PCA").map(({ source, values }) => ({
      name: `PCA: ${source}`,
      values,
    })),
    {
      name: "SMACOF from classical scaling, until it stands still",
      values: await figures("smacof-converged"),
    },
  ]);
}

async function swissRollHole() {
  const original = sideOf(await read("swiss-roll-hole-test"));
  const chart = await read("swiss-roll-hole-test-chart");
  const { data: sample } = await read("swiss-roll-hole-test-sample");
  const agreed = [];
  for (const [method, name] of Object.entries({ "true chart": "chart", "Isomap, k = 5": "isomap" })) {
    const map = await read(`swiss-roll-hole-test-${name}`);
    const byPaths = compareSides(original, sideOf(map));
    const ofSample = await compareWithChart(rowsAt(chart, sample), rowsAt(map, sample));
    agreed.push(compare(`T3, ${method}`, { ...byPaths, ...ofSample }, publishedOf(SWISS_ROLL_HOLE, method)));
    printFigures("the same, every pair of the 8,500 test rows", [
      { name: "ours", values: await compareWithChart(chart, map) },
    ]);
  }
  await peerOfHole(original, chart);
  return agreed;
}

/** The authors' own map, where blae-peer.py --save FOLDER/blae has left one: of as many epochs as it was given. */
async function peerOfHole(original, chart) {
  const [codes, decoded] = ["blae/codes", "blae/decoded"];
  if (!existsSync(fileOf(codes))) return;
  const map = await read(codes);
  const outcome = JSON.parse(readFileSync(join(folder, "blae/outcome.json"), "utf8"));
  const ours = {
    ...compareSides(original, sideOf(map)),
    ...(await compareWithChart(chart, map)),
    reconstruction: meanSquaredError(await read("swiss-roll-hole-test"), await read(decoded)),
  };
  printFigures(
    "T3, BLAE by its authors' code, every pair of the 8,500 test rows, not to be compared digit by digit",
    [
      { name: `seed ${outcome.seed}, ${outcome.epochs} epochs, PyTorch ${outcome.torch}`, values: ours },
      ...SWISS_ROLL_HOLE.filter(({ method }) => method.startsWith("BLAE")).map(
        ({ method, source, values }) => ({
          name: `${method}, 3,000 epochs: ${source}`,
          values,
        }),
      ),
    ],
  );
}

/** Some rows of a matrix, in the order given. */
function rowsAt({ data, cols }, numbers) {
  const picked = new Float32Array(numbers.length * cols);
  numbers.forEach((row, i) => {
    picked.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { data: picked, rows: numbers.length, cols };
}

/** Spearman of the first 1,000 test rows, by SciPy, from the README of the data. */
const SPEARMAN = {
  mnist: { "mnist-t10k-pca": ".4918", "mnist-t10k-topoae": ".5429" },
  "fashion-mnist": { "fashion-mnist-t10k-pca": ".8809", "fashion-mnist-t10k-umap": ".7283" },
};

async function images() {
  const first = Array.from({ length: 1000 }, (_, i) => i);
  const agreed = [];
  for (const [set, maps] of Object.entries(SPEARMAN)) {
    const path = join(data, `images/${set}/t10k-images-idx3-ubyte.gz`);
    if (!existsSync(path)) {
      console.log(`\n  not checked: there is no ${path}`);
      agreed.push(undefined);
      continue;
    }
    const pixels = await readMatrix(path);
    for (const [name, spearman] of Object.entries(maps)) {
      const map = await readMatrix(join(data, `latents/${name}.npy`));
      const ours = await measureImages(rowsAt(pixels, first), rowsAt(map, first));
      const published = { method: name, source: "SciPy", values: { spearman } };
      agreed.push(compare(`T4, ${name}, first 1,000 test rows`, ours, published));
    }
  }
  return agreed;
}

const checks = { "swiss-roll": swissRoll, spheres, "swiss-roll-hole": swissRollHole, images };
const agreed = [];
for (const [name, check] of Object.entries(checks)) {
  if (only === "" || only === name) agreed.push(...(await check()));
}
const count = (verdict) => agreed.filter((each) => each === verdict).length;
console.log(`\n  ${count(true)} rows agree, ${count(false)} differ, ${count(undefined)} not checked`);
process.exit(gate && !agreed.every(Boolean) ? 3 : 0);
