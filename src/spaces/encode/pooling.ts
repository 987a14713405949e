import { IsometerError } from "../../base/index.ts";
import type { EncoderFiles, Settings } from "../../data/node-encoder.ts";
import type { Pooling } from "./encoder.ts";

/** Numbers of a model, with their sizes. */
export interface Output {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** What sentence-transformers calls the ways of pooling in 1_Pooling/config.json. */
const MODES: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: "mean",
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_lasttoken: "last",
};

/** How a model's own files say that it is pooled; "mean" where they say nothing. @throws unsupported-model for a way that is not known here */
export function poolingOf({ name, pooling }: EncoderFiles): Pooling {
  if (!pooling) return "mean";
  const on = modesOf(pooling);
  const [mode, ...others] = on;
  const known = mode !== undefined && others.length === 0 ? MODES[mode] : undefined;
  if (known) return known;
  throw new IsometerError("unsupported-model", `${name} is pooled in a way that is not known here`, {
    needed: Object.keys(MODES).join(", "),
    got: on.join(" and ") || "none",
    hint: "Choose one with --pooling if that is what you want; its vectors are then others than those of sentence-transformers.",
  });
}

function modesOf(pooling: Settings): string[] {
  // Newer files name it: { "pooling_mode": "mean" }.
  if (typeof pooling.pooling_mode === "string") {
    const named = pooling.pooling_mode;
    return [Object.keys(MODES).find((mode) => MODES[mode] === named) ?? named];
  }
  return Object.keys(pooling).filter((key) => key.startsWith("pooling_mode_") && pooling[key] === true);
}

/**
 * One vector for each item of an output of n x d, or n x t x d with t tokens of which `lengths` count.
 *
 * mean: sum over the tokens / their number; cls: the first; last: the last; max: the largest of each dimension. Sums in float64.
 *
 * @param into n x d numbers
 */
export function poolInto(
  { data, dims }: Output,
  pooling: Pooling | null,
  lengths: readonly number[],
  into: Float32Array,
): void {
  const d = dims.at(-1)!;
  const t = dims.length === 3 ? dims[1]! : 1;
  for (let i = 0; i < lengths.length; i++) {
    const item = data.subarray(i * t * d, (i + 1) * t * d);
    const count = dims.length === 3 ? Math.min(t, lengths[i]!) : 1;
    const target = into.subarray(i * d, (i + 1) * d);
    if (pooling === "mean" || pooling === "max") reduceTokens(item, count, pooling, target);
    else {
      const at = pooling === "last" ? count - 1 : 0;
      target.set(item.subarray(at * d, (at + 1) * d));
    }
  }
}

function reduceTokens(
  item: Float32Array,
  count: number,
  pooling: "mean" | "max",
  target: Float32Array,
): void {
  const d = target.length;
  for (let j = 0; j < d; j++) {
    let value = item[j]!;
    for (let k = 1; k < count; k++) {
      const next = item[k * d + j]!;
      value = pooling === "mean" ? value + next : Math.max(value, next);
    }
    target[j] = pooling === "mean" ? value / count : value;
  }
}

/** Each row divided by its length. Rows of zeros stay as they are. */
export function scaleToUnit(data: Float32Array, cols: number): void {
  for (let start = 0; start < data.length; start += cols) {
    let squares = 0;
    for (let j = start; j < start + cols; j++) squares += data[j]! ** 2;
    const length = Math.sqrt(squares);
    if (length > 0) for (let j = start; j < start + cols; j++) data[j] = data[j]! / length;
  }
}
