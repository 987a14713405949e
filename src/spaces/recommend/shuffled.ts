import type { Rng } from "../../base/index.ts";

/** The numbers of [0, n) in random order (Fisher and Yates). */
export function shuffled(n: number, random: Rng): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
