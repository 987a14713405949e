import type { Rng } from "../../base/index.ts";

/**
 * What the truth of a space tells about its distances.
 *
 * - `global`: straight distances between truth rows are the shortest paths along the noise-free space.
 * - `local`: lengths of short paths agree, but the chart is cut (a hole, a seam), so long ones may not.
 * - `none`: the space is curved or in pieces: no chart keeps its lengths; truth says only where a row lies.
 */
export type Chart = "global" | "local" | "none";

/** Draws one point: fills `point` (natural coordinates) and `truth`. */
export type Draw = (source: Rng, point: Float64Array, truth: Float64Array) => void;

/** A shape whose fixed parts are drawn. `centres` (k x dims, row-major) exist for shapes made of pieces. */
export interface Sampler {
  readonly draw: Draw;
  readonly centres?: { readonly data: Float64Array; readonly count: number };
}

/** One kind of synthetic space. Every row is drawn independently of the others. */
export interface Shape {
  /** One line for help. */
  readonly about: string;
  /** Natural dimension: how many coordinates the shape needs. The default where `anyDims`. */
  readonly dims: number;
  /** Whether the natural dimension may be chosen. */
  readonly anyDims: boolean;
  readonly chart: Chart;
  /** What truth distances mean and where the formula comes from, in a sentence or two. */
  readonly truth: string;
  readonly truthColumns: (dims: number) => string[];
  readonly sampler: (dims: number, fixed: Rng) => Sampler;
}

/** Rows that `isometer make` writes when none are asked for. */
export const DEFAULT_ROWS = 2000;

const SWISS_LOW = 1.5 * Math.PI;
const SWISS_HEIGHT = 21;

/**
 * Arc length of the spiral r = theta from 0 to `theta`:
 * integral of sqrt(r^2 + r'^2) = (theta sqrt(1 + theta^2) + asinh theta) / 2.
 */
export function spiralArcLength(theta: number): number {
  return (theta * Math.sqrt(1 + theta * theta) + Math.asinh(theta)) / 2;
}

/** A point of the roll at `theta` in [1.5 pi, 4.5 pi], `height` in [0, 21]. */
function rollPoint(theta: number, height: number, point: Float64Array, truth: Float64Array): void {
  point[0] = theta * Math.cos(theta);
  point[1] = height;
  point[2] = theta * Math.sin(theta);
  truth[0] = spiralArcLength(theta) - spiralArcLength(SWISS_LOW);
  truth[1] = height;
}

const swissRoll: Shape = {
  about: "a rolled-up rectangle: (t cos t, h, t sin t), t uniform in 1.5 pi .. 4.5 pi, h in 0 .. 21",
  dims: 3,
  anyDims: false,
  chart: "global",
  truth:
    "Arc length along the spiral from its inner end, s(t) = (t sqrt(1+t^2) + asinh t)/2 - s(1.5 pi), and height: " +
    "distances between truth rows are the geodesics. Parameters of scikit-learn's make_swiss_roll (Marsland).",
  truthColumns: () => ["arc", "height"],
  sampler: () => ({
    draw(source, point, truth) {
      const theta = SWISS_LOW * (1 + 2 * source.uniform());
      rollPoint(theta, SWISS_HEIGHT * source.uniform(), point, truth);
    },
  }),
};

const swissRollHole: Shape = {
  ...swissRoll,
  about: "the Swiss roll without the middle ninth of its rectangle (in t and h)",
  chart: "local",
  truth:
    "As for swiss-roll. Shortest paths go round the hole, so truth distances across it are too short. " +
    "As scikit-learn's make_swiss_roll(hole=True).",
  sampler: () => ({
    draw(source, point, truth) {
      // Nine cells of pi x 7, all but number 4 in the middle.
      const drawn = source.integer(8);
      const cell = drawn < 4 ? drawn : drawn + 1;
      const theta = SWISS_LOW + Math.PI * (Math.floor(cell / 3) + source.uniform());
      rollPoint(theta, (SWISS_HEIGHT / 3) * ((cell % 3) + source.uniform()), point, truth);
    },
  }),
};

const sCurve: Shape = {
  about:
    "a rectangle bent into an S: (sin t, h, sign(t)(cos t - 1)), t uniform in -1.5 pi .. 1.5 pi, h in 0 .. 2",
  dims: 3,
  anyDims: false,
  chart: "global",
  truth:
    "t and height: the curve has unit speed, so t is arc length and distances between truth rows are the geodesics. " +
    "As scikit-learn's make_s_curve.",
  truthColumns: () => ["arc", "height"],
  sampler: () => ({
    draw(source, point, truth) {
      const t = 3 * Math.PI * (source.uniform() - 0.5);
      const height = 2 * source.uniform();
      point[0] = Math.sin(t);
      point[1] = height;
      point[2] = Math.sign(t) * (Math.cos(t) - 1);
      truth[0] = t;
      truth[1] = height;
    },
  }),
};

/** Fills `point` with a direction uniform on the unit sphere (normalised Gaussians, Muller 1959). */
function direction(source: Rng, point: Float64Array): void {
  let square = 0;
  while (square === 0) {
    for (let k = 0; k < point.length; k++) point[k] = source.normal();
    square = point.reduce((sum, v) => sum + v * v, 0);
  }
  const length = Math.sqrt(square);
  for (let k = 0; k < point.length; k++) point[k]! /= length;
}

const sphere: Shape = {
  about: "the surface of the unit sphere, uniform by area",
  dims: 3,
  anyDims: false,
  chart: "none",
  truth:
    "Longitude (-pi .. pi) and latitude (-pi/2 .. pi/2) in radians. Not isometric: the geodesic of two unit vectors " +
    "a, b is the angle acos(a . b), which no flat chart keeps.",
  truthColumns: () => ["longitude", "latitude"],
  sampler: () => ({
    draw(source, point, truth) {
      direction(source, point);
      truth[0] = Math.atan2(point[1]!, point[0]!);
      truth[1] = Math.atan2(point[2]!, Math.hypot(point[0]!, point[1]!));
    },
  }),
};

const INNER_SPHERES = 10;

const spheres: Shape = {
  about: "ten small spheres (S^100, radius 5) inside a large one (radius 25) that has half of the rows",
  dims: 101,
  anyDims: false,
  chart: "none",
  truth:
    "The number of the sphere: 0..9 inner, 10 the outer one; `centres` has their middles. Spheres of Moor et al. 2020 " +
    "(Topological Autoencoders): inner middles N(0, I), the outer one at the origin. Numbers are drawn per row, so " +
    "counts hold on average.",
  truthColumns: () => ["sphere"],
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

const TORUS_RING = 2;
const TORUS_TUBE = 1;

const torus: Shape = {
  about: "the ring torus in 3-D, ring radius 2, tube radius 1, uniform by area",
  dims: 3,
  anyDims: false,
  chart: "none",
  truth:
    "Angles around the ring (u) and the tube (v) in 0 .. 2 pi. Not isometric: a step du is (2 + cos v) du long. " +
    "v is drawn by rejection with density proportional to 2 + cos v (Diaconis, Holmes, Shahshahani 2013).",
  truthColumns: () => ["ring", "tube"],
  sampler: () => ({
    draw(source, point, truth) {
      const u = 2 * Math.PI * source.uniform();
      let v = 2 * Math.PI * source.uniform();
      while (source.uniform() * (TORUS_RING + TORUS_TUBE) > TORUS_RING + TORUS_TUBE * Math.cos(v)) {
        v = 2 * Math.PI * source.uniform();
      }
      const radius = TORUS_RING + TORUS_TUBE * Math.cos(v);
      point[0] = radius * Math.cos(u);
      point[1] = radius * Math.sin(u);
      point[2] = TORUS_TUBE * Math.sin(v);
      truth[0] = u;
      truth[1] = v;
    },
  }),
};

const flatTorus: Shape = {
  about: "the flat torus in 4-D: (cos u, sin u, cos v, sin v), u and v uniform",
  dims: 4,
  anyDims: false,
  chart: "local",
  truth:
    "u and v in 0 .. 2 pi, which are arc lengths. Both wrap: the geodesic is the root of the sum of " +
    "min(|d|, 2 pi - |d|)^2 over the two differences d (Clifford torus).",
  truthColumns: () => ["u", "v"],
  sampler: () => ({
    draw(source, point, truth) {
      for (let k = 0; k < 2; k++) {
        const angle = 2 * Math.PI * source.uniform();
        point[2 * k] = Math.cos(angle);
        point[2 * k + 1] = Math.sin(angle);
        truth[k] = angle;
      }
    },
  }),
};

const HELIX_TURNS = 4;
const HELIX_RISE = 0.5;

const helix: Shape = {
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

/** Shapes that are flat in their own coordinates: truth is the point itself. */
function flat(about: string, dims: number, value: (source: Rng) => number): Shape {
  return {
    about,
    dims,
    anyDims: true,
    chart: "global",
    truth: "The coordinates before embedding and noise: the rows are an isometric image of them.",
    truthColumns: (n) => Array.from({ length: n }, (_, k) => `x${k}`),
    sampler: () => ({
      draw(source, point, truth) {
        for (let k = 0; k < point.length; k++) point[k] = value(source);
        truth.set(point);
      },
    }),
  };
}

const CLUSTERS = 10;
const CENTRE_SPREAD = 3;

const mixture: Shape = {
  about: "ten Gaussian clusters of standard deviation 1 with equal weights, centres drawn from N(0, 9 I)",
  dims: 10,
  anyDims: true,
  chart: "none",
  truth:
    "The number of the cluster, 0..9; row k of `centres` is the middle of cluster k, in the coordinates of the rows.",
  truthColumns: () => ["cluster"],
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

/** Every kind of synthetic space, with what help and documentation say about it. */
export const SYNTHETIC_KINDS = Object.freeze({
  "swiss-roll": swissRoll,
  "swiss-roll-hole": swissRollHole,
  "s-curve": sCurve,
  sphere,
  spheres,
  torus,
  "flat-torus": flatTorus,
  helix,
  line: { ...flat("a segment of length 1, uniform", 1, (source) => source.uniform()), anyDims: false },
  mixture,
  gaussian: flat("standard normal in every coordinate", 10, (source) => source.normal()),
  cube: flat("uniform in the unit cube", 10, (source) => source.uniform()),
} satisfies Record<string, Shape>);

/** The name of a synthetic space. */
export type SyntheticKind = keyof typeof SYNTHETIC_KINDS;
