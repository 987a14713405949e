import { type Points, rng } from "../base/index.ts";
import type { FitOptions, LinearFit } from "./linear-map.ts";

/** How the entries of a random projection are drawn. */
export const RANDOM_KINDS = ["gaussian", "sparse", "hadamard"] as const;
export type RandomKind = (typeof RANDOM_KINDS)[number];

/**
 * A random projection, of E |W' v|^2 = |v|^2: normal numbers of variance 1 / d; or +-sqrt(3 / d) a sixth of the time each, else 0 (Achlioptas 2003); or random columns of a
 * Hadamard matrix of random signs, which spreads a vector before it is sampled (Ailon & Chazelle 2006). No data are looked at.
 *
 * `johnsonLindenstrauss` is the least e for which the lemma (Dasgupta & Gupta 2003) promises some projection of n rows with all squared distances within 1 +- e: d = 4 ln n / (e^2 / 2 - e^3 / 3). Where it
 * is 1 or more there is no promise.
 */
export function fitRandom(
  { cols, rows }: Points,
  nComponents: number,
  { seed, unitRows, kind }: FitOptions & { readonly kind: RandomKind },
): LinearFit {
  const random = rng(seed).split(`random ${kind}`);
  const weights = new Float32Array(cols * nComponents);
  if (kind === "gaussian") {
    for (let i = 0; i < weights.length; i++) weights[i] = random.normal() / Math.sqrt(nComponents);
  } else if (kind === "sparse") {
    const size = Math.sqrt(3 / nComponents);
    for (let i = 0; i < weights.length; i++) {
      const draw = random.integer(6);
      weights[i] = draw === 0 ? size : draw === 1 ? -size : 0;
    }
  } else {
    const signs = Int8Array.from({ length: cols }, () => (random.uniform() < 0.5 ? -1 : 1));
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, cols)));
    for (let k = 0; k < nComponents; k++) {
      const column = random.integer(size);
      for (let a = 0; a < cols; a++)
        weights[a * nComponents + k] = (signs[a]! * walsh(a, column)) / Math.sqrt(nComponents);
    }
  }
  return {
    map: {
      inputs: cols,
      outputs: nComponents,
      weights,
      shift: new Float32Array(nComponents),
      unitRows,
      unitCodes: false,
    },
    converged: true,
    iterations: 0,
    objective: null,
    details: { johnsonLindenstrauss: boundOf(rows, nComponents) },
  };
}

/** An entry of the Hadamard matrix of Sylvester: 1 or -1 by the bits that both numbers have. */
function walsh(a: number, b: number): number {
  let common = a & b;
  let parity = 0;
  for (; common; common &= common - 1) parity ^= 1;
  return parity ? -1 : 1;
}

function boundOf(rows: number, d: number): number {
  const needed = (e: number) => (4 * Math.log(rows)) / (e ** 2 / 2 - e ** 3 / 3);
  if (rows < 2) return 0;
  let [low, high] = [0, 1];
  if (needed(1) > d) return 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (needed(middle) > d) low = middle;
    else high = middle;
  }
  return high;
}
