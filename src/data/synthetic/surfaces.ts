import type { Rng } from "../../base/index.ts";
import { direction, type Shape } from "./shape.ts";

export const sphere: Shape = {
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

const TORUS_RING = 2;

export const torus: Shape = {
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
      const { u, v } = drawTorus(source, TORUS_RING, point);
      truth[0] = u;
      truth[1] = v;
    },
  }),
};

/** A point uniform by area on the torus of tube radius 1 round the z-axis, and its angles. */
function drawTorus(source: Rng, ring: number, point: Float64Array): { u: number; v: number } {
  const u = 2 * Math.PI * source.uniform();
  let v = 2 * Math.PI * source.uniform();
  while (source.uniform() * (ring + 1) > ring + Math.cos(v)) v = 2 * Math.PI * source.uniform();
  const radius = ring + Math.cos(v);
  point[0] = radius * Math.cos(u);
  point[1] = radius * Math.sin(u);
  point[2] = Math.sin(v);
  return { u, v };
}

const LINKED_RING = 3;

export const linkedTori: Shape = {
  about:
    "two tori of ring radius 3 and tube radius 1, linked as in a chain: the second stands upright with its middle at " +
    "(3, 0, 0); uniform by area, half of the rows on each",
  dims: 3,
  anyDims: false,
  chart: "none",
  truth:
    "The number of the torus (0 or 1) and the angles around its ring (u) and tube (v) in 0 .. 2 pi. Not isometric: a step " +
    "du is (3 + cos v) du long. Linked tori of Cheret et al. 2026 (MMAE), there uniform in the angles. Halves hold on " +
    "average.",
  truthColumns: () => ["torus", "ring", "tube"],
  pieces: "torus",
  sampler: () => ({
    draw(source, point, truth) {
      const number = source.integer(2);
      const { u, v } = drawTorus(source, LINKED_RING, point);
      if (number === 1) {
        const [x, y, z] = point as unknown as [number, number, number];
        point[0] = x + LINKED_RING;
        point[1] = -z;
        point[2] = y;
      }
      truth[0] = number;
      truth[1] = u;
      truth[2] = v;
    },
  }),
};

export const flatTorus: Shape = {
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

export const kleinBottle: Shape = {
  about:
    "a flat Klein bottle in 5-D: (sqrt(3) cos u, cos u cos 2w, cos u sin 2w, 2 sin u cos w, 2 sin u sin w), u uniform in " +
    "0 .. 2 pi, w in 0 .. pi",
  dims: 5,
  anyDims: false,
  chart: "local",
  truth:
    "2u in 0 .. 4 pi and 2w in 0 .. 2 pi, which are arc lengths: the derivatives by u and w are at right angles and 2 " +
    "long everywhere. No side can be told from the other: (a, b) and (-a, b + 2 pi) are the same point, as are (a, b) and " +
    "(a + 4 pi, b); the geodesic is the shortest of the straight lines between such images.",
  truthColumns: () => ["a", "b"],
  sampler: () => ({
    draw(source, point, truth) {
      const u = 2 * Math.PI * source.uniform();
      const w = Math.PI * source.uniform();
      point[0] = Math.sqrt(3) * Math.cos(u);
      point[1] = Math.cos(u) * Math.cos(2 * w);
      point[2] = Math.cos(u) * Math.sin(2 * w);
      point[3] = 2 * Math.sin(u) * Math.cos(w);
      point[4] = 2 * Math.sin(u) * Math.sin(w);
      truth[0] = 2 * u;
      truth[1] = 2 * w;
    },
  }),
};
