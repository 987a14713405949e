import type { Rng } from "../base/index.ts";
import { exactOrder, lengthOf, type Space } from "../neighbors/index.ts";
import type { Certificate } from "./result.ts";

/** Pairs drawn: enough to add less than 1 % to the share that is seen. */
const PAIRS = 100_000;

/**
 * A certificate of stretch from pairs of rows drawn independently, with replacement.
 *
 * By the Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant, the empirical distribution F of r = dz / dx is within
 * sqrt(ln(2 / .05) / 2m) of the true one everywhere at once, with 95 % confidence. So the scale may come from the same sample, and
 *
 *   share outside of [c / (1 + e), c (1 + e)] <= 1 - F(c (1 + e)) + F(c / (1 + e)) + 2 sqrt(ln(40) / 2m)     for every c and e.
 *
 * Pairs that are torn have r = infinity, collapsed ones 0; those equal in both spaces keep their length. Cost: 100,000 (d_x + d_z).
 */
export function certificate(
  spaces: { readonly x: Space; readonly z: Space },
  c: number,
  rng: Rng,
): Certificate {
  const xOrder = exactOrder(spaces.x, spaces.x);
  const zOrder = exactOrder(spaces.z, spaces.z);
  const { rows } = spaces.x;
  const ratios = new Float64Array(PAIRS).map(() => {
    const i = rng.integer(rows);
    const other = rng.integer(rows - 1);
    const j = other < i ? other : other + 1;
    const dx = lengthOf(xOrder(i, j), spaces.x);
    const dz = lengthOf(zOrder(i, j), spaces.z);
    return dx === 0 && dz === 0 ? c : dz / dx;
  });
  const margin = 2 * Math.sqrt(Math.log(40) / (2 * PAIRS));
  const atMost = (e: number) => {
    const outside = ratios.reduce((sum, r) => sum + (r <= c / (1 + e) || r > c * (1 + e) ? 1 : 0), 0);
    return Math.min(1, outside / PAIRS + margin);
  };
  return {
    pairs: PAIRS,
    confidence: 0.95,
    atMost: { "0.1": atMost(0.1), "0.25": atMost(0.25), "0.5": atMost(0.5) },
  };
}
