import type { Rng } from "../../base/index.ts";
import { hierarchy, mixture, spheres } from "./clusters.ts";
import { helix, toroidalHelices, tree } from "./curves.ts";
import { logRollHole, sCurve, squareRollHole, swissRoll, swissRollHole } from "./rolls.ts";
import type { Shape } from "./shape.ts";
import { flatTorus, kleinBottle, linkedTori, sphere, torus } from "./surfaces.ts";

/** Rows that `isometer make` writes when none are asked for. */
export const DEFAULT_ROWS = 2000;

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

/** Every kind of synthetic space, with what help and documentation say about it. */
export const SYNTHETIC_KINDS = Object.freeze({
  "swiss-roll": swissRoll,
  "swiss-roll-hole": swissRollHole,
  "square-roll-hole": squareRollHole,
  "log-roll-hole": logRollHole,
  "s-curve": sCurve,
  sphere,
  spheres,
  torus,
  "linked-tori": linkedTori,
  "flat-torus": flatTorus,
  "klein-bottle": kleinBottle,
  helix,
  "toroidal-helices": toroidalHelices,
  tree,
  line: { ...flat("a segment of length 1, uniform", 1, (source) => source.uniform()), anyDims: false },
  mixture,
  hierarchy,
  gaussian: flat("standard normal in every coordinate", 10, (source) => source.normal()),
  cube: flat("uniform in the unit cube", 10, (source) => source.uniform()),
} satisfies Record<string, Shape>);

/** The name of a synthetic space. */
export type SyntheticKind = keyof typeof SYNTHETIC_KINDS;
