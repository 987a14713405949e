import type { Points } from "../base/index.ts";
import type { FitOptions, LinearFit } from "./linear-map.ts";

/**
 * The first d columns, as embeddings that were trained for it allow (Matryoshka, Kusupati et al. 2022). With `unitRows`, codes are scaled to length 1 again: what is
 * searched by cosine.
 */
export function fitTruncate({ cols }: Points, nComponents: number, { unitRows }: FitOptions): LinearFit {
  const weights = new Float32Array(cols * nComponents);
  for (let k = 0; k < nComponents; k++) weights[k * nComponents + k] = 1;
  return {
    map: {
      inputs: cols,
      outputs: nComponents,
      weights,
      shift: new Float32Array(nComponents),
      unitRows: false,
      unitCodes: unitRows,
    },
    converged: true,
    iterations: 0,
    objective: null,
    details: {},
  };
}
