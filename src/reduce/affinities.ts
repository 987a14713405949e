import type { NearestResult } from "../neighbors/index.ts";

const SEARCHES = 60;
const TOLERANCE = 1e-6;

/**
 * How likely each neighbour of a row is, `rows x k`: exp(-distance^2 beta), summing to 1, beta such that the entropy is ln(perplexity) (van der Maaten & Hinton 2008, section 2). Where
 * even all k alike are less than that, they are all alike.
 */
export function affinities(
  { k, distances }: Pick<NearestResult, "k" | "distances">,
  perplexity: number,
): Float32Array {
  const out = new Float32Array(distances.length);
  const squares = new Float64Array(k);
  const weights = new Float64Array(k);
  const target = Math.log(perplexity);
  for (let at = 0; at < distances.length; at += k) {
    const nearest = distances[at]! ** 2;
    for (let j = 0; j < k; j++) squares[j] = distances[at + j]! ** 2 - nearest;
    const total = calibrate(squares, target, weights);
    for (let j = 0; j < k; j++) out[at + j] = weights[j]! / total;
  }
  return out;
}

/** Newton's steps on ln(beta), halvings where they leave the bracket. Fills in the weights and returns their sum. */
function calibrate(squares: Float64Array, target: number, weights: Float64Array): number {
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let logBeta = mean > 0 ? -Math.log(mean) : 0;
  let total = 0;
  for (let search = 0; search < SEARCHES; search++) {
    const beta = Math.exp(logBeta);
    total = 0;
    let [first, second] = [0, 0];
    for (let j = 0; j < squares.length; j++) {
      const weight = Math.exp(-beta * squares[j]!);
      const scaled = beta * squares[j]!;
      weights[j] = weight;
      total += weight;
      first += weight * scaled;
      second += weight * scaled * scaled;
    }
    first /= total;
    const off = first + Math.log(total) - target;
    if (Math.abs(off) < TOLERANCE || mean === 0) break;
    if (off > 0) low = logBeta;
    else high = logBeta;
    const slope = second / total - first * first;
    const next = logBeta + off / slope;
    const isInside = next > low && next < high && Math.abs(next - logBeta) < 3;
    if (isInside) logBeta = next;
    else if (high === Number.POSITIVE_INFINITY) logBeta += 1;
    else if (low === Number.NEGATIVE_INFINITY) logBeta -= 1;
    else logBeta = (low + high) / 2;
  }
  return total;
}
