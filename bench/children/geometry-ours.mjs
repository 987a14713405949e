/** Isometer: singular values of the Jacobians at all points, the reading of the model included. Arguments: MODEL POINTS. */

import { readFileSync } from "node:fs";
import { pointRows } from "../../dist/base/index.js";
import { findEngine } from "../../dist/engine/index.js";
import { openNetwork } from "../../dist/engine/network.js";
import { readMatrix } from "../../dist/index.js";
import { planJacobians } from "../../dist/measure/geometry/jacobian-plan.js";
import { jacobiansAt } from "../../dist/measure/geometry/jacobians.js";
import { serve } from "./serve.mjs";

const [model, points] = process.argv.slice(2);
const bytes = readFileSync(model);
const x = await readMatrix(points);
const engine = await findEngine();

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () =>
    jacobiansAt(planJacobians(openNetwork({ bytes, name: model }, x.cols)), {
      points: pointRows(x),
      at: Int32Array.from({ length: x.rows }, (_, i) => i),
      towards: new Int32Array(0),
      directions: 0,
      steps: null,
      engine,
    }),
  finish: ({ points: n, rank, squares }) => {
    const mean = (of) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += of(squares.subarray(i * rank, (i + 1) * rank));
      return sum / n;
    };
    return {
      largest: mean((own) => Math.sqrt(own[0])),
      smallest: mean((own) => Math.sqrt(own[rank - 1])),
      logVolume: mean((own) => own.reduce((sum, value) => sum + Math.log(value) / 2, 0)),
    };
  },
});
