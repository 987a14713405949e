import { checkInteger, checkNumber, IsometerError, matrix, type Watch } from "../../base/index.ts";
import { minimise } from "../../optim/index.ts";
import { coordinatesOf, meanMetric } from "./coordinates.ts";
import { type Decoder, decoded, openSlope, type Slope } from "./decoder.ts";
import { type Density, openToll, type Toll } from "./density.ts";
import { partsOf, pathEnergy } from "./energy.ts";
import { framesAlong } from "./frames.ts";
import { checkEnds, evenly, type Path, SEGMENTS, stepLengths, straightPath } from "./path.ts";

export interface GeodesicOptions extends Watch {
  /** The toll w on pieces off the data, 0 or more. Default 0: the geodesic of the decoder alone. */
  readonly density?: Density | null;
  /** Paths to start from besides the straight one, of the same ends: one along the data, for instance. */
  readonly starts?: readonly Path[];
  /** Steps of the path, default 64. */
  readonly segments?: number;
  /** Steps of the search from each start, default 300. */
  readonly maxSteps?: number;
  /** It has converged when 10 steps lower the energy by less than this share of it. Default 1e-5. */
  readonly tolerance?: number;
}

/** A geodesic, and how it was found. */
export interface GeodesicPath extends Path {
  readonly kind: "geodesic";
  /** The start that it was found from. */
  readonly start: Path["kind"];
  /** Of that start, run through evenly, and of the path: see `pathEnergy`. */
  readonly energy: { readonly before: number; readonly after: number };
  /** w; 0: none. */
  readonly density: number;
  readonly converged: boolean;
  readonly iterations: number;
}

/** Each start is searched from in so many rounds: the later ones know the metric of where the path has got to. */
const ROUNDS = 3;

/** Steps of a path that differ by more are spread anew. */
const UNEVEN = 1.05;

/**
 * The path of the least energy (`pathEnergy`) in the metric that a decoder pulls back, G(z) = J'J: the shortest way in the space of data, run through evenly (Shao, Kumar & Fletcher 2018;
 * Arvanitidis, Hansen & Hauberg 2018). L-BFGS over the inner points, in coordinates of the mean metric, from each start; the path of the least energy is given, which need not be the least of all.
 *
 * Cost: some 10 to 300 forward and backward runs of 65 points for each start.
 *
 * @param from d numbers
 * @param to d numbers
 * @throws bad-value for different widths; bad-option; non-finite; no-derivative where the decoder has an operation without a rule; aborted
 */
export async function geodesicPath(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  decoder: Decoder,
  options: GeodesicOptions = {},
): Promise<GeodesicPath> {
  const { density = null, starts = [], segments = SEGMENTS, maxSteps = 300, tolerance = 1e-5 } = options;
  checkWidths(from, to, decoder, options);
  checkInteger("segments", segments, 2);
  checkInteger("maxSteps", maxSteps, 1);
  checkNumber("tolerance", tolerance, 0, 1);
  if (density) checkNumber("density.weight", density.weight, 0, Number.MAX_VALUE);
  const straight = straightPath(from, to);
  const ends = await decoded(decoder, straight.points);
  const toll = density && density.weight > 0 ? openToll(density, stepLengths(ends)[0]!) : null;
  const slope = await openSlope(decoder, segments + 1);
  try {
    const found: Searched[] = [];
    for (const start of [straight, ...starts])
      found.push(
        await searchFrom(start, { ...options, decoder, slope, segments, maxSteps, tolerance, toll }),
      );
    const best = found.reduce((least, other) => (other.energy.after < least.energy.after ? other : least));
    const { path, ...how } = best;
    return {
      kind: "geodesic",
      points: matrix(Float32Array.from(path), segments + 1, from.length),
      parameters: evenly(segments),
      density: density?.weight ?? 0,
      ...how,
    };
  } finally {
    await slope.close();
  }
}

/** @throws bad-value where ends, codes, starts and the decoder are not of one space */
function checkWidths(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  { network }: Decoder,
  { density, starts = [] }: GeodesicOptions,
): void {
  checkEnds(from, to);
  const widths = [
    network.inputs,
    ...(density ? [density.codes.cols] : []),
    ...starts.map(({ points }) => points.cols),
  ];
  const other = widths.find((cols) => cols !== from.length);
  if (other === undefined) return;
  throw new IsometerError(
    "bad-value",
    `the ends have ${from.length} dimensions, the space of codes ${other}`,
    {
      needed: String(other),
      got: String(from.length),
    },
  );
}

interface Search extends Watch {
  readonly decoder: Decoder;
  readonly slope: Slope;
  readonly segments: number;
  readonly maxSteps: number;
  readonly tolerance: number;
  readonly toll: Toll | null;
}

type Searched = Pick<GeodesicPath, "start" | "energy" | "converged" | "iterations"> & {
  readonly path: Float64Array;
};

/** The least energy that is reached from one start; before and after each round its points are spread evenly in the space of data. */
async function searchFrom(start: Path, search: Search): Promise<Searched> {
  const { decoder, slope, segments, tolerance, toll } = search;
  const cols = start.points.cols;
  const metric = await meanMetric(decoder, start);
  let path = await spread(start, search);
  let parts = toll ? partsOf(path, cols, toll) : 1;
  let now = await pathEnergy(slope, path, cols, toll, parts);
  const before = now.energy;
  let [iterations, converged] = [0, false];
  for (let round = 0; round < ROUNDS && now.energy > 0; round++) {
    const { energy, squares } = now;
    const coordinates = coordinatesOf(path, squares, metric, energy);
    const found = await minimise(
      async (w) => {
        const there = await pathEnergy(slope, coordinates.place(w), cols, toll, parts);
        return { loss: there.energy / energy, gradient: coordinates.gradient(there.gradient) };
      },
      new Float64Array((segments - 1) * cols),
      { ...steps(search, start.kind, iterations), memory: [unitChange((segments - 1) * cols)] },
    );
    if (search.signal?.aborted) throw new IsometerError("aborted", "stopped before the geodesic was found");
    ({ path, parts, now } = await evened(coordinates.place(found.at), parts, search));
    iterations += found.steps;
    converged = found.converged;
    if (1 - found.loss <= tolerance) break;
  }
  return {
    path,
    start: start.kind,
    energy: { before, after: now.energy },
    converged: converged || now.energy === 0,
    iterations,
  };
}

/** How a round ends, and what it tells. */
function steps({ maxSteps, tolerance, signal, onProgress }: Search, start: Path["kind"], before: number) {
  return {
    maxSteps: Math.ceil(maxSteps / ROUNDS),
    tolerance,
    stop: signal,
    onStep: (step: number) =>
      onProgress?.({
        stage: "geodesic",
        done: before + step,
        total: maxSteps,
        detail: `from the ${start} path`,
      }),
  };
}

/**
 * A path, or if its steps are uneven the same curve run through evenly, even where that is more energy: a curve pays the toll and has the length, and uneven points only see less of both (they step
 * over what is dear, and chords cut through folds).
 */
async function evened(path: Float64Array, parts: number, search: Search) {
  const { slope, decoder, toll } = search;
  const cols = decoder.network.inputs;
  const now = await pathEnergy(slope, path, cols, toll, parts);
  if (Math.sqrt(Math.max(...now.squares) / Math.min(...now.squares)) <= UNEVEN) return { path, parts, now };
  const even = await spread(asPath(path, cols), search);
  const finer = toll ? partsOf(even, cols, toll) : 1;
  return { path: even, parts: finer, now: await pathEnergy(slope, even, cols, toll, finer) };
}

/** The points of a path at equal steps in the space of data: a curve has the least energy run through like that. */
async function spread(path: Path, { decoder, segments }: Search): Promise<Float64Array> {
  return Float64Array.from((await framesAlong(path, decoder, segments + 1)).codes.data);
}

function asPath(points: Float64Array, cols: number): Path {
  const rows = points.length / cols;
  return {
    kind: "geodesic",
    points: matrix(Float32Array.from(points), rows, cols),
    parameters: evenly(rows - 1),
  };
}

/** What L-BFGS starts with: a change that says that second derivatives are 1. */
function unitChange(length: number) {
  const step = new Float64Array(length);
  step[0] = 1;
  return { step, change: step, product: 1 };
}
