/** Isometer: the curve R_NX over all K and the area under it. Arguments: ORIGINAL LATENT ROWS. */

import { readFileSync } from "node:fs";
import { audit, readMatrix } from "../../dist/index.js";
import { serve } from "./serve.mjs";

const [original, latent, rows] = process.argv.slice(2);
const first = ({ data, cols }) => ({ data: data.subarray(0, Number(rows) * cols), rows: Number(rows), cols });
const x = first(await readMatrix(original));
const z = first(await readMatrix(latent));

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => audit(x, z, { scores: ["aucLogRnx"], exact: true }),
  finish: ({ scores: { aucLogRnx } }) => {
    const q = (size) => aucLogRnx.qnx[aucLogRnx.sizes.indexOf(size)];
    return { aucLogRnx: aucLogRnx.value, "Q(10)": q(10), "Q(100)": q(100), "Q(1000)": q(1000) };
  },
});
