import type { Algebra, Dense } from "../linalg/index.ts";
import { minimise } from "../optim/index.ts";

/** Temperature: about that at which CLIP was trained (.01), doubled as centring makes the cosines of partners larger. */
const TEMPERATURE = 0.02;
/**
 * Weight of |V|^2 / 2. Recall@10 on held-out items, both ways, less that without any repair: clip-coco500 +1.1, +1.5, +0.1 points for weights of .25, 1, 4, fashionclip1126 +0.0, -0.2, -0.3
 * (centring alone: -0.6, -0.4).
 */
const PENALTY = 1;
const STEPS = 30;
const TOLERANCE = 1e-3;
/** Items that tell each other apart; with more the table of all pairs grows and the map hardly changes. */
export const MOST_CONTRASTED = 1000;

/** A map of rows, as far as it went. */
export interface Contrastive {
  /** I + V, d x d. */
  readonly turn: Dense;
  readonly loss: number;
  readonly converged: boolean;
}

/**
 * The linear map I + V under which partners stand out among all rows of the other side: mean symmetric cross-entropy (InfoNCE, van den Oord et al. 2018; both ways as CLIP, Radford et al. 2021) of
 * x (I + V) y' / t, plus |V|^2 / 2 (Frobenius). Convex in V, so there is one best; L-BFGS from V = 0. The penalty keeps the map near doing nothing, and nothing is all that few
 * items can do. Swapping the sides transposes V. Cost a step 4 n d^2 + 4 n^2 d.
 *
 * @param x n x d, centred and of length 1, `y` its partners
 */
export async function fitContrastive(x: Dense, y: Dense, algebra: Algebra): Promise<Contrastive> {
  const { rows: n, cols } = x;
  const plain = await algebra.multiply(x, y, { transB: true });
  const evaluate = async (v: Float64Array) => {
    const moved = await algebra.multiply(x, { data: v, rows: cols, cols });
    const scores = await algebra.multiply(moved, y, { transB: true });
    for (let at = 0; at < scores.data.length; at++) {
      scores.data[at] = (scores.data[at]! + plain.data[at]!) / TEMPERATURE;
    }
    const { loss, slope } = crossEntropy(scores);
    const right = await algebra.multiply(slope, y);
    const { data: gradient } = await algebra.multiply(x, right, { transA: true });
    let size = 0;
    for (let at = 0; at < v.length; at++) {
      size += v[at]! ** 2;
      gradient[at] = gradient[at]! / (n * TEMPERATURE) + PENALTY * v[at]!;
    }
    return { loss: loss / n + (PENALTY * size) / 2, gradient };
  };
  const start = new Float64Array(cols * cols);
  const found = await minimise(evaluate, start, { maxSteps: STEPS, tolerance: TOLERANCE, window: 3 });
  const turn = found.at.slice();
  for (let k = 0; k < cols; k++) turn[k * (cols + 1)]! += 1;
  return { turn: { data: turn, rows: cols, cols }, loss: found.loss, converged: found.converged };
}

/** Half the cross-entropy of the diagonal by rows and half that by columns, summed, and its derivative by each score. */
export function crossEntropy({ data, rows: n }: Dense): { readonly loss: number; readonly slope: Dense } {
  const [byRow, byColumn] = [logSums(data, n, n, 1), logSums(data, n, 1, n)];
  const slope = new Float64Array(n * n);
  let loss = 0;
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < n; j++, at++) {
      slope[at] = (Math.exp(data[at]! - byRow[i]!) + Math.exp(data[at]! - byColumn[j]!)) / 2;
    }
    slope[i * (n + 1)]! -= 1;
    loss += (byRow[i]! + byColumn[i]!) / 2 - data[i * (n + 1)]!;
  }
  return { loss, slope: { data: slope, rows: n, cols: n } };
}

/** ln of the sum of exp along each of n lines of n numbers: line i starts at i `apart`, and its numbers are `step` from each other. */
function logSums(data: Float64Array, n: number, apart: number, step: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    const [from, to] = [i * apart, i * apart + n * step];
    let most = Number.NEGATIVE_INFINITY;
    for (let at = from; at < to; at += step) most = Math.max(most, data[at]!);
    let sum = 0;
    for (let at = from; at < to; at += step) sum += Math.exp(data[at]! - most);
    return most + Math.log(sum);
  });
}
