/**
 * Stress (no scale fitted), Spearman and Pearson correlation of the distances of all pairs: the 2-D UMAP of Fashion-MNIST's test set
 * (10,000 x 784), ours against ZADU, all three in one run each.
 *
 *     node bench/distances.mjs [--data ../shared/data] [--runs 5] [--zadu-runs 2] [--gate]
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

const gate = process.argv.includes("--gate");
const { original, latent } = fashionUmap("distances", gate);

console.log(`distances: ${machineLine()}`);
const outcomes = await compare(
  [
    {
      name: "isometer",
      command: [process.execPath, join(CHILDREN, "distances-ours.mjs"), original, latent],
      needs: [join(ROOT, "dist/index.js")],
    },
    {
      name: "ZADU",
      command: [PYTHON, join(CHILDREN, "distances-zadu.py"), original, latent],
      needs: [PYTHON],
      // Nothing to warm up, and slow: its first call counts.
      runs: Number(flag("zadu-runs", "2")),
      warmUps: 0,
    },
  ],
  { runs: Number(flag("runs", "5")), log: (line) => console.error(`  ${line}`) },
);

const [ours, zadu] = outcomes;
printTable(
  "Stress, Spearman and Pearson of all distances, Fashion-MNIST test (10,000 x 784) against its 2-D UMAP",
  outcomes,
);
console.log("");
const difference = (name) =>
  Math.abs((ours.quality?.[name] ?? Number.NaN) - (zadu.quality?.[name] ?? Number.NaN));
const verdicts = [
  target("times faster than ZADU", ratio(ours, zadu, "seconds"), "at least", 20),
  target("of ZADU's peak memory", ratio(zadu, ours, "peakBytes"), "at most", 0.1),
  target("difference in stress", difference("stress"), "at most", 1e-5),
  target("difference in Spearman", difference("spearman"), "at most", 1e-5),
  target("difference in Pearson", difference("pearson"), "at most", 1e-5),
];
writeResults("distances", { outcomes });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
