import { add, div, type Expression, greater, min, mul, stopGradient, sub, where } from "../../graph/index.ts";
import { like, meanWhere, square, sumAll } from "../algebra.ts";
import type { PairSite, Penalty } from "./penalty.ts";

export const topological: Penalty = {
  on: "pairs",
  distances: "euclidean",
  about: "data and codes grow together from points to one piece by the same steps",
  formula:
    "sum (dx - c dz)^2 / sum dx^2 over the edges of the minimum spanning trees of data and codes (an edge of both counts twice), c = sum dx dz / sum dz^2; with rtd = 1: 1 - the mean edge of the spanning tree of min(dx, dz), each in units of the mean edge of its own tree, which is (|T(dx)| - |T(min)| + |T(dz)| - |T(min)|) / 2 (B - 1), the audit's rtdLite",
  scale: "free",
  cost: "B^2 (D + d), and the trees of each batch: 2 or 3 B^2",
  source:
    "Moor et al. 2020 (topological autoencoder, its pairs of dimension 0). Theirs divides dx by the longest and dz by a number that is learned along; here that number is at its best at each step, and the sum is relative to the data's. RTD-Lite: Tulchinskii et al. 2025, whose unit is the .9-quantile of lengths: beside many dimensions all edges of a map to two are shorter then, and the tree of the smaller is that of the map (docs/decisions/0014-landmarks.md)",
  twin: "rtdLite",
  /** `rtd`: 0 compares the edges of both trees, 1 is RTD-Lite. */
  numbers: { rtd: 0 },
  build(site, { rtd }) {
    return rtd === 1 ? rtdLite(site) : edgeStress(site);
  },
};

/** What has to be looked at before a step: the lengths that `spanningTrees` makes trees of. Pairs that do not count have no edge. */
export function topologicalLook({ dx, dz, counted }: PairSite): {
  readonly dx: Expression;
  readonly dz: Expression;
} {
  const isCounted = greater(counted, like(counted, 0.5));
  const edges = (e: Expression) => where(isCounted, e, like(e, Number.POSITIVE_INFINITY));
  return { dx: edges(dx), dz: edges(dz) };
}

/** The edges of one of the trees that `spanningTrees` finds, as 1 where they count. */
function tree({ dx, counted, feeds }: PairSite, of: "x" | "z" | "min"): Expression {
  const name = { x: "topological.treeX", z: "topological.treeZ", min: "topological.treeMin" }[of];
  const mask = feeds.ask(name, dx.shape as number[], { kind: "found", finder: "spanningTrees", of });
  return mul(mask, counted);
}

function edgeStress(site: PairSite): Expression {
  const { dx, dz } = site;
  const edges = add(tree(site, "x"), tree(site, "z"));
  const [x, z] = [mul(dx, edges), mul(dz, edges)];
  // The error is least at this scale, so nothing moves through it.
  const c = stopGradient(div(sumAll(mul(x, dz)), sumAll(mul(z, dz))));
  return div(sumAll(mul(edges, square(sub(dx, mul(c, dz))))), sumAll(mul(x, dx)));
}

function rtdLite(site: PairSite): Expression {
  const own = (e: Expression, of: "x" | "z") => div(e, meanWhere(e, tree(site, of)));
  const smaller = min(own(site.dx, "x"), own(site.dz, "z"));
  return sub(like(site.dx, 1), meanWhere(smaller, tree(site, "min")));
}
