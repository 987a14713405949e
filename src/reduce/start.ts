import { type Matrix, type Points, rng } from "../base/index.ts";
import { principalComponents, project } from "../linalg/index.ts";
import type { WeightedGraph } from "./fuzzy-graph.ts";
import { type FitOptions, quiet } from "./linear-map.ts";
import { spectralPlaces } from "./spectral.ts";

/** Where a layout starts: the principal components, the slowest vibrations of its graph, or anywhere. */
export const STARTS = ["pca", "spectral", "random"] as const;
export type Start = (typeof STARTS)[number];

/** For a start that does not come from a graph. */
export const NO_GRAPH: WeightedGraph = {
  starts: new Int32Array(1),
  ids: new Int32Array(0),
  weights: new Float32Array(0),
};

/** Equal rows start apart by so much of the size. */
const NOISE = 1e-5;

/**
 * Places to start from, n x d: around 0, the root mean square of the first coordinate being `size`, or (`even`) that of all.
 *
 * @throws bad-option for a spectral start of a graph in parts
 */
export async function startAt(
  points: Points,
  d: number,
  options: FitOptions & {
    readonly init: Start;
    readonly size: number;
    readonly even?: boolean;
    readonly graph: WeightedGraph;
  },
): Promise<Matrix> {
  const { init, size, even = false, seed, graph } = options;
  const random = rng(seed).split("start");
  const places = await rawPlaces(points, d, init, graph, options);
  const scales = Array.from({ length: d }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < points.rows; i++) sum += places[i * d + k]! ** 2;
    return sum > 0 ? size / Math.sqrt(sum / points.rows) : 0;
  });
  const data = Float32Array.from(
    places,
    (value, at) => value * scales[even ? at % d : 0]! + NOISE * size * random.normal(),
  );
  return { data, rows: points.rows, cols: d };
}

async function rawPlaces(
  points: Points,
  d: number,
  init: Start,
  graph: WeightedGraph,
  options: FitOptions,
): Promise<ArrayLike<number>> {
  const random = rng(options.seed).split("places");
  if (init === "random") return Float64Array.from({ length: points.rows * d }, () => random.normal());
  if (init === "spectral") return spectralPlaces(graph, d, random);
  const map = await principalComponents(points, Math.min(d, points.cols, points.rows), quiet(options));
  const { data, cols } = await project(points, map, quiet(options));
  if (cols === d) return data;
  // Beyond the dimensions of the data there is nothing but noise.
  return Float64Array.from({ length: points.rows * d }, (_, at) =>
    at % d < cols ? data[Math.floor(at / d) * cols + (at % d)]! : 0,
  );
}
