/** Isometer: recall of compressed rows. Argument: VECTORS. */

import { readFileSync } from "node:fs";
import { compressionLimits, readMatrix } from "../../dist/index.js";
import { serve } from "./serve.mjs";

const points = await readMatrix(process.argv[2]);

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => compressionLimits(points, { dims: [96, 256, 784], bits: [32, 16, 8, 4, 1] }),
  // Of all queries, those that choose and those that report.
  finish: ({ cells, queries: { choosing, reporting } }) =>
    Object.fromEntries(
      cells.map(({ method, dims, bits, recall, choosing: other }) => [
        `${method} ${dims}x${bits}`,
        (recall.value * reporting + other.recall.value * choosing) / (choosing + reporting),
      ]),
    ),
});
