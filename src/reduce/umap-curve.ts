/** How alike two places are at squared distance s: 1 / (1 + a s^b). */
export interface Curve {
  readonly a: number;
  readonly b: number;
}

const POINTS = 300;
const STEPS = 100;

/**
 * The curve nearest, in least squares over [0, 3 spread], to one that is 1 up to `minDist` and exp(-(distance - minDist) / spread) beyond (McInnes, Healy & Melville 2018, definition
 * 10), by Levenberg-Marquardt steps on ln a and ln b.
 */
export function curveFor(minDist: number, spread: number): Curve {
  const distances = Float64Array.from({ length: POINTS }, (_, i) => (3 * spread * i) / (POINTS - 1));
  const targets = distances.map((distance) =>
    distance < minDist ? 1 : Math.exp(-(distance - minDist) / spread),
  );
  let [a, b, damping] = [1, 1, 1e-3];
  let now = normalEquations(distances, targets, a, b);
  for (let step = 0; step < STEPS; step++) {
    const { aa, ab, bb, ra, rb } = now;
    const [own, other] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = own * other - ab * ab;
    const [nextA, nextB] = [
      a * Math.exp((other * ra - ab * rb) / determinant),
      b * Math.exp((own * rb - ab * ra) / determinant),
    ];
    const next = normalEquations(distances, targets, nextA, nextB);
    if (next.loss < now.loss) [a, b, now, damping] = [nextA, nextB, next, damping / 10];
    else damping *= 10;
  }
  return { a, b };
}

/** Residuals and their derivatives by ln a and ln b, multiplied and summed. */
function normalEquations(distances: Float64Array, targets: Float64Array, a: number, b: number) {
  const sums = { aa: 0, ab: 0, bb: 0, ra: 0, rb: 0, loss: 0 };
  distances.forEach((distance, i) => {
    const power = distance > 0 ? a * distance ** (2 * b) : 0;
    const value = 1 / (1 + power);
    const byA = -power * value * value;
    const byB = distance > 0 ? byA * 2 * b * Math.log(distance) : 0;
    const off = targets[i]! - value;
    sums.aa += byA * byA;
    sums.ab += byA * byB;
    sums.bb += byB * byB;
    sums.ra += byA * off;
    sums.rb += byB * off;
    sums.loss += off * off;
  });
  return sums;
}
