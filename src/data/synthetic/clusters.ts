import type { Rng } from "../../base/index.ts";
import { direction, type Shape } from "./shape.ts";

const INNER_SPHERES = 10;

export const spheres: Shape = {
  about: "ten small spheres (S^100, radius 5) inside a large one (radius 25) that has half of the rows",
  dims: 101,
  anyDims: false,
  chart: "none",
  truth:
    "The number of the sphere: 0..9 inner, 10 the outer one; `centres` has their middles. Spheres of Moor et al. 2020 " +
    "(Topological Autoencoders): inner middles N(0, I), the outer one at the origin. Numbers are drawn per row, so " +
    "counts hold on average.",
  truthColumns: () => ["sphere"],
  pieces: "sphere",
  sampler(dims, fixed) {
    const centres = new Float64Array((INNER_SPHERES + 1) * dims);
    for (let p = 0; p < INNER_SPHERES * dims; p++) centres[p] = fixed.normal();
    return {
      centres: { data: centres, count: INNER_SPHERES + 1 },
      draw(source, point, truth) {
        const number = Math.min(INNER_SPHERES, source.integer(2 * INNER_SPHERES));
        const radius = number === INNER_SPHERES ? 25 : 5;
        direction(source, point);
        for (let k = 0; k < dims; k++) point[k] = centres[number * dims + k]! + radius * point[k]!;
        truth[0] = number;
      },
    };
  },
};

const CLUSTERS = 10;
const CENTRE_SPREAD = 3;

export const mixture: Shape = {
  about: "ten Gaussian clusters of standard deviation 1 with equal weights, centres drawn from N(0, 9 I)",
  dims: 10,
  anyDims: true,
  chart: "none",
  truth:
    "The number of the cluster, 0..9; row k of `centres` is the middle of cluster k, in the coordinates of the rows.",
  truthColumns: () => ["cluster"],
  pieces: "cluster",
  sampler(dims, fixed) {
    const centres = new Float64Array(CLUSTERS * dims);
    for (let p = 0; p < centres.length; p++) centres[p] = CENTRE_SPREAD * fixed.normal();
    return {
      centres: { data: centres, count: CLUSTERS },
      draw(source, point, truth) {
        const cluster = source.integer(CLUSTERS);
        for (let k = 0; k < dims; k++) point[k] = centres[cluster * dims + k]! + source.normal();
        truth[0] = cluster;
      },
    };
  },
};

const BRANCHING = 4;
/** Standard deviation, in every coordinate, of groups about the origin, clusters in a group, leaves in a cluster. */
const LEVEL_SPREADS = [27, 9, 3];

/** Middles of all leaves (4^3 x dims): leaf l lies in cluster floor(l / 4), which lies in group floor(l / 16). */
function leafCentres(dims: number, fixed: Rng): { data: Float64Array; count: number } {
  let data = new Float64Array(dims);
  let count = 1;
  for (const spread of LEVEL_SPREADS) {
    const parents = data;
    count *= BRANCHING;
    data = new Float64Array(count * dims);
    for (let k = 0; k < count; k++) {
      const parent = Math.floor(k / BRANCHING) * dims;
      for (let p = 0; p < dims; p++) data[k * dims + p] = parents[parent + p]! + spread * fixed.normal();
    }
  }
  return { data, count };
}

export const hierarchy: Shape = {
  about:
    "four groups of four clusters of four leaves, 64 Gaussians of standard deviation 1; middles are spread by 27, 9 " +
    "and 3 about the middle one level up",
  dims: 10,
  anyDims: true,
  chart: "none",
  truth:
    "The numbers of the group (0..3), cluster (0..15) and leaf (0..63): cluster = floor(leaf / 4), group = " +
    "floor(leaf / 16). Row k of `centres` is the middle of leaf k. Leaves have equal weights. Squared distances are, " +
    "per dimension and on average, 2 in a leaf, 20 in a cluster, 182 in a group, 1,640 between groups.",
  truthColumns: () => ["group", "cluster", "leaf"],
  pieces: "leaf",
  sampler(dims, fixed) {
    const centres = leafCentres(dims, fixed);
    return {
      centres,
      draw(source, point, truth) {
        const leaf = source.integer(centres.count);
        for (let k = 0; k < dims; k++) point[k] = centres.data[leaf * dims + k]! + source.normal();
        truth[0] = Math.floor(leaf / BRANCHING ** 2);
        truth[1] = Math.floor(leaf / BRANCHING);
        truth[2] = leaf;
      },
    };
  },
};
