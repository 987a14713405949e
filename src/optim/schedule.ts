/** How a rate changes while steps are taken. Plain data; `every`, `warmup` and `over` count steps. */
export type Schedule =
  | { readonly kind: "constant"; readonly warmup?: number }
  /** Multiplied by `factor` after each `every` steps. */
  | { readonly kind: "step"; readonly every: number; readonly factor: number; readonly warmup?: number }
  /** Falls by half a cosine from 1 to `floor` over `over` steps (Loshchilov & Hutter 2017, equation 5, without restarts). */
  | { readonly kind: "cosine"; readonly over: number; readonly floor: number; readonly warmup?: number };

/** What a rate is multiplied by at step t = 0, 1, ...: between 0 and 1. Over the first `warmup` steps it rises in equal steps to what it would be. */
export function rateFactor(schedule: Schedule, t: number): number {
  const { warmup = 0 } = schedule;
  const rising = t < warmup ? (t + 1) / (warmup + 1) : 1;
  return rising * factorOf(schedule, t);
}

function factorOf(schedule: Schedule, t: number): number {
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "step":
      return schedule.factor ** Math.floor(t / schedule.every);
    case "cosine": {
      const share = Math.min(1, t / schedule.over);
      return schedule.floor + ((1 - schedule.floor) * (1 + Math.cos(Math.PI * share))) / 2;
    }
  }
}

/** Where a rate stands that is lowered when nothing gets better: kept between looks. */
export interface Plateau {
  /** Null: nothing was seen yet. */
  readonly best: number | null;
  /** Looks since the best. */
  readonly waited: number;
  readonly factor: number;
}

export const PLATEAU_START: Plateau = { best: null, waited: 0, factor: 1 };

/** After another look at what is to become small: after more than `patience` without a new best by a share of 1e-4, the rate is multiplied by `by`. */
export function atPlateau(state: Plateau, value: number, patience: number, by: number): Plateau {
  if (state.best === null || value < state.best * (1 - 1e-4)) return { ...state, best: value, waited: 0 };
  const waited = state.waited + 1;
  return waited > patience ? { ...state, waited: 0, factor: state.factor * by } : { ...state, waited };
}

/** A number that goes in a straight line from one value to another between two steps, and stays. */
export interface Ramp {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** A number at step t. */
export function rampAt(number: number | Ramp, t: number): number {
  if (typeof number === "number") return number;
  const { from, to, start, end } = number;
  if (t <= start) return from;
  return t >= end ? to : from + ((to - from) * (t - start)) / (end - start);
}
