import { div, type Expression, max, mul, sqrt, sub } from "../../graph/index.ts";
import { like, meanWhere, square, sumAll } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const correlation: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about: "distances of the codes are a linear function of those of the data",
  formula:
    "1 - the correlation (Pearson) of dx and dz over pairs, 1 less the audit's distancePearson; 0 to 2",
  scale: "free",
  cost: "B^2 (D + d)",
  source:
    "Sainburg, McInnes & Gentner 2021 (parametric UMAP, global term). Theirs compares each row of the batch with the next alone, B pairs, in data that were standardised as a whole; ours compares all pairs of the batch. Half the mean squared difference of standardised distances (Cheret et al. 2026, MMAE) is the same number. It is also 0 where dz is dx and a constant, which no isometry is",
  twin: "distancePearson",
  numbers: {},
  build({ dx, dz, counted }) {
    // Half the squared difference of vectors of length 1 is 1 less their product, and keeps its digits near 0.
    return mul(like(dx, 0.5), sumAll(square(sub(standard(dx, counted), standard(dz, counted)))));
  },
};

/** The elements that count, less their mean, as one vector of length 1; nothing where all are equal. */
function standard(e: Expression, counted: Expression): Expression {
  const centred = mul(sub(e, meanWhere(e, counted)), counted);
  return div(centred, sqrt(max(sumAll(square(centred)), like(e, 1e-30))));
}
