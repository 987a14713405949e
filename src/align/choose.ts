import { type Interval, mean, meanInterval } from "../base/index.ts";
import type { AlignVerdict, Estimate, HeldOutScore } from "./result.ts";
import type { Retrieved } from "./retrieval.ts";

/** Differences of recall that do not matter. */
export const TOLERANCE = 0.01;

const SHARES: Interval = [0, 1];

/** The mean of what rows scored, and how sure it is for others like them. */
export function estimate(values: Float64Array, range: Interval = SHARES): Estimate {
  return {
    value: mean(values),
    interval: meanInterval(values, Number.POSITIVE_INFINITY, range),
    n: values.length,
  };
}

/** `estimate`, beside what shuffled pairs reach. */
export function heldOutScore(own: Float64Array, shuffled: Float64Array): HeldOutScore {
  return { ...estimate(own), null: mean(shuffled) };
}

/** How much more the first has than the second, row by row. */
export function difference(more: Float64Array, less: Float64Array): Estimate {
  return estimate(
    more.map((value, i) => value - less[i]!),
    [-1, 1],
  );
}

/** What a method found with true pairs, and with shuffled ones. */
export interface Tried {
  readonly own: Retrieved;
  /** Of all rows that were scored, or of some. */
  readonly shuffled: Retrieved;
  /** Recall with true pairs less that with shuffled ones, row by row. */
  readonly gain: Float64Array;
}

/** The best, and the stiffest whose recall is surely no more than a point below it. By place; methods come from stiff to flexible. */
export function chooseStiffest(tried: readonly Tried[]): { readonly best: number; readonly chosen: number } {
  const recalls = tried.map(({ own }) => mean(own.recall));
  const best = recalls.indexOf(Math.max(...recalls));
  const chosen = tried.findIndex(
    ({ own }) => difference(tried[best]!.own.recall, own.recall).interval[1] <= TOLERANCE,
  );
  return { best, chosen: chosen < 0 ? best : chosen };
}

/** Does true pairing find surely more than a point more than shuffled pairing? */
export function isRelated({ gain }: Tried): boolean {
  return estimate(gain, [-1, 1]).interval[0] > TOLERANCE;
}

/** @param target the recall that a migration has to keep */
export function verdictOf(tried: readonly Tried[], recall: Estimate, target: number): AlignVerdict {
  if (!tried.some(isRelated)) return "unrelated";
  return recall.interval[0] >= target ? "migrate" : "re-embed";
}
