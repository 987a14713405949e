import { cast, div, type Expression, less, max, mul, sqrt, sub } from "../../graph/index.ts";
import { like, meanWhere, square, sumAll } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const localIsometry: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about:
    "near pairs keep their distance; far pairs push each other away at first, less and less, so that the map unfolds",
  formula:
    "sqrt(mean over near pairs of (dx - dz)^2) - w sqrt(n / f) sqrt(mean over far pairs of dz^2 where dz < within mean dx), n and f the numbers of near and far pairs, w a weight that the schedule takes to 0",
  scale: "absolute",
  cost: "B^2 (D + d)",
  source:
    "Li, Zang & Wu 2020 (MLDL: local isometry and push-away), as the authors' code has it, with these differences: distances are not divided by sqrt(D) and sqrt(d), which would make an isometry from 3 to 2 dimensions one that shortens by 1.22; all is multiplied by sqrt(n), so that it does not shrink as batches grow; and the bound is in units of the mean distance of the batch (theirs is 3 for all data: on their Swiss roll that is 7 of ours)",
  /** `within`: codes of far pairs push each other away up to this distance, in units of the mean distance in the data. */
  numbers: { within: 7 },
  build({ dx, dz, counted, near, feeds }, { within }) {
    const weight = feeds.ask("localIsometry.push", [], { kind: "number", of: "localIsometry.push" });
    const close = near();
    const far = sub(counted, close);
    const bound = mul(like(dx, within), meanWhere(dx, counted));
    const pushed = mul(far, cast(less(dz, bound), dz.type));
    const [n, f] = [atLeastOne(sumAll(close)), atLeastOne(sumAll(far))];
    const error = root(sumAll(mul(square(sub(dx, dz)), close)));
    const push = root(sumAll(mul(square(dz), pushed)));
    return sub(div(error, sqrt(n)), mul(weight, div(mul(sqrt(n), push), f)));
  },
};

/** Numbers of pairs are divided by. */
const atLeastOne = (e: Expression): Expression => max(e, like(e, 1));

/** A square root that does not move where nothing is under it. */
const root = (e: Expression): Expression => sqrt(max(e, like(e, 1e-30)));
