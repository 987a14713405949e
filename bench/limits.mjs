/**
 * What compression keeps of the ten nearest: Fashion-MNIST's test set (10,000 x 784), 1,000 queries of it, PCA or the first columns to some dimensions times some bits, against what faiss makes of the same
 * rows (PCA with a random rotation, scalar quantizers, RaBitQ) and what NumPy rounds to int8. Queries, rows and neighbours are the same.
 *
 *     node bench/limits.mjs [--data ../shared/data] [--runs 1] [--gate]
 *
 * --gate: exit 3 when a target is missed or could not be measured.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rng } from "../dist/base/index.js";
import { dealRows } from "../dist/spaces/limits/queries.js";
import {
  CHILDREN,
  compare,
  fashionUmap,
  flag,
  machineLine,
  PYTHON,
  printTable,
  ROOT,
  target,
  writeResults,
} from "./harness.mjs";

const gate = process.argv.includes("--gate");
const { original } = fashionUmap("limits", gate);
const folder = mkdtempSync(join(tmpdir(), "isometer-bench-limits-"));
const queries = join(folder, "queries.json");
// The queries that the job takes with seed 0.
const random = rng(0).split("limits").split("queries");
const roles = dealRows(10_000, { holdout: undefined, mostTraining: 10_000, random });
writeFileSync(queries, JSON.stringify([...roles.queries]));

console.log(`limits: ${machineLine()}`);
const outcomes = await compare(
  [
    {
      name: "isometer",
      command: [process.execPath, join(CHILDREN, "limits-ours.mjs"), original],
      needs: [join(ROOT, "dist/index.js")],
    },
    {
      name: "faiss",
      command: [PYTHON, join(CHILDREN, "limits-faiss.py"), original, queries],
      needs: [PYTHON],
    },
  ].map((own) => ({ ...own, warmUps: 0 })),
  { runs: Number(flag("runs", "1")), log: (line) => console.error(`  ${line}`) },
);
rmSync(folder, { recursive: true });
printTable("Recall of the 10 nearest, Fashion-MNIST test (10,000 x 784), by map and bits", outcomes);

console.log("");
const [ours, faiss] = outcomes.map(({ quality = {} }) => quality);
const both = Object.keys(faiss).filter((name) => name in ours);
const behind = Math.max(...both.map((name) => faiss[name] - ours[name]));
const int8 = Math.abs(ours["truncate 784x8"] - faiss["numpy 784x8"]);
const verdicts = [
  target("cells that both have", both.length, "at least", 12),
  target("of recall behind faiss anywhere", behind, "at most", 0.01),
  target("of recall apart from NumPy's int8", int8, "at most", 1e-3),
];
writeResults("limits", { outcomes });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
