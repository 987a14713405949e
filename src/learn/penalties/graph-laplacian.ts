import {
  add,
  cast,
  constant,
  div,
  type Expression,
  exp,
  greater,
  less,
  matMul,
  mul,
  node,
  reduceSum,
  reshape,
  sub,
  transpose,
  where,
} from "../../graph/index.ts";
import { like, meanAll, meanWhere, rowSums, square } from "../algebra.ts";
import type { PairSite, Penalty } from "./penalty.ts";

export const graphLaplacian: Penalty = {
  on: "pairs",
  distances: "geodesic",
  about: "around each row the map is an isometry, as seen by the graph Laplacian of the data",
  formula:
    "mean over rows of |H - I|^2 = tr H^2 - 2 tr H + d, H_i = (2 / h) sum over j of P_ij (z_j - z_i)(z_j - z_i)', P = K_ij / D_j in rows of sum 1, K = exp(-dx^2 / h), D its row sums, h = bandwidth times the mean squared distance of a row to its nearest; 0 where H = I, and not below d - m where data of m dimensions get d > m",
  scale: "absolute",
  cost: "B^2 (D + d^2)",
  source:
    "Lim et al. 2024 (GGAE): H estimates J G^-1 J' by the Laplacian (P - I) / (h / 4) of Coifman & Lafon 2006. Theirs leaves out d, which does not move. Theirs takes h in the units of the data; ours follows the batch. An isometry of 500 rows of a flat sheet costs .15 at 10, .13 at 20 (the least) and .15 at 80, because rows at the border are seen from one side; rows of 4 dimensions want 2 to 5",
  /** `bandwidth`: h, in units of the mean squared distance to the nearest row of the batch; on a surface, about the number of rows that are smoothed over. */
  numbers: { bandwidth: 10 },
  build(site, { bandwidth }) {
    const d = site.z.shape[1] as number;
    const h = mul(like(site.dx, bandwidth), meanNearest(site));
    const off = sub(metrics(site, h), identity(d, site.z));
    return mul(like(off, d * d), meanAll(square(off)));
  },
};

/** The mean squared distance from a row to its nearest, over rows that have one. */
function meanNearest({ dx, counted }: PairSite): Expression {
  const none = like(dx, 1e30);
  const known = where(greater(counted, like(counted, 0.5)), square(dx), none);
  const nearest = node("ReduceMin", [known], { axes: { ints: [1] } });
  return meanWhere(nearest, cast(less(nearest, none), dx.type));
}

/** H of each row, B x d x d: of the map from data to codes the products J J' of its Jacobian, smoothed. */
function metrics({ dx, z, counted }: PairSite, h: Expression): Expression {
  const [rows, d] = z.shape as [number, number];
  // Rows with themselves are apart: they have weight 1 and no difference.
  const kernel = mul(exp(div(square(dx), mul(like(h, -1), h))), counted);
  const one = like(dx, 1);
  const density = add(rowSums(kernel), one);
  const weights = div(kernel, transpose(density));
  const others = rowSums(weights);
  const total = add(others, div(one, density));
  const centred = sub(z, div(reduceSum(z, [0]), like(z, rows)));
  const means = matMul(weights, centred);
  const squares = matMul(weights, reshape(outer(centred, centred), [rows, d * d]));
  const half = outer(centred, sub(means, mul(like(z, 0.5), mul(others, centred))));
  const sums = sub(reshape(squares, [rows, d, d]), add(half, transpose(half, [0, 2, 1])));
  return mul(div(like(h, 2), h), div(sums, reshape(total, [rows, 1, 1])));
}

/** B x d and B x d to B x d x d: a b' of each row. */
function outer(a: Expression, b: Expression): Expression {
  const [rows, d] = a.shape as [number, number];
  return mul(reshape(a, [rows, d, 1]), reshape(b, [rows, 1, d]));
}

function identity(d: number, model: Expression): Expression {
  const numbers = Float32Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0));
  return cast(constant(numbers, [d, d]), model.type);
}
