import { add, cast, div, greater, log, mul, node, relu, sub } from "../../graph/index.ts";
import { like, meanWhere } from "../algebra.ts";
import type { Penalty } from "./penalty.ts";

export const geodesic: Penalty = {
  on: "pairs",
  distances: "geodesic",
  about: "no far pair longer in the codes than along the data, nor much shorter: no folds",
  formula:
    "mean over pairs with dx > share max dx of max(0, ln(shrink dx / dz)) + expansion max(0, dz / dx - 1); 0 wherever shrink dx <= dz <= dx",
  scale: "absolute",
  cost: "B^2 (D + d), and once shortest paths of all n rows: n^2 log n",
  source:
    "Zhan et al. 2026 (BLAE, the global term), as the authors' code has it: shrink .3, the share .05 and the weight 5 are from there. Their theorem has one length delta for the whole manifold; in the code and here it is a share of the longest distance of each batch",
  /** `shrink`: how much nearer pairs may come for nothing. `share`: shorter pairs, as a share of the longest of the batch, are left alone. `expansion`: weight of what is too long. */
  numbers: { shrink: 0.3, share: 0.05, expansion: 5 },
  build({ dx, dz, counted }, { shrink, share, expansion }) {
    const known = mul(dx, counted);
    const longest = node("ReduceMax", [known], { keepdims: { int: 0 } });
    const far = cast(greater(known, mul(like(dx, share), longest)), dx.type);
    const ratio = div(dz, dx);
    const short = relu(sub(like(dx, Math.log(shrink)), log(ratio)));
    const long = mul(like(dx, expansion), relu(sub(ratio, like(dx, 1))));
    return meanWhere(add(short, long), far);
  },
};
