import { checkInteger, IsometerError, type Rng, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { classicalScaling } from "./classical-scaling.ts";
import type { SmacofSetup, SmacofState } from "./smacof.kernel.ts";

/** Multidimensional scaling of m points to d dimensions. */
export interface Smacof {
  /** `m x d`, centred. */
  readonly coordinates: Float64Array;
  /** sqrt(sum (length - distance)^2 / sum length^2) over all pairs, of these coordinates; at a minimum no other scale is better. */
  readonly stress: number;
  readonly iterations: number;
  readonly converged: boolean;
}

export interface SmacofOptions extends Watch {
  readonly engine: EngineInfo;
  /** For the start, which classical scaling finds by Lanczos. */
  readonly rng: Rng;
  /** `m x d`; default classical scaling: for straight lengths, their principal components. */
  readonly start?: Float64Array;
  /** Stop when five iterations lower stress by less than five times this. Default 1e-6. */
  readonly tolerance?: number;
  /** Default 300. */
  readonly maxIterations?: number;
  /** Go twice as far as each transform says, but on every fifth: about half the iterations (de Leeuw & Heiser 1980). Default true. */
  readonly relaxed?: boolean;
}

/** Iterations between looks at progress and the signal. */
const CHUNK = 10;

/**
 * SMACOF: metric multidimensional scaling, unweighted, by majorisation (de Leeuw 1977; Borg & Groenen 2005, chapter 8). Each iteration is one Guttman
 * transform; raw stress never rises, relaxed or not, and ends in a local minimum. Runs in a worker thread: one, so the result does not depend on how many there are.
 * Cost m^2 d per iteration, 8 m^2 bytes.
 *
 * @param lengths `m x m`, symmetric, 0 on the diagonal, on shared memory or not
 * @throws bad-value when the lengths are no m x m matrix of finite numbers, or the start is not m x d; bad-option; aborted
 */
export async function smacof(
  lengths: Float64Array,
  m: number,
  nComponents: number,
  options: SmacofOptions,
): Promise<Smacof> {
  const { engine, rng, tolerance = 1e-6, maxIterations = 300, relaxed = true, ...watch } = options;
  checkInteger("nComponents", nComponents, 1, Math.max(1, m));
  checkInteger("maxIterations", maxIterations, 1);
  const total = squares(lengths, m);
  const start = options.start ?? classicalScaling(lengths, m, nComponents, rng);
  if (start.length !== m * nComponents) {
    throw new IsometerError(
      "bad-value",
      `a start has m x d = ${m * nComponents} numbers, got ${start.length}`,
    );
  }
  const setup: SmacofSetup = { lengths, start, m, d: nComponents, tolerance, total: total || 1, relaxed };
  const chunks = Math.ceil(maxIterations / CHUNK);
  const { states } = await runBlocks<number, null, SmacofState>({
    ...watch,
    engine: { ...engine, threads: 1 },
    kernel: kernelUrl("./smacof.kernel.js", import.meta.url),
    setup,
    tasks: Array.from({ length: chunks }, (_, c) => Math.min(CHUNK, maxIterations - c * CHUNK)),
    stage: "scaling",
  });
  const { coordinates, rawStress, iterations, converged } = states[0]!;
  return { coordinates, stress: total > 0 ? Math.sqrt(rawStress / total) : 0, iterations, converged };
}

/** Sum over pairs of length^2. */
function squares(lengths: Float64Array, m: number): number {
  let total = 0;
  for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) total += lengths[i * m + j]! ** 2;
  if (lengths.length === m * m && Number.isFinite(total)) return total;
  throw new IsometerError("bad-value", `scaling needs ${m} x ${m} finite lengths`);
}
