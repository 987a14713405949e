/**
 * R_NX for all K, and the area under it, of the 2-D UMAP of Fashion-MNIST's test set: one audit of ours against pyDRMetrics, all 10,000 rows and, since that
 * may not finish, the first 2,000.
 *
 *     node bench/curve.mjs [--data ../shared/data] [--runs 3] [--peer-minutes 10] [--rows 10000,2000] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
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

const data = resolve(ROOT, flag("data", process.env.ISOMETER_DATA ?? "../shared/data"));
const original = join(data, "images/fashion-mnist/t10k-images-idx3-ubyte.gz");
const latent = join(data, "latents/fashion-mnist-t10k-umap.npy");
const sizes = flag("rows", "10000,2000").split(",");
const gate = process.argv.includes("--gate");

const missing = [original, latent].find((path) => !existsSync(path));
if (missing) {
  console.log(`curve: not measured, the data are absent (no ${missing}). Give their folder with --data.`);
  process.exit(gate ? 3 : 0);
}

console.log(`curve: ${machineLine()}`);
const tables = {};
for (const rows of sizes) {
  tables[rows] = await compare(
    [
      {
        name: "isometer",
        command: [process.execPath, join(CHILDREN, "curve-ours.mjs"), original, latent, rows],
        needs: [join(ROOT, "dist/index.js")],
      },
      {
        name: "pyDRMetrics",
        command: [
          PYTHON,
          join(CHILDREN, "curve-pydrmetrics.py"),
          original,
          latent,
          rows,
          flag("peer-minutes", "10"),
        ],
        needs: [PYTHON],
        // Nothing to warm up, and slow: its only call counts.
        runs: 1,
        warmUps: 0,
      },
    ],
    { runs: Number(flag("runs", "3")), log: (line) => console.error(`  ${line}`) },
  );
  printTable(`R_NX for all K, Fashion-MNIST test (first ${rows} x 784) against its 2-D UMAP`, tables[rows]);
}

console.log("");
const last = tables[sizes.at(-1)];
const [ours, peer] = last;
const difference = (name) =>
  Math.abs((ours.quality?.[name] ?? Number.NaN) - (peer.quality?.[name] ?? Number.NaN));
const verdicts = [
  target(
    `times faster than pyDRMetrics at ${sizes.at(-1)} rows`,
    ratio(ours, peer, "seconds"),
    "at least",
    20,
  ),
  target("difference in the area", difference("aucLogRnx"), "at most", 1e-6),
  target("difference in Q(10)", difference("Q(10)"), "at most", 1e-6),
  target("difference in Q(1000)", difference("Q(1000)"), "at most", 1e-5),
];
writeResults("curve", { tables });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
