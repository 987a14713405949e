/**
 * Paths between test digits of MNIST through an autoencoder (784-256-128-8 and back, 20,000 digits, 24 epochs): straight, spherical, along the data, the geodesic of the decoder, and the
 * geodesic with its toll on what is off the data. How even their 64 steps are, how long they are, how far from data. No peer: none that we found reports these.
 *
 *     node bench/morph.mjs [--pairs 6] [--density 1] [--strips FOLDER] [--train] [--gate]
 *
 * The autoencoder is trained (some 30 s) unless bench/results has it; --train trains it anew. --strips writes a film strip for each pair, and an animation, with sharp.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { matrix, pointRows, row } from "../dist/base/index.js";
import { findEngine, openNetwork, valuesAt } from "../dist/engine/index.js";
import { trainEncoder } from "../dist/index.js";
import * as morph from "../dist/spaces/morph/index.js";
import { BENCH, flag, machineLine, median, ROOT, target, writeResults } from "./harness.mjs";

const ROWS = 20_000;
const PIXELS = 784;
const gate = process.argv.includes("--gate");
const folder = join(
  resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data")),
  "images/mnist",
);
if (!existsSync(join(folder, "train-images-idx3-ubyte.gz"))) {
  console.log(`morph: not measured, the data are absent (no ${folder}). Give their folder with --data.`);
  process.exit(gate ? 3 : 0);
}
const idx = (name, header) => gunzipSync(readFileSync(join(folder, name))).subarray(header);
const digits = (name, rows) => {
  const bytes = idx(name, 16).subarray(0, rows * PIXELS);
  return matrix(
    Float32Array.from(bytes, (value) => value / 255),
    rows,
    PIXELS,
  );
};

console.log(`morph: ${machineLine()}`);
const engine = await findEngine();
const known = digits("train-images-idx3-ubyte.gz", ROWS);
const models = await autoencoder();
const encoder = openNetwork({ bytes: models.encoder, name: "encoder" }, PIXELS);
const codes = await encode(known);
const decoder = await morph.openDecoder({ bytes: models.decoder, name: "decoder" }, codes.cols, engine);
const usual = await morph.openSpaced(codes, { engine, seed: 0 });
const data = await morph.openSpaced(await decoder.decode(codes), { engine, seed: 0 });
const setting = { decoder, data, codes: usual };
const graph = await morph.openDataGraph(codes, { engine });
const weight = Number(flag("density", "1"));

const labels = idx("t10k-labels-idx1-ubyte.gz", 8);
const tests = digits("t10k-images-idx3-ubyte.gz", 1000);
const ends = await encode(tests);
const pairs = pairsOf(Number(flag("pairs", "6")));
const results = [];
for (const { from, to, name } of pairs) {
  const found = await pathsBetween(row(ends, from), row(ends, to));
  console.log(`\n  ${name} (test digits ${from} and ${to})`);
  for (const { kind, report, seconds, path } of found) printPath(kind, report, seconds, path);
  results.push({
    name,
    from,
    to,
    paths: found.map(({ kind, report, seconds }) => ({ kind, seconds, ...report })),
  });
  if (flag("strips", null)) await writeStrips(name, found);
}

console.log("");
const of = (kind, value) => results.map(({ paths }) => value(paths.find((path) => path.kind === kind)));
const against = (kind, value = ({ offData }) => offData.mean) => {
  const straight = of("straight", value);
  return of(kind, value).map((mean, p) => mean / straight[p]);
};
const byLength = ({ offData }) => offData.meanByLength;
const ratios = (kind) => of(kind, ({ stepRatio }) => stepRatio);
console.log(
  `  medians of the step ratio: ${["straight", "spherical", "data", "geodesic", "toll"].map((kind) => `${kind} ${median(ratios(kind)).toFixed(2)}`).join(", ")}`,
);
const straight = ratios("straight");
const geodesic = ratios("geodesic");
const verdicts = [
  target("step ratio of the geodesic, worst pair", Math.max(...geodesic), "at most", 1.2),
  target(
    `step ratio of the geodesic with the toll ${weight}, worst pair`,
    Math.max(...ratios("toll")),
    "at most",
    1.2,
  ),
  target(
    "step ratio of the straight line over that of the geodesic, worst pair",
    Math.min(...straight.map((r, p) => r / geodesic[p])),
    "at least",
    1,
  ),
  target(
    "distance to data over that of the straight line, along the data, worst pair",
    Math.max(...against("data")),
    "at most",
    1,
  ),
  target("the same of the geodesic with the toll, worst pair", Math.max(...against("toll")), "at most", 1),
  target("the same by length, worst pair", Math.max(...against("toll", byLength)), "at most", 1),
];
writeResults("morph", { weight, pairs: results });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);

async function autoencoder() {
  const path = (part) => join(BENCH, "results", `morph-${part}.onnx`);
  if (!process.argv.includes("--train") && existsSync(path("encoder")) && existsSync(path("decoder")))
    return { encoder: readFileSync(path("encoder")), decoder: readFileSync(path("decoder")) };
  const how = { nComponents: 8, hidden: [256, 128], epochs: 24, standardize: "none", output: "sigmoid" };
  const trained = (await trainEncoder(known, { ...how, ...engine })).save();
  mkdirSync(join(BENCH, "results"), { recursive: true });
  for (const part of ["encoder", "decoder"]) writeFileSync(path(part), trained[part]);
  return trained;
}

async function encode(images) {
  const at = Int32Array.from({ length: images.rows }, (_, i) => i);
  return valuesAt(encoder, pointRows(images), at, { engine });
}

/** The first digits of two classes each: 0 to 1, 2 to 3, ..., then 0 to 2, 1 to 3, ... */
function pairsOf(count) {
  const first = (digit, after = 0) => labels.indexOf(digit, after);
  return Array.from({ length: count }, (_, p) => {
    const [a, b] = p < 5 ? [2 * p, 2 * p + 1] : [p % 10, (p + 2) % 10];
    return { from: first(a), to: first(b), name: `${a}-to-${b}` };
  });
}

async function pathsBetween(from, to) {
  const found = [];
  const add = async (kind, make) => {
    const start = performance.now();
    const path = await make();
    const seconds = (performance.now() - start) / 1000;
    found.push({ kind, path, seconds, report: await morph.measurePath(path, setting) });
    return path;
  };
  await add("straight", () => morph.straightPath(from, to));
  await add("spherical", () => morph.sphericalPath(from, to));
  const start = await add("data", () => morph.dataPath(graph, from, to));
  await add("geodesic", () => morph.geodesicPath(from, to, decoder, { starts: [start] }));
  const density = { codes, usual: usual.usual, weight };
  await add("toll", () => morph.geodesicPath(from, to, decoder, { starts: [start], density }));
  return found;
}

function printPath(kind, { stepRatio, length, bend, offData, offCodes, jumps }, seconds, path) {
  const columns = [
    `steps ${stepRatio.toFixed(2)}`,
    `length ${length.toFixed(2)}`,
    `of chord ${bend.toFixed(2)}`,
    `off data ${offData.mean.toFixed(2)}, by length ${offData.meanByLength.toFixed(2)} (most ${offData.most.toFixed(2)})`,
    `off codes ${offCodes.mean.toFixed(2)}`,
    `jumps ${jumps.length}`,
    `${seconds.toFixed(2)} s`,
  ];
  const how = path.energy
    ? `  ${path.iterations} steps from ${path.start}${path.converged ? "" : ", not converged"}`
    : "";
  console.log(`    ${kind.padEnd(10)}${columns.map((text) => text.padEnd(15)).join("  ")}${how}`);
}

async function writeStrips(name, found) {
  const { default: sharp } = await import("sharp");
  const folder = resolve(flag("strips"));
  mkdirSync(folder, { recursive: true });
  const shape = { height: 28, width: 28, channels: 1 };
  const frames = [];
  for (const { path } of found) frames.push((await morph.framesAlong(path, decoder, 12)).images);
  const picture = { range: [0, 1], scale: 2 };
  const { data: pixels, ...raw } = morph.filmStrip(frames, shape, picture);
  await sharp(pixels, { raw })
    .png()
    .toFile(join(folder, `${name}.png`));
  const many = (await morph.framesAlong(found.at(-1).path, decoder, 24)).images;
  const {
    data: pixelsOfPages,
    pages,
    ...paged
  } = morph.animationPages(many, shape, { ...picture, scale: 4 });
  // One time for each page: a single number would be that of the first.
  const animation = { delay: new Array(pages).fill(80), loop: 0 };
  await sharp(pixelsOfPages, { raw: paged })
    .gif(animation)
    .toFile(join(folder, `${name}.gif`));
  await sharp(pixelsOfPages, { raw: paged })
    .webp(animation)
    .toFile(join(folder, `${name}.webp`));
}
