import { type Kernel, type KernelTools, kernelUrl, planLoops } from "../engine/index.ts";
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
const STEPS = 1024;

/** A task is a range of first places. */
export async function open(
  setup: PairGradientSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], PairGradient, null>> {
  const { lengths, partners, order, d } = setup;
  const lengthsOf = lengths ? null : await openLengths(setup, STEPS, tools);
  const pull = d === 2 ? await openFlatPull(setup, tools) : pullAny(setup);
  return {
    async run([start, end]) {
      const sums: PairSums = { loss: 0, total: 0, gradient: new Float64Array(order.length * d) };
      for (let first = start; first < end; first += PAIR_ROWS) {
        const rows = Math.min(PAIR_ROWS, end - first);
        for (let from = 1; from <= partners; from += STEPS) {
          const steps = Math.min(STEPS, partners + 1 - from);
          const own = lengthsOf
            ? await lengthsOf(first, rows, from, steps)
            : held(lengths!, partners, first, rows, from, steps);
          pull(first, rows, from, steps, own, sums);
        }
      }
      return sums;
    },
    finish: () => null,
  };
}

/** Lengths as they are held, laid out as those that are measured. */
function held(
  lengths: Float32Array,
  partners: number,
  first: number,
  rows: number,
  from: number,
  steps: number,
): Float32Array {
  if (steps === partners) return lengths.subarray(first * partners, (first + rows) * partners);
  const out = new Float32Array(rows * steps);
  for (let r = 0; r < rows; r++) {
    const at = (first + r) * partners + from - 1;
    out.set(lengths.subarray(at, at + steps), r * steps);
  }
  return out;
}

interface PairSums {
  loss: number;
  total: number;
  readonly gradient: Float64Array;
}

/** Adds what the pairs of some places and steps have. */
type Pull = (
  first: number,
  rows: number,
  from: number,
  steps: number,
  lengths: Float32Array,
  sums: PairSums,
) => void;

/** Steps from a place to consecutive others: up to the end, and from the start on. */
function* runs(place: number, from: number, steps: number, n: number) {
  const to = (place + from) % n;
  const before = Math.min(steps, n - to);
  yield { to, at: 0, count: before };
  if (before < steps) yield { to: 0, at: before, count: steps - before };
}

function pullAny(setup: PairGradientSetup): Pull {
  const { length: n } = setup.order;
  return (first, rows, from, steps, lengths, sums) => {
    for (let r = 0; r < rows; r++) {
      for (const { to, at, count } of runs(first + r, from, steps, n)) {
        const start = r * steps + at;
        pullPlace(setup, first + r, to, lengths.subarray(start, start + count), sums);
      }
    }
  };
}

/** Pairs of one place with consecutive others. */
function pullPlace(
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

/** Two dimensions, the usual case, in WebAssembly and float32; sums of a few places are added in float64. */
async function openFlatPull(
  { places, weights, order }: PairGradientSetup,
  tools: KernelTools,
): Promise<Pull> {
  const { length: n } = order;
  const { take, bytes } = planLoops();
  // Four numbers at a time may reach beyond the end.
  const [x, y, gx, gy] = [take(n + 4), take(n + 4), take(n + 4), take(n + 4)];
  const [own, sum] = [take(PAIR_ROWS * STEPS + 4), take(4)];
  const { memory, functions } = await tools.loops(kernelUrl("./pull.wasm", import.meta.url), bytes());
  const view = (at: number, count: number) => new Float32Array(memory, at, count);
  const [xs, ys, gxs, gys, given] = [
    view(x, n),
    view(y, n),
    view(gx, n),
    view(gy, n),
    view(own, PAIR_ROWS * STEPS),
  ];
  const found = new Float64Array(memory, sum, 2);
  const isInverse = Number(weights === "inverse");
  return (first, rows, from, steps, lengths, sums) => {
    for (let i = 0; i < n; i++) {
      xs[i] = places[2 * i]!;
      ys[i] = places[2 * i + 1]!;
    }
    gxs.fill(0);
    gys.fill(0);
    found.fill(0);
    given.set(lengths);
    for (let r = 0; r < rows; r++) {
      for (const { to, at, count } of runs(first + r, from, steps, n))
        functions.pull!(x, y, gx, gy, own + 4 * (r * steps + at), first + r, to, count, isInverse, sum);
    }
    sums.loss += found[0]!;
    sums.total += found[1]!;
    for (let i = 0; i < n; i++) {
      sums.gradient[2 * i]! += gxs[i]!;
      sums.gradient[2 * i + 1]! += gys[i]!;
    }
  };
}
