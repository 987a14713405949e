import { add, constant, type Expression, min, mul, relu, scalar, sub } from "../graph/index.ts";
import { endOfTie, lengthOfKey, type OrderedPairs } from "./order-pairs.ts";

/** An ascending function, piecewise linear: from 0 at 0 through its knots, and straight on beyond the last. Without any knot: x itself. */
export interface Knots {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

const MOST_KNOTS = 64;

/** Knots are apart by so much of the largest. */
const APART = 1e-6;

/**
 * The function from lengths to disparities: its knots are the means of groups of pairs, smaller ones at both ends, where it bends most (shares of all pairs as of Chebyshev's points). Cost N.
 */
export function knotsOf({ keys, disparities }: OrderedPairs): Knots {
  const count = keys.length;
  const [x, y]: [number[], number[]] = [[], []];
  const least = count > 0 ? APART * lengthOfKey(keys[count - 1]!) : 0;
  let start = 0;
  for (let k = 1; k <= MOST_KNOTS && start < count; k++) {
    const share = (1 - Math.cos((Math.PI * k) / MOST_KNOTS)) / 2;
    const end = k === MOST_KNOTS ? count : endOfTie(keys, Math.max(start, Math.ceil(share * count) - 1));
    let [lengths, distances] = [0, 0];
    for (let at = start; at < end; at++) {
      lengths += lengthOfKey(keys[at]!);
      distances += disparities[at]!;
    }
    const mean = lengths / (end - start);
    if (mean > (x.at(-1) ?? 0) + least) {
      x.push(mean);
      y.push(distances / (end - start));
    }
    start = end;
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y) };
}

/** The function of each of some numbers of 0 or more: a sum of ramps, each from one knot to the next. */
export function along(numbers: Expression, { x, y }: Knots): Expression {
  if (x.length === 0) return numbers;
  let sum: Expression | null = null;
  for (let k = 0; k < x.length; k++) {
    const [from, low] = k > 0 ? [x[k - 1]!, y[k - 1]!] : [0, 0];
    const beyond = relu(sub(numbers, scalar(from, "float")));
    const isLast = k === x.length - 1;
    const ramp = isLast ? beyond : min(beyond, scalar(x[k]! - from, "float"));
    const slope = (y[k]! - low) / (x[k]! - from);
    if (slope === 0) continue;
    const rise = mul(ramp, scalar(slope, "float"));
    sum = sum ? add(sum, rise) : rise;
  }
  return sum ?? mul(numbers, constant(Float32Array.of(0), [1]));
}
