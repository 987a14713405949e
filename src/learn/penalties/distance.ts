import { div, log, stopGradient, sub } from "../../graph/index.ts";
import { meanWhere, square, sumAll } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const distance: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about: "the variance of the logarithms of stretches: all pairs stretched by one factor",
  formula: "mean over pairs of (r - mean r)^2, r = ln(dz / dx)",
  scale: "free",
  cost: "B^2 (D + d)",
  source:
    "Singh & Nag 2021 (SPAE, the variance over all pairs), divided by the number of pairs, not by one less",
  numbers: {},
  build({ dx, dz, counted }) {
    // 0 where a pair does not count. The mean is where the variance is least, so nothing moves through it.
    const r = log(div(dz, dx));
    const mean = stopGradient(div(sumAll(r), sumAll(counted)));
    return meanWhere(square(sub(r, mean)), counted);
  },
};
