/**
 * R_NX for all K, and the area under it, of the 2-D UMAP of Fashion-MNIST's test set: one audit of ours against pyDRMetrics, all 10,000 rows and, since that
 * may not finish, the first 2,000.
 *
 *     node bench/curve.mjs [--data ../shared/data] [--runs 3] [--peer-minutes 10] [--rows 10000,2000] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { join } from "node:path";
import {
  CHILDREN,
  compare,
  fashionUmap,
  flag,
  machineLine,
  PYTHON,
  printTable,
  ROOT,
  ratio,
  target,
  writeResults,
} from "./harness.mjs";

const sizes = flag("rows", "10000,2000").split(",");
const gate = process.argv.includes("--gate");
const { original, latent } = fashionUmap("curve", gate);

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
