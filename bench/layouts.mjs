/**
 * UMAP and t-SNE in 2 dimensions. UMAP of ten clusters (10,000 x 128) against umap-learn, umap-js and embedding-atlas; UMAP and t-SNE of Fashion-MNIST
 * (70,000 x 784) against umap-learn and openTSNE. Quality is measured alike for all, from the coordinates that each wrote, when the clock has stopped.
 *
 *     node bench/layouts.mjs [--data ../shared/data] [--folder /tmp/isometer-layouts] [--only clusters|fashion|tsne] [--runs 3] [--gate]
 *
 * --folder: where vectors (220 MB), affinities (120 MB) and layouts are kept; the first two are made once.
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync, rmSync } from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import {
  BENCH,
  CHILDREN,
  compare,
  flag,
  machineLine,
  PYTHON,
  printTable,
  ROOT,
  ratio,
  target,
  writeResults,
} from "./harness.mjs";
import { clusterVectors, divergencesOf, fashionVectors, scoresOf } from "./layout-data.mjs";

const gate = process.argv.includes("--gate");
const only = flag("only", "");
const folder = resolve(flag("folder", join(os.tmpdir(), "isometer-layouts")));
const images = ["train", "t10k"].map((part) =>
  join(
    resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data")),
    `images/fashion-mnist/${part}-images-idx3-ubyte.gz`,
  ),
);

/** One contestant: a child that writes its layout into the folder. */
function contestant(name, job, runner, script, args, more = {}) {
  const layout = join(folder, `${job}-${name}.npy`);
  rmSync(layout, { force: true });
  return {
    name,
    layout,
    command: [runner, join(CHILDREN, script), ...args],
    env: { ISOMETER_LAYOUT: layout },
    needs: [runner],
    ...more,
  };
}

const ours = (job, vectors, method) =>
  contestant("isometer", job, process.execPath, "layout-ours.mjs", [vectors, method], {
    needs: [join(ROOT, "dist/index.js")],
  });
/** Slow: one run counts, after one that compiles. */
const umapLearn = (job, vectors) =>
  contestant("umap-learn", job, PYTHON, "layout-umap.py", [vectors], { runs: 1, warmUps: 1 });
/** A package of npm; slow, and nothing to speak of is compiled: its only call counts. */
const npm = (name, job, vectors, script) =>
  contestant(name, job, process.execPath, script, [vectors], {
    needs: [join(BENCH, `peers/node_modules/${name}/package.json`)],
    runs: 1,
    warmUps: 0,
  });

/** Lets them take turns, then measures every layout that was written, prints the table and returns the outcomes. */
async function measure(title, vectors, contestants, affinities) {
  const log = (line) => console.error(`  ${line}`);
  const outcomes = await compare(contestants, { runs: Number(flag("runs", "3")), log });
  const done = contestants.flatMap(({ layout }, c) =>
    outcomes[c].quality && existsSync(layout) ? [{ layout, outcome: outcomes[c] }] : [],
  );
  log("quality ...");
  const layouts = done.map(({ layout }) => layout);
  const scores = await scoresOf(vectors, layouts);
  const divergences = affinities ? divergencesOf(vectors, affinities, layouts) : [];
  done.forEach(({ outcome }, d) => {
    Object.assign(outcome.quality, scores[d], divergences[d]);
  });
  printTable(title, outcomes);
  return outcomes;
}

/** A measure of an outcome as a number; NaN where there is none. */
const value = (outcome, name) =>
  outcome.quality?.[name] !== undefined ? Number(outcome.quality[name]) : NaN;
/** How far `a` is below `b`. */
const below = (a, b, name) => value(b, name) - value(a, name);

async function clusters() {
  const job = "clusters";
  const vectors = await clusterVectors(folder);
  const outcomes = await measure("UMAP of ten clusters (10,000 x 128)", vectors, [
    ours(job, vectors, "umap"),
    umapLearn(job, vectors),
    npm("umap-js", job, vectors, "layout-umapjs.mjs"),
    npm("embedding-atlas", job, vectors, "layout-atlas.mjs"),
  ]);
  const [mine, learn, js, atlas] = outcomes;
  const verdicts = () => [
    target("UMAP 10,000: times faster than umap-js", ratio(mine, js, "seconds"), "at least", 4),
    target("UMAP 10,000: times faster than embedding-atlas", ratio(mine, atlas, "seconds"), "at least", 2),
    ...quality("UMAP 10,000", mine, learn),
    target("UMAP 10,000: MB of peak memory", (mine.peakBytes ?? NaN) / 1e6, "at most", 500),
  ];
  return { outcomes, verdicts };
}

async function fashion() {
  const job = "fashion";
  const vectors = await fashionVectors(folder, images);
  const outcomes = await measure("UMAP of Fashion-MNIST (70,000 x 784)", vectors, [
    ours(job, vectors, "umap"),
    umapLearn(job, vectors),
  ]);
  const [mine, learn] = outcomes;
  const verdicts = () => [
    target("UMAP 70,000: umap-learn's time to ours", ratio(mine, learn, "seconds"), "at least", 1),
    target(
      "UMAP 70,000: umap-learn's time to ours, first calls (compilation included)",
      ratio(mine, learn, "first"),
      "at least",
      1,
    ),
    ...quality("UMAP 70,000", mine, learn),
  ];
  return { outcomes, verdicts };
}

async function tsne() {
  const job = "tsne";
  const vectors = await fashionVectors(folder, images);
  const outcomes = await measure(
    "t-SNE of Fashion-MNIST (70,000 x 784)",
    vectors,
    [
      ours(job, vectors, "tsne"),
      contestant("openTSNE", job, PYTHON, "layout-opentsne.py", [vectors], { runs: 1, warmUps: 0 }),
    ],
    join(folder, "fashion-70000-perplexity-30.npz"),
  );
  const [mine, peer] = outcomes;
  const verdicts = () => [
    target("t-SNE 70,000: openTSNE's time to ours", ratio(mine, peer, "seconds"), "at least", 1),
    target("t-SNE 70,000: of its KL divergence", value(mine, "KL") / value(peer, "KL"), "at most", 1.02),
  ];
  return { outcomes, verdicts };
}

/** Neither neighbours nor ranks are bought with speed. */
function quality(what, mine, learn) {
  return ["trustworthiness", "neighborRecall"].map((name) =>
    target(`${what}: ${name} below umap-learn's by`, below(mine, learn, name), "at most", 0.005),
  );
}

console.log(`layouts: ${machineLine()}`);
// The small work first: what Numba keeps in files is then there for the large one.
const parts = Object.entries({ clusters, fashion, tsne }).filter(([name]) => !only || name === only);
const report = {};
const verdicts = [];
for (const [name, part] of parts) {
  const missing = name === "clusters" ? undefined : images.find((path) => !existsSync(path));
  if (missing) {
    console.log(`\n  ${name}: not measured, there is no ${missing}`);
    verdicts.push(() => [undefined]);
    continue;
  }
  const { outcomes, verdicts: judge } = await part();
  report[name] = outcomes;
  verdicts.push(judge);
}
console.log("");
const met = verdicts.flatMap((judge) => judge());
writeResults(only ? `layouts-${only}` : "layouts", report);
process.exit(gate && !met.every(Boolean) ? 3 : 0);
