import { div, max, mul, reduceSum, sqrt, sub } from "../../graph/index.ts";
import { like, square, sumAll } from "../algebra.ts";
import { columnsAt, identity, innerProducts } from "./metric.ts";
import type { Penalty } from "./penalty.ts";

export const orthogonal: Penalty = {
  on: "decoder",
  about: "coordinates of the code act at right angles: angles between the axes are kept, lengths are free",
  formula:
    "mean over rows and pairs i != j of cos^2 between columns i and j of the decoder's J; least 0, where G = J'J is diagonal; 0 in one dimension",
  scale: "free",
  cost: "d derivatives forward of the decoder, and theirs; B d^2 D for their inner products",
  source:
    "Wei et al. 2021 (OroJaR), who sum the squares of the inner products themselves: smaller codes or shorter columns lower theirs. Ours are cosines, exact and not by random directions, so that only angles count. A turn of the code mixes the axes: it is no invariant of the space.",
  numbers: {},
  build({ map, inputs, at }) {
    if (inputs === 1) return like(at, 0);
    const columns = columnsAt(map, at);
    const squares = reduceSum(square(columns), [2]);
    const cosines = innerProducts(div(columns, sqrt(max(squares, like(at, 1e-24)))));
    const others = sub(like(at, 1), identity(at, inputs));
    const pairs = (at.shape[0] as number) * inputs * (inputs - 1);
    return div(sumAll(mul(square(cosines), others)), like(at, pairs));
  },
};
