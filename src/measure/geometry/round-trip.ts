import {
  bootstrapInterval,
  IsometerError,
  type Matrix,
  pointRows,
  type Rng,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, type Network, valuesAt } from "../../engine/index.ts";
import type { GeometryScore, RoundTrip } from "./result.ts";

/** How many of the worst are listed. */
const LISTED = 5;

/**
 * What comes back of points x by a network f and one the other way, g: |g(f(x)) - x|^2 over the spread of the points, and once more round for the values. Shares of what is lost, as 1 - R^2.
 *
 * @throws bad-value where g does not take what f gives, and give what f takes
 */
export async function roundTrip(
  network: Network,
  inverse: Network,
  points: Matrix,
  at: Int32Array,
  { engine, rng, ...watch }: Watch & { readonly engine: EngineInfo; readonly rng: Rng },
): Promise<RoundTrip> {
  if (inverse.inputs !== network.outputs || inverse.outputs !== network.inputs) {
    throw new IsometerError(
      "bad-value",
      `${inverse.source.name} maps ${inverse.inputs} numbers to ${inverse.outputs}, ${network.source.name} ${network.inputs} to ${network.outputs}`,
      {
        hint: "The inverse of a decoder is its encoder, and the other way round: give the model that maps back.",
      },
    );
  }
  const options = { engine, ...watch };
  const all = Int32Array.from(at.keys());
  const values = await valuesAt(network, pointRows(points), at, options);
  const back = await valuesAt(inverse, pointRows(values), all, options);
  const again = await valuesAt(network, pointRows(back), all, options);
  const errors = squaresBetween(back, (i) =>
    points.data.subarray(at[i]! * points.cols, (at[i]! + 1) * points.cols),
  );
  const valueErrors = squaresBetween(again, (i) =>
    values.data.subarray(i * values.cols, (i + 1) * values.cols),
  );
  const spread = spreadOf(at.length, points.cols, (i) => points.data.subarray(at[i]! * points.cols));
  const valueSpread = spreadOf(at.length, values.cols, (i) => values.data.subarray(i * values.cols));
  const order = Array.from(errors.keys()).sort((a, b) => errors[b]! - errors[a]! || a - b);
  return {
    reconstruction: lost(errors, spread, points.rows, rng.split("reconstruction")),
    values: lost(valueErrors, valueSpread, points.rows, rng.split("values")),
    worst: order.slice(0, LISTED).map((i) => ({ row: at[i]!, error: Math.sqrt(errors[i]!) })),
  };
}

function squaresBetween(a: Matrix, other: (i: number) => Float32Array): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) => {
    const b = other(i);
    let sum = 0;
    for (let k = 0; k < a.cols; k++) sum += (a.data[i * a.cols + k]! - b[k]!) ** 2;
    return sum;
  });
}

/** Squared distances to the mean. */
function spreadOf(count: number, cols: number, at: (i: number) => Float32Array): Float64Array {
  const mean = new Float64Array(cols);
  for (let i = 0; i < count; i++) for (let k = 0; k < cols; k++) mean[k]! += at(i)[k]! / count;
  return Float64Array.from({ length: count }, (_, i) => {
    const own = at(i);
    let sum = 0;
    for (let k = 0; k < cols; k++) sum += (own[k]! - mean[k]!) ** 2;
    return sum;
  });
}

/** The share of the spread that is lost, over points that were drawn from `population`. */
function lost(errors: Float64Array, spread: Float64Array, population: number, rng: Rng): GeometryScore {
  const statistic = (weights: ArrayLike<number>) => {
    let [error, all] = [0, 0];
    for (let i = 0; i < errors.length; i++) {
      error += weights[i]! * errors[i]!;
      all += weights[i]! * spread[i]!;
    }
    return error / all;
  };
  const value = statistic(new Int32Array(errors.length).fill(1));
  const exact = errors.length >= population;
  return {
    value,
    interval:
      exact || !Number.isFinite(value)
        ? [value, value]
        : bootstrapInterval(errors.length, statistic, {
            rng,
            population,
            estimate: value,
            range: [0, Infinity],
          }),
    n: errors.length,
    unit: "points",
    exact,
    ...(!exact && { sampled: { kind: "points" as const, m: errors.length } }),
    ideal: 0,
    // A network that knows the mean alone.
    null: 1,
    baseline: null,
  };
}
