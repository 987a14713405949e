import type { Kernel, KernelTools } from "../engine/index.ts";
import { openLengths, PAIR_ROWS, type PairRows } from "./pair-rows.ts";

/** Set-up of the raw stress over the pairs of each place with `partners` that follow it. The places are read anew for each task. */
export interface PairGradientSetup extends PairRows {
  readonly partners: number;
  /** n x partners; null: measured each time, where they are too many to be held. */
  readonly lengths: Float32Array | null;
  /** What the square of a pair counts: all alike, or one over its length (Sammon 1969; pairs of equal rows then do not count). */
  readonly weights: PairWeights;
  /** n x d, on shared memory. */
  readonly places: Float64Array;
  readonly d: number;
}

export type PairWeights = "equal" | "inverse";

/** What some pairs add: the weighted sums of (distance - length)^2 and of length^2, and the derivative of the first by the places. */
export interface PairGradient {
  readonly loss: number;
  readonly total: number;
  readonly gradient: Float64Array;
}

/** Below this two places are one, and pull in no direction. */
const NOWHERE = 1e-12;

/** Steps that are measured at a time. */
const STEPS = 2048;

/** A task is a range of first places. */
export async function open(
  setup: PairGradientSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], PairGradient, null>> {
  const { lengths, partners, order, d } = setup;
  const lengthsOf = lengths ? null : await openLengths(setup, STEPS, tools);
  return {
    async run([start, end]) {
      const sums: PairSums = { loss: 0, total: 0, gradient: new Float64Array(order.length * d) };
      if (lengths) {
        const own = lengths.subarray(start * partners, end * partners);
        pull(setup, start, end - start, 1, partners, own, sums);
        return sums;
      }
      for (let first = start; first < end; first += PAIR_ROWS) {
        const rows = Math.min(PAIR_ROWS, end - first);
        for (let from = 1; from <= partners; from += STEPS) {
          const steps = Math.min(STEPS, partners + 1 - from);
          pull(setup, first, rows, from, steps, await lengthsOf!(first, rows, from, steps), sums);
        }
      }
      return sums;
    },
    finish: () => null,
  };
}

interface PairSums {
  loss: number;
  total: number;
  readonly gradient: Float64Array;
}

/** Adds what the pairs of some places and steps have. Two dimensions, the usual case, have a loop of their own: it is twice as fast. */
function pull(
  setup: PairGradientSetup,
  first: number,
  rows: number,
  from: number,
  steps: number,
  lengths: Float32Array,
  sums: PairSums,
): void {
  const { length: n } = setup.order;
  for (let r = 0; r < rows; r++) {
    const own = lengths.subarray(r * steps, (r + 1) * steps);
    const to = (first + r + from) % n;
    // Around the end.
    const before = Math.min(steps, n - to);
    const along = setup.d === 2 ? pullFlat : pullAny;
    along(setup, first + r, to, own.subarray(0, before), sums);
    if (before < steps) along(setup, first + r, 0, own.subarray(before), sums);
  }
}

/** Pairs of one place with consecutive others. */
function pullAny(
  { places, d, weights }: PairGradientSetup,
  place: number,
  to: number,
  lengths: Float32Array,
  sums: PairSums,
): void {
  const { gradient } = sums;
  const isInverse = weights === "inverse";
  const own = place * d;
  for (let s = 0; s < lengths.length; s++) {
    const other = (to + s) * d;
    let square = 0;
    for (let k = 0; k < d; k++) {
      const difference = places[own + k]! - places[other + k]!;
      square += difference * difference;
    }
    const distance = Math.sqrt(square);
    const length = lengths[s]!;
    const off = distance - length;
    const weight = isInverse ? (length > NOWHERE ? 1 / length : 0) : 1;
    sums.loss += weight * off * off;
    sums.total += weight * length * length;
    if (distance < NOWHERE) continue;
    const factor = (2 * weight * off) / distance;
    for (let k = 0; k < d; k++) {
      const part = factor * (places[own + k]! - places[other + k]!);
      gradient[own + k]! += part;
      gradient[other + k]! -= part;
    }
  }
}

function pullFlat(
  { places, weights }: PairGradientSetup,
  place: number,
  to: number,
  lengths: Float32Array,
  sums: PairSums,
): void {
  const { gradient } = sums;
  const isInverse = weights === "inverse";
  const [x, y] = [places[2 * place]!, places[2 * place + 1]!];
  let [loss, total, gx, gy] = [0, 0, 0, 0];
  for (let s = 0, other = 2 * to; s < lengths.length; s++, other += 2) {
    const dx = x - places[other]!;
    const dy = y - places[other + 1]!;
    const length = lengths[s]!;
    const distance = Math.sqrt(dx * dx + dy * dy);
    const off = distance - length;
    const weight = isInverse ? (length > NOWHERE ? 1 / length : 0) : 1;
    loss += weight * off * off;
    total += weight * length * length;
    const factor = distance < NOWHERE ? 0 : (2 * weight * off) / distance;
    gx += factor * dx;
    gy += factor * dy;
    gradient[other]! -= factor * dx;
    gradient[other + 1]! -= factor * dy;
  }
  gradient[2 * place]! += gx;
  gradient[2 * place + 1]! += gy;
  sums.loss += loss;
  sums.total += total;
}
