import { div, mul, stopGradient, sub } from "../../graph/index.ts";
import { square, sumAll } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const stress: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about: "the squared error of distances at the best scale",
  formula:
    "sum (dx - c dz)^2 / sum dx^2 over pairs, c = sum dx dz / sum dz^2; that is 1 - (sum dx dz)^2 / (sum dx^2 sum dz^2), the square of the audit's stress; 0 to 1",
  scale: "free",
  cost: "B^2 (D + d)",
  source:
    "Smelser et al. 2024 (scale-normalised stress, equation 4), squared, so that it is smooth where it is 0; over the pairs of the batch",
  twin: "stress",
  numbers: {},
  build({ dx, dz, counted }) {
    const [x, z] = [mul(dx, counted), mul(dz, counted)];
    // The error is least at this scale, so nothing moves through it. As a difference from 1 it would lose its digits near 0.
    const c = stopGradient(div(sumAll(mul(x, z)), sumAll(square(z))));
    return div(sumAll(square(sub(x, mul(c, z)))), sumAll(square(x)));
  },
};
