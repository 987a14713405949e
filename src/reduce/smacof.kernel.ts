import { type Kernel, type KernelTools, kernelUrl, planLoops } from "../engine/index.ts";

/** Set-up of one fit. */
export interface SmacofSetup {
  /** `m x m`, symmetric. */
  readonly lengths: Float64Array;
  /** `m x d` */
  readonly start: Float64Array;
  readonly m: number;
  readonly d: number;
  /** Of stress per iteration. */
  readonly tolerance: number;
  /** Sum over pairs of length^2. */
  readonly total: number;
  readonly relaxed: boolean;
}

/** Where a fit stands. */
export interface SmacofState {
  /** `m x d` */
  readonly coordinates: Float64Array;
  /** Sum over pairs of (length - distance)^2 at the coordinates. */
  readonly rawStress: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Iterations from one look at convergence to the next. The last of them is never relaxed: it brings back the scale that the others overshoot. */
const CYCLE = 5;

/** A task is a number of iterations; tasks go on where the last one stopped, so one worker must run them all. */
export async function open(
  { lengths, start, m, d, tolerance, total, relaxed }: SmacofSetup,
  tools: KernelTools,
): Promise<Kernel<number, null, SmacofState>> {
  const wide = (d + 1) & ~1;
  const { take, bytes } = planLoops();
  const at = { lengths: take(2 * m * m), x: take(2 * m * wide), next: take(2 * m * wide) };
  const { memory, functions } = await tools.loops(kernelUrl("./smacof.wasm", import.meta.url), bytes());
  new Float64Array(memory, at.lengths, m * m).set(lengths);
  const x = new Float64Array(memory, at.x, m * wide);
  const next = new Float64Array(memory, at.next, m * wide);
  for (let i = 0; i < m; i++) x.set(start.subarray(i * d, (i + 1) * d), i * wide);
  const transform = () => functions.guttman!(at.lengths, at.x, at.next, m, wide / 2);
  let iterations = 0;
  let converged = false;
  let last = Number.POSITIVE_INFINITY;
  return {
    async run(count) {
      for (const end = iterations + count; iterations < end && !converged; ) {
        const stress = Math.sqrt(transform() / total);
        if (iterations % CYCLE === 0) {
          converged = last - stress <= CYCLE * tolerance;
          if (converged) break;
          last = stress;
        }
        iterations++;
        if (relaxed && iterations % CYCLE !== 0) {
          for (let p = 0; p < x.length; p++) x[p] = 2 * next[p]! - x[p]!;
        } else {
          x.set(next);
        }
      }
      return null;
    },
    finish() {
      const coordinates = new Float64Array(m * d);
      for (let i = 0; i < m; i++) coordinates.set(x.subarray(i * wide, i * wide + d), i * d);
      return { coordinates, rawStress: transform(), iterations, converged };
    },
  };
}
