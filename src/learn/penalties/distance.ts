import { div, log, sub } from "../../graph/index.ts";
import { meanWhere, square } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const distance: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about: "the variance of the logarithms of stretches: all pairs stretched by one factor",
  formula: "mean over pairs of (r - mean r)^2, r = ln(dz / dx)",
  scale: "free",
  cost: "B^2 (D + d)",
  source: "Singh & Nag 2021 (SPAE, global term)",
  numbers: {},
  build({ dx, dz, counted }) {
    const r = log(div(dz, dx));
    return meanWhere(square(sub(r, meanWhere(r, counted))), counted);
  },
};
