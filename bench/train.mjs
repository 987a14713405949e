/**
 * Steps of training: perceptrons 784-512-256-16 and back (batch 256) and 3-256-256-2 and back (batch 500), ELU, Adam; both also with the `relaxedDistortion`
 * penalty; and a convolutional variational autoencoder. Ours as users get it, against PyTorch: eager, and compiled.
 *
 *     node bench/train.mjs [--runs 7] [--only large|small|small-relaxed|large-relaxed|conv-vae] [--gate]
 *
 * PyTorch is large: sh bench/peers/setup.sh torch. --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SETTINGS, writeSetting } from "./children/train-settings.mjs";
import {
  BENCH,
  CHILDREN,
  compare,
  flag,
  machineLine,
  median,
  printTable,
  ROOT,
  ratio,
  target,
  writeResults,
} from "./harness.mjs";

const PYTHON = process.env.ISOMETER_BENCH_TORCH ?? join(BENCH, "peers/.venv-torch/bin/python");
const gate = process.argv.includes("--gate");
const runs = Number(flag("runs", "7"));
const only = flag("only", null);
if (!existsSync(PYTHON)) {
  console.log("train: not measured, PyTorch is absent. Install it with: sh bench/peers/setup.sh torch");
  process.exit(gate ? 3 : 0);
}

/** What is trained, and how many times as fast as eager PyTorch it has to be. */
const WORK = {
  large: { what: "784-512-256-16 and back, batch 256", factor: 1 },
  small: { what: "3-256-256-2 and back, batch 500", factor: 1, aim: 1.3 },
  "small-relaxed": { what: "3-256-256-2 and back with relaxedDistortion, batch 500", factor: 1.5, aim: 2 },
  "large-relaxed": {
    what: "784-512-256-16 and back with relaxedDistortion, batch 256",
    factor: 1.2,
    aim: 1.5,
  },
  "conv-vae": { what: "variational, 1 x 28 x 28, channels 32, 64, codes of 16, batch 128", factor: 0.8 },
};

/** Losses of the first epoch differ by rounding alone; by what is drawn at random where something is. */
const SAME = { large: 1e-4, small: 1e-4, "small-relaxed": 0.03, "large-relaxed": 0.03, "conv-vae": 0.05 };

console.log(`train: ${machineLine()}`);
const tables = {};
for (const name of Object.keys(WORK).filter((name) => only === null || name === only)) {
  const folder = mkdtempSync(join(tmpdir(), "isometer-bench-"));
  await writeSetting(name, runs + 1, folder);
  tables[name] = await compare(contestants(name, folder), {
    runs,
    log: (line) => console.error(`  ${line}`),
  });
  rmSync(folder, { recursive: true });
  const { steps } = SETTINGS[name];
  printTable(`${name}: ${WORK[name].what}; runs of ${steps} steps, one training`, tables[name]);
  printSteps(tables[name], steps);
}

function contestants(name, folder) {
  const torch = (title, how, adam) => ({
    name: title,
    command: [PYTHON, join(CHILDREN, "train-torch.py"), folder, how, adam],
    needs: [PYTHON],
  });
  return [
    {
      name: "isometer",
      command: [process.execPath, join(CHILDREN, "train-ours.mjs"), name, String(runs + 1)],
      needs: [join(ROOT, "dist/index.js")],
    },
    torch("eager", "eager", "plain"),
    torch("eager, fused Adam", "eager", "fused"),
    ...(SETTINGS[name].penalty ? [torch("eager, torch.func, fused Adam", "func", "fused")] : []),
    torch("torch.compile, fused Adam", "compile", "fused"),
  ];
}

/** Milliseconds of a step, and what the first run took beyond a later one: building and compiling. */
function printSteps(outcomes, steps) {
  console.log("");
  for (const { name, seconds, first } of outcomes.filter((outcome) => outcome.seconds?.length)) {
    const middle = median(seconds);
    const each = ((middle * 1000) / steps).toFixed(2);
    console.log(`  ${name}: ${each} ms a step; first run ${(first - middle).toFixed(2)} s more`);
  }
}

console.log("");
const verdicts = Object.entries(tables).flatMap(([name, [ours, eager, ...others]]) => {
  const { factor, aim } = WORK[name];
  const best = Math.min(
    ...[eager, ...others].map((peer) => ratio(ours, peer, "seconds")).filter((r) => r > 0),
  );
  const loss = (outcome) => outcome.quality?.["loss, first epoch"] ?? Number.NaN;
  const shown = aim ? ` (aim ${aim})` : "";
  console.log(`  ${name}: times as fast as the fastest of PyTorch's: ${best.toPrecision(3)}`);
  return [
    target(
      `${name}: times as fast as eager PyTorch${shown}`,
      ratio(ours, eager, "seconds"),
      "at least",
      factor,
    ),
    target(
      `${name}: relative difference of the first epoch's loss`,
      Math.abs(loss(ours) / loss(eager) - 1),
      "at most",
      SAME[name],
    ),
  ];
});
writeResults("train", {
  steps: Object.fromEntries(Object.keys(tables).map((n) => [n, SETTINGS[n].steps])),
  tables,
});
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
