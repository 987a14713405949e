/**
 * Trustworthiness and continuity (k = 15, exact) of the 2-D UMAP of Fashion-MNIST's test set (10,000 x 784):
 * one audit of ours against two calls of scikit-learn.
 *
 *     node bench/audit.mjs [--data ../shared/data] [--runs 5] [--sklearn-runs 2] [--gate]
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

const K = 15;
const gate = process.argv.includes("--gate");
const { original, latent } = fashionUmap("audit", gate);

console.log(`audit: ${machineLine()}`);
const outcomes = await compare(
  [
    {
      name: "isometer",
      command: [process.execPath, join(CHILDREN, "audit-ours.mjs"), original, latent, String(K)],
      needs: [join(ROOT, "dist/index.js")],
    },
    {
      name: "scikit-learn",
      command: [PYTHON, join(CHILDREN, "audit-sklearn.py"), original, latent, String(K)],
      needs: [PYTHON],
      // Nothing to warm up, and slow: its first call counts.
      runs: Number(flag("sklearn-runs", "2")),
      warmUps: 0,
    },
  ],
  { runs: Number(flag("runs", "5")), log: (line) => console.error(`  ${line}`) },
);

const [ours, sklearn] = outcomes;
printTable(
  `Trustworthiness and continuity, k = ${K}, Fashion-MNIST test (10,000 x 784) against its 2-D UMAP`,
  outcomes,
);
console.log("");
const difference = (name) =>
  Math.abs((ours.quality?.[name] ?? Number.NaN) - (sklearn.quality?.[name] ?? Number.NaN));
const verdicts = [
  target("times faster than scikit-learn", ratio(ours, sklearn, "seconds"), "at least", 10),
  target("of scikit-learn's peak memory", ratio(sklearn, ours, "peakBytes"), "at most", 0.25),
  target("difference in trustworthiness", difference("trustworthiness"), "at most", 1e-6),
  target("difference in continuity", difference("continuity"), "at most", 1e-6),
];
writeResults("audit", { k: K, outcomes });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
