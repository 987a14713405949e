import type { Kernel } from "../engine/index.ts";
import { DISTORTIONS, type DistortionName } from "./distortions.ts";

/** Pairs of one distortion, from each of both ends: row i is paired with `ids[starts[i] ... starts[i + 1])`, `values` being their weights or their original distances. On shared memory. */
export interface Term {
  readonly distortion: DistortionName;
  readonly starts: Int32Array;
  readonly ids: Int32Array;
  readonly values: Float32Array;
}

/** Set-up of the distortion at some places, n x d, and its gradient: of the sum over pairs. */
export interface MdeSetup {
  readonly terms: readonly Term[];
  readonly places: Float64Array;
  readonly gradient: Float64Array;
  readonly d: number;
}

/** A task is a range of rows, whose gradient is filled in; it gives the distortion of the pairs of which they are the lower rows. */
export async function open({
  terms,
  places,
  gradient,
  d,
}: MdeSetup): Promise<Kernel<readonly [number, number], number, null>> {
  return {
    async run([start, end]) {
      gradient.fill(0, start * d, end * d);
      let loss = 0;
      for (const term of terms) loss += add(term, places, gradient, d, start, end);
      return loss;
    },
    finish: () => null,
  };
}

function add(
  { distortion, starts, ids, values }: Term,
  places: Float64Array,
  gradient: Float64Array,
  d: number,
  start: number,
  end: number,
): number {
  const { loss, force } = DISTORTIONS[distortion];
  let sum = 0;
  for (let i = start; i < end; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const j = ids[at]!;
      let s = 0;
      for (let k = 0; k < d; k++) s += (places[i * d + k]! - places[j * d + k]!) ** 2;
      const value = values[at]!;
      if (i < j) sum += loss(s, value);
      const pull = force(s, value);
      for (let k = 0; k < d; k++) gradient[i * d + k]! += pull * (places[i * d + k]! - places[j * d + k]!);
    }
  }
  return sum;
}
