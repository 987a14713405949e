/**
 * The whole default audit, all scores with their baseline and what is achievable, exact, from the command line: Fashion-MNIST's test set (10,000 x 784) against
 * its 2-D UMAP. No peer measures all of it: distances.mjs, audit.mjs and curve.mjs have the parts that one does.
 *
 *     node bench/whole.mjs [--data ../shared/data] [--runs 5] [--gate]
 *
 * --gate: exit 3 when a target is missed.
 */

import { auditCommand, fashionUmap, flag, machineLine, median, target, writeResults } from "./harness.mjs";

const gate = process.argv.includes("--gate");
const { original, latent } = fashionUmap("whole", gate);

console.log(`whole: ${machineLine()}`);
const runs = Array.from({ length: Number(flag("runs", "5")) }, () => {
  const run = auditCommand(original, latent);
  console.error(`  ${run.seconds.toFixed(1)} s, ${Math.round(run.peakBytes / 1e6)} MB`);
  return run;
});
const { scores } = runs[0].result;
const missing = Object.values(scores).filter((score) => score.baseline === null || score.null === null);
console.log(
  `\n  ${Object.keys(scores).length} scores, ${missing.length} of them without chance or baseline\n`,
);
const seconds = median(runs.map((run) => run.seconds));
const peakBytes = Math.max(...runs.map((run) => run.peakBytes));
const verdicts = [
  target("seconds (median)", seconds, "at most", 15),
  target("GB of peak memory (largest)", peakBytes / 1e9, "at most", 1),
];
writeResults("whole", { seconds: runs.map((run) => run.seconds), peakBytes, scores });
process.exit(gate && !verdicts.every(Boolean) ? 3 : 0);
