import type { Rng } from "../../base/index.ts";
import type { Shape } from "./shape.ts";

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

export const swissRoll: Shape = {
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

export const swissRollHole: Shape = {
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

const SQUARE_LOW = 1.5 * Math.PI;
const SQUARE_HIGH = 4 * Math.PI;
const SQUARE_HOLE = { low: 0.33, high: 0.67 };

export const squareRollHole: Shape = {
  about:
    "a square rolled up: (t cos t, t sin t, h), t in 1.5 pi .. 4 pi, uniform by area, without the square from 33 to 67 % " +
    "of its sides",
  dims: 3,
  anyDims: false,
  chart: "local",
  truth:
    "Arc length from the inner end, s(t) = (t sqrt(1+t^2) + asinh t)/2 - s(1.5 pi), and height, both in 0 .. s(4 pi). " +
    "Truth distances across the hole are too short. Swiss roll of Lim et al. 2024 (GGAE).",
  truthColumns: () => ["arc", "height"],
  sampler() {
    const inner = spiralArcLength(SQUARE_LOW);
    const side = spiralArcLength(SQUARE_HIGH) - inner;
    const inHole = (share: number) => share > SQUARE_HOLE.low && share < SQUARE_HOLE.high;
    return {
      draw(source, point, truth) {
        let theta = 0;
        do {
          theta = evenSpiralAngle(source);
          truth[0] = spiralArcLength(theta) - inner;
          truth[1] = side * source.uniform();
        } while (inHole(truth[0] / side) && inHole(truth[1] / side));
        point[0] = theta * Math.cos(theta);
        point[1] = theta * Math.sin(theta);
        point[2] = truth[1];
      },
    };
  },
};

/** An angle in [1.5 pi, 4 pi] that is uniform by arc length: density proportional to sqrt(1 + theta^2), by rejection. */
function evenSpiralAngle(source: Rng): number {
  for (;;) {
    const theta = SQUARE_LOW + (SQUARE_HIGH - SQUARE_LOW) * source.uniform();
    if (source.uniform() * Math.hypot(1, SQUARE_HIGH) < Math.hypot(1, theta)) return theta;
  }
}

const LOG_GROWTH = 0.1;

export const logRollHole: Shape = {
  about:
    "a rectangle rolled up along a logarithmic spiral: (e^(t/10) cos t, e^(t/10) sin t, h), arc length in -2 .. 10, h in " +
    "0 .. 6, uniform by area, without arc lengths 1.5 .. 6.5 at h in 2.5 .. 3.5",
  dims: 3,
  anyDims: false,
  chart: "local",
  truth:
    "Arc length from t = 0, sqrt(1+b^2) (e^(b t) - 1) / b with b = 0.1, and height. Truth distances across the hole are " +
    "too short. Swiss roll of Zhan et al. 2026 (BLAE).",
  truthColumns: () => ["arc", "height"],
  sampler: () => ({
    draw(source, point, truth) {
      let arc = 0;
      let height = 0;
      do {
        arc = -2 + 12 * source.uniform();
        height = 6 * source.uniform();
      } while (arc > 1.5 && arc < 6.5 && height > 2.5 && height < 3.5);
      const radius = 1 + (LOG_GROWTH * arc) / Math.hypot(1, LOG_GROWTH);
      const t = Math.log(radius) / LOG_GROWTH;
      point[0] = radius * Math.cos(t);
      point[1] = radius * Math.sin(t);
      point[2] = height;
      truth[0] = arc;
      truth[1] = height;
    },
  }),
};

export const sCurve: Shape = {
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
