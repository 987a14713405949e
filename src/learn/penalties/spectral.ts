import { add, div, type Expression, gemm, relu, stopGradient, sub } from "../../graph/index.ts";
import { like, square, sumAll } from "../algebra.ts";
import type { Feeds } from "../feeds.ts";
import { lengths } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const spectral: Penalty = {
  on: "weights",
  about: "no layer stretches by more than a limit: bounds the Lipschitz constant of the network",
  formula:
    "sum over weight matrices of max(0, s - limit)^2, s the largest singular value; least 0, where none is above the limit",
  scale: "absolute",
  cost: "2 `iterations` products of each weight matrix with a vector; none of the batch",
  source:
    "Yoshida & Miyato 2017 (spectral norm regularisation), who penalise s^2 / 2 of every layer: that is `limit` 0, times 2. With a limit layers are free below it, as isometry wants. s by power iteration from a random start at each step (they go on from the last one, by one iteration): an estimate from below. Kernels of convolutions count as matrices, whose s is not that of the convolution.",
  numbers: { limit: 1, iterations: 8 },
  build({ matrices, feeds }, { limit, iterations }) {
    const excess = matrices.map(({ name, weight }) => {
      const start = startOf(feeds, name, weight);
      return square(relu(sub(largestSingularValue(weight, start, iterations!), like(weight, limit!))));
    });
    return excess.reduce((a, b) => add(a, b));
  },
};

function startOf(feeds: Feeds, name: string, { shape }: Expression): Expression {
  return feeds.ask(`spectral.${name}`, [1, shape[1] as number], { kind: "random", law: "normal" });
}

/**
 * The largest singular value of W, n x m, by power iteration from v, 1 x m: s = u W v' with v as it was found and u = W v' of length 1, held constant. Where v is the singular vector that is the exact
 * derivative of s, u v'.
 */
function largestSingularValue(weight: Expression, start: Expression, iterations: number): Expression {
  const fixed = stopGradient(weight);
  let v = start;
  for (let k = 0; k < iterations; k++) {
    const u = gemm(v, fixed, { transB: true });
    const next = gemm(u, fixed);
    v = div(next, lengths(next));
  }
  const u = gemm(v, fixed, { transB: true });
  const across = div(u, lengths(u));
  return sumAll(gemm(gemm(across, weight), v, { transB: true }));
}
