import type { Kernel } from "../engine/index.ts";
import type { OrderLevelsSetup } from "./order-levels.kernel.ts";

/** Set-up of the derivative of non-metric stress. */
export interface OrderPullSetup extends OrderLevelsSetup {
  /** What the square of a distance counts against the product of distance and disparity: 1 less the squared stress. */
  readonly kept: number;
}

/** Below this two places are one, and pull in no direction. */
const NOWHERE = 1e-12;

/** A task is a range of positions. The result is the sum over their pairs of (kept distance - disparity) times the derivative of the distance by the places, n x d. */
export async function open(
  setup: OrderPullSetup,
): Promise<Kernel<readonly [number, number], Float64Array, null>> {
  return {
    async run([start, end]) {
      const gradient = new Float64Array(setup.n * setup.d);
      pull(setup, start, end, gradient);
      return gradient;
    },
    finish: () => null,
  };
}

function pull(
  { pairs, disparities, partners, places, n, d, kept }: OrderPullSetup,
  start: number,
  end: number,
  gradient: Float64Array,
): void {
  for (let at = start; at < end; at++) {
    const pair = pairs[at]!;
    const place = Math.floor(pair / partners);
    let other = place + 1 + (pair - place * partners);
    if (other >= n) other -= n;
    const [own, its] = [place * d, other * d];
    let square = 0;
    for (let k = 0; k < d; k++) {
      const difference = places[own + k]! - places[its + k]!;
      square += difference * difference;
    }
    const distance = Math.sqrt(square);
    if (distance < NOWHERE) continue;
    const factor = kept - disparities[at]! / distance;
    for (let k = 0; k < d; k++) {
      const part = factor * (places[own + k]! - places[its + k]!);
      gradient[own + k]! += part;
      gradient[its + k]! -= part;
    }
  }
}
