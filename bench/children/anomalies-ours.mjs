/** Isometer: a detector fitted to normal rows, other rows scored, for every set. Arguments: FOLDER METHOD K [distanceOf=...] sets=NAME,NAME; no K: the method's own. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mean } from "../../dist/base/index.js";
import { readMatrix } from "../../dist/index.js";
import { evaluateScores, fitDetector, scoreRows } from "../../dist/spaces/anomalies/index.js";
import { serve } from "./serve.mjs";

const [folder, method, k, ...rest] = process.argv.slice(2);
const { sets, ...own } = Object.fromEntries(rest.map((word) => word.split("=")));
const options = { ...own, method, calibration: "none", ...(k && { nNeighbors: Number(k) }) };
const work = [];
for (const name of sets.split(",")) {
  const [fit, test, labels] = await Promise.all(
    ["fit", "test", "labels"].map((part) => readMatrix(join(folder, `${name}-${part}.npy`))),
  );
  work.push({ name, fit, test, labels: labels.data });
}

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: async () => {
    const all = [];
    for (const { fit, test } of work) all.push(await scoreRows(await fitDetector(fit, options), test));
    return all;
  },
  finish: (all) => {
    const found = all.map((scores, s) => evaluateScores(scores, work[s].labels));
    return {
      "ROC AUC": mean(found.map(({ rocAuc }) => rocAuc.value)),
      AP: mean(found.map(({ averagePrecision }) => averagePrecision.value)),
      ...Object.fromEntries(found.map(({ rocAuc }, s) => [work[s].name, rocAuc.value])),
    };
  },
});
