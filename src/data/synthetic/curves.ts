import type { Shape } from "./shape.ts";

const HELIX_TURNS = 4;
const HELIX_RISE = 0.5;

export const helix: Shape = {
  about: "a curve of four turns: (cos t, sin t, t/2), t uniform in 0 .. 8 pi",
  dims: 3,
  anyDims: false,
  chart: "global",
  truth:
    "Arc length t sqrt(1 + 1/4) from the lower end: differences of truth are the distances along the curve.",
  truthColumns: () => ["arc"],
  sampler: () => ({
    draw(source, point, truth) {
      const t = 2 * Math.PI * HELIX_TURNS * source.uniform();
      point[0] = Math.cos(t);
      point[1] = Math.sin(t);
      point[2] = HELIX_RISE * t;
      truth[0] = t * Math.sqrt(1 + HELIX_RISE * HELIX_RISE);
    },
  }),
};

const WOUND_RING = 3;
const WOUND_TURNS = 8;
const WOUND_COUNT = 2;
/** Each is the one before, turned by half of the space between two of its turns. */
const WOUND_STEP = (2 * Math.PI) / (WOUND_TURNS * WOUND_COUNT);

/** Length of a step of the tube's angle v: the ring's angle goes v / 8 meanwhile. */
const woundSpeed = (v: number) => Math.hypot(1, (WOUND_RING + Math.cos(v)) / WOUND_TURNS);

export const toroidalHelices: Shape = {
  about:
    "two closed curves wound eight times round the tube of a torus (ring radius 3, tube radius 1), one between the turns " +
    "of the other; uniform by arc length, half of the rows on each",
  dims: 3,
  anyDims: false,
  chart: "local",
  truth:
    "The number of the curve (0 or 1) and the arc length along it; both ends of the arc are the same point. Toroidal " +
    "helices of Duque et al. 2022 (GRAE), there not uniform by length. Halves hold on average.",
  truthColumns: () => ["helix", "arc"],
  pieces: "helix",
  sampler() {
    const arcLength = periodicIntegral(woundSpeed);
    const fastest = woundSpeed(0);
    return {
      draw(source, point, truth) {
        const number = source.integer(WOUND_COUNT);
        let v = 0;
        do v = 2 * Math.PI * WOUND_TURNS * source.uniform();
        while (source.uniform() * fastest > woundSpeed(v));
        const u = v / WOUND_TURNS + number * WOUND_STEP;
        const radius = WOUND_RING + Math.cos(v);
        point[0] = radius * Math.cos(u);
        point[1] = radius * Math.sin(u);
        point[2] = Math.sin(v);
        truth[0] = number;
        truth[1] = arcLength(v);
      },
    };
  },
};

/**
 * The integral from 0 of an even, smooth function of period 2 pi, by its cosine series: the trapezoid rule gives
 * its terms with an error that falls exponentially in the number of nodes.
 */
function periodicIntegral(rate: (v: number) => number): (v: number) => number {
  const nodes = 64;
  const terms = Array.from({ length: nodes / 4 }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < nodes; j++) {
      const v = (2 * Math.PI * j) / nodes;
      sum += rate(v) * Math.cos(k * v);
    }
    return ((k === 0 ? 1 : 2) * sum) / nodes;
  });
  return (v) => terms.reduce((sum, term, k) => sum + (k === 0 ? term * v : (term * Math.sin(k * v)) / k), 0);
}

const TREE_BRANCHES = 15;

export const tree: Shape = {
  about:
    "fifteen straight branches of length 1, each along an axis of its own: branches 2k+1 and 2k+2 grow from the end of " +
    "branch k; uniform",
  dims: TREE_BRANCHES,
  anyDims: false,
  chart: "local",
  truth:
    "The number of the branch (0..14) and the length along it from where it grows. The path along the tree between two " +
    "rows is the sum of absolute differences of their 15 coordinates before embedding. In the manner of the artificial " +
    "tree of PHATE (Moon et al. 2019), whose branches are random walks.",
  truthColumns: () => ["branch", "along"],
  pieces: "branch",
  sampler: () => ({
    draw(source, point, truth) {
      const branch = source.integer(TREE_BRANCHES);
      const along = source.uniform();
      point.fill(0);
      for (let k = branch; k > 0; k = (k - 1) >> 1) point[(k - 1) >> 1] = 1;
      point[branch] = along;
      truth[0] = branch;
      truth[1] = along;
    },
  }),
};
