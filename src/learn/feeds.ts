import { type ElementType, type InputExpression, input } from "../graph/index.ts";
import type { Positives } from "./pairing.ts";

/** What random numbers of a step follow: each element by itself (normal; uniform in [0, 1)), each row (a direction of length 1), or all at once (a permutation of 0 .. rows - 1, int64). */
export type Law = "normal" | "uniform" | "sphere" | "permutation";

/** Where a value that a step is given comes from. Plain data: the worker makes it. */
export type FeedSource =
  /** Drawn anew at each step, by a stream of the seed, the step and the name. */
  | { readonly kind: "random"; readonly law: Law }
  /** The rows of the batch, B x columns. */
  | { readonly kind: "rows" }
  /** Rows that belong to those of the batch: V of each, V B x columns. Drawn anew at each step, by a stream of the seed, the step and the name. */
  | { readonly kind: "positives"; readonly of: Positives }
  /** Columns that belong to rows, by name: labels, targets. B x columns. */
  | { readonly kind: "columns"; readonly of: string }
  /** Distances between the rows of the batch that are known beforehand, by name: B x B. */
  | { readonly kind: "distances"; readonly of: string }
  /** One number that may change from step to step, by name: a rate, a weight. */
  | { readonly kind: "number"; readonly of: string }
  /** What was found between a look at the batch and the step: B x B, or what its finder makes. */
  | { readonly kind: "found"; readonly finder: string; readonly of: string };

/** One input of a step. */
export interface FeedSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly from: FeedSource;
}

/** The inputs of a step, beside parameters and what goes with them. Asked for twice under one name, they are the same. */
export interface Feeds {
  ask(name: string, shape: readonly number[], from: FeedSource): InputExpression;
  readonly specs: readonly FeedSpec[];
}

/** Inputs of real numbers are of this type: float32 to train, float64 where the reference checks a formula. */
export function openFeeds(type: ElementType = "float"): Feeds {
  const made = new Map<string, { readonly spec: FeedSpec; readonly e: InputExpression }>();
  return {
    ask(name, shape, from) {
      const before = made.get(name);
      if (before) return before.e;
      const isWhole = from.kind === "random" && from.law === "permutation";
      const own = isWhole ? "int64" : type;
      const e = input(name, shape, own);
      made.set(name, { spec: { name, shape, type: own, from }, e });
      return e;
    },
    get specs() {
      return [...made.values()].map(({ spec }) => spec);
    },
  };
}
