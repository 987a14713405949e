import type { Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { BalanceSetup } from "./balance.kernel.ts";
import type { Layout } from "./layout.ts";
import type { StepPlan } from "./step.ts";
import type { InputSetup } from "./step-inputs.ts";

export interface BalanceOptions extends Watch {
  readonly plan: StepPlan;
  readonly layout: Layout;
  readonly inputs: InputSetup;
  readonly values: Float32Array;
  /** Weights that were set before: they stay. */
  readonly before: Readonly<Record<string, number>>;
  /** Of the length of the gradient of the first loss, penalty by penalty. */
  readonly shares: Readonly<Record<string, number>>;
  /** The step whose batch is looked at first. */
  readonly step: number;
  readonly engine: EngineInfo;
}

/** Batches that lengths are the mean of. */
const BATCHES = 4;

/**
 * Weights of penalties by the lengths of gradients: w = share |grad of the first loss| / |grad of the penalty|, over all parameters and some batches (after Wang, Teng & Perdikaris 2021,
 * equation 11, once). Balanced again and again, a penalty that is all but kept would be given an ever larger weight. Cost: a gradient of each term for each of 4 batches.
 */
export async function balanced(options: BalanceOptions): Promise<Readonly<Record<string, number>>> {
  const { plan, layout, inputs, values, before, shares, step, engine, signal } = options;
  const setup: BalanceSetup = { plan, layout, inputs, values, threads: engine.threads };
  const { results } = await runBlocks<number, readonly number[], null>({
    ...(signal && { signal }),
    engine: { ...engine, threads: 1 },
    kernel: kernelUrl("./balance.kernel.js", import.meta.url),
    setup,
    tasks: Array.from({ length: BATCHES }, (_, k) => step + k),
    stage: "balance",
  });
  const means = plan.balance!.terms.map(
    (_, k) => results.reduce((sum, norms) => sum + norms[k]!, 0) / BATCHES,
  );
  const weights = plan.balance!.terms.slice(1).flatMap((name, k) => {
    const share = shares[name];
    if (share === undefined || before[name] !== undefined) return [];
    const wanted = (share * means[0]!) / means[k + 1]!;
    return [[name, Number.isFinite(wanted) ? wanted : share] as const];
  });
  return { ...before, ...Object.fromEntries(weights) };
}
