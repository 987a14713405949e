import { add, div, log } from "../../graph/index.ts";
import { like, square, sumAll } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const gromovMonge: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about:
    "distances are kept as they are, by the logarithms of their squares: far pairs weigh no more than others",
  formula: "mean over pairs of (ln(1 + dx^2) - ln(1 + dz^2))^2",
  scale: "absolute",
  cost: "B^2 (D + d)",
  source:
    "Lee et al. 2025 (geometry-preserving encoder, arXiv 2501.09876, the Gromov-Monge cost). The 1 is a length in the units of the data: much longer pairs are compared by their ratio, much shorter ones hardly at all",
  numbers: {},
  build({ dx, dz, counted }) {
    const grown = (e: typeof dx) => add(like(e, 1), square(e));
    // 0 where a pair does not count.
    return div(sumAll(square(log(div(grown(dz), grown(dx))))), sumAll(counted));
  },
};
