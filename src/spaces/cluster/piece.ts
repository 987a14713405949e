import { betaShare } from "../anomalies/beta.ts";

/** Places of a row within the piece, and of a neighbour around the row, that are looked at. */
const STEPS = 48;

/**
 * The share of nearest neighbours that stay within a piece cut out of an even cloud: a ball of m rows in d dimensions, k neighbours of each row. Of all shapes a ball loses the fewest. By the midpoint
 * rule over where rows and neighbours lie; between 1 and 2 dimensions in proportion. In two dimensions .93 for m = 180, k = 10; in eight .41.
 */
export function pieceShare(rows: number, nNeighbors: number, dimension: number): number {
  const d = Math.max(1, dimension);
  if (d >= 2) return shareInBall(rows, nNeighbors, d);
  return (2 - d) * shareInBall(rows, nNeighbors, 1) + (d - 1) * shareInBall(rows, nNeighbors, 2);
}

function shareInBall(rows: number, nNeighbors: number, d: number): number {
  const reach = (nNeighbors / rows) ** (1 / d);
  let sum = 0;
  for (let u = 0; u < STEPS; u++) {
    const row = ((u + 0.5) / STEPS) ** (1 / d);
    for (let v = 0; v < STEPS; v++) {
      const step = reach * ((v + 0.5) / STEPS) ** (1 / d);
      sum += shareBelow((1 - row * row - step * step) / (2 * row * step), d);
    }
  }
  return sum / STEPS ** 2;
}

/** The share of directions in d dimensions whose cosine with a fixed one is at most c: less a cap of the sphere, I_{1 - c^2}((d - 1) / 2, 1 / 2) / 2 (Li 2011). */
function shareBelow(c: number, d: number): number {
  if (c >= 1) return 1;
  if (c <= -1) return 0;
  if (d === 1) return 0.5;
  const cap = betaShare(1 - c * c, (d - 1) / 2, 0.5) / 2;
  return c >= 0 ? 1 - cap : cap;
}
