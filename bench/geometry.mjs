/**
 * Singular values of the Jacobians of two decoders at 1,000 points (16 dimensions to 784: a perceptron of 256 and 512 units with ELU, and a convolutional
 * one): ours, from the ONNX file, against `torch.func.vmap(jacfwd)` and `svdvals`, all points at once and in chunks of 100.
 *
 *     node bench/geometry.mjs [--runs 7] [--gate]
 *
 * PyTorch is large: sh bench/peers/setup.sh torch. --gate: exit 3 when a target is missed or could not be measured.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BENCH,
  CHILDREN,
  compare,
  flag,
  machineLine,
  printTable,
  ROOT,
  ratio,
  target,
  writeResults,
} from "./harness.mjs";

const PYTHON = process.env.ISOMETER_BENCH_TORCH ?? join(BENCH, "peers/.venv-torch/bin/python");
const gate = process.argv.includes("--gate");
if (!existsSync(PYTHON)) {
  console.log("geometry: not measured, PyTorch is absent. Install it with: sh bench/peers/setup.sh torch");
  process.exit(gate ? 3 : 0);
}
const folder = mkdtempSync(join(tmpdir(), "isometer-bench-"));
const made = spawnSync(PYTHON, [join(CHILDREN, "geometry_models.py"), folder], { encoding: "utf8" });
if (made.status !== 0) throw new Error(made.stderr);

console.log(`geometry: ${machineLine()}`);
const tables = {};
for (const name of ["mlp", "conv"]) {
  const torch = (chunk) => ({
    name: chunk === "0" ? "vmap(jacfwd)" : `vmap, chunks of ${chunk}`,
    command: [PYTHON, join(CHILDREN, "geometry-torch.py"), name, chunk],
    needs: [PYTHON],
  });
  tables[name] = await compare(
    [
      {
        name: "isometer",
        command: [
          process.execPath,
          join(CHILDREN, "geometry-ours.mjs"),
          join(folder, `${name}.onnx`),
          join(folder, "points.npy"),
        ],
        needs: [join(ROOT, "dist/index.js")],
      },
      torch("0"),
      torch("100"),
    ],
    { runs: Number(flag("runs", "7")), log: (line) => console.error(`  ${line}`) },
  );
  printTable(`Singular values of the Jacobians at 1,000 points, ${name} decoder, 16 to 784`, tables[name]);
}
rmSync(folder, { recursive: true });

console.log("");
const verdicts = Object.entries(tables).flatMap(([name, [ours, ...peers]]) => {
  const difference = (key) => Math.abs((ours.quality?.[key] ?? NaN) / (peers[0].quality?.[key] ?? NaN) - 1);
  return [
    target(
      `${name}: times faster than the faster of PyTorch's`,
      Math.min(...peers.map((peer) => ratio(ours, peer, "seconds"))),
      "at least",
      1,
    ),
    target(`${name}: relative difference of the smallest`, difference("smallest"), "at most", 1e-5),
    target(`${name}: relative difference of the log-volume`, difference("logVolume"), "at most", 1e-5),
  ];
});
writeResults("geometry", { tables });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
