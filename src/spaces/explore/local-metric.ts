/** The symmetric 2 x 2 metric of a point of a picture: |dx|^2 = g11 dz1^2 + 2 g12 dz1 dz2 + g22 dz2^2. */
export type LocalMetric = readonly [g11: number, g12: number, g22: number];

/** Half axes of an ellipse, the longer first, and the angle of the longer, radians in (-pi/2, pi/2]. */
export type EllipseAxes = readonly [major: number, minor: number, angle: number];

/** Below this share of the square of their spread offsets lie on a line: then there is no map of the plane. */
const FLAT = 1e-10;

/**
 * The metric that the picture has at a point by the least squares fit of a map from the picture to the original, x ~ x0 + J z: G = J'J. With both sides
 * around their means, C = sum dx dz' and S = sum dz dz': J = C S^-1.
 *
 * Not the least squares fit of |dx|^2 = dz' G dz, which takes every coordinate of noise in the original for length and can come out indefinite. Cost: 3 m D.
 *
 * @param z m x 2 positions, the point's own among them
 * @param x m x D
 * @returns null where the positions lie on a line
 */
export function localMetric(z: Float64Array, x: Float64Array): LocalMetric | null {
  const m = z.length / 2;
  const cols = x.length / m;
  let [mean1, mean2] = [0, 0];
  for (let i = 0; i < m; i++) {
    mean1 += z[2 * i]! / m;
    mean2 += z[2 * i + 1]! / m;
  }
  let [s11, s12, s22] = [0, 0, 0];
  const offsets = new Float64Array(2 * m);
  for (let i = 0; i < m; i++) {
    const u = z[2 * i]! - mean1;
    const v = z[2 * i + 1]! - mean2;
    offsets[2 * i] = u;
    offsets[2 * i + 1] = v;
    s11 += u * u;
    s12 += u * v;
    s22 += v * v;
  }
  const determinant = s11 * s22 - s12 * s12;
  if (!(determinant > FLAT * (s11 + s22) ** 2)) return null;
  let [c11, c12, c22] = [0, 0, 0];
  for (let j = 0; j < cols; j++) {
    // The offsets add up to nothing, so the mean of x may stay in; the first value is taken off for the sake of digits.
    const origin = x[j]!;
    let p = 0;
    let q = 0;
    for (let i = 0; i < m; i++) {
      const value = x[i * cols + j]! - origin;
      p += value * offsets[2 * i]!;
      q += value * offsets[2 * i + 1]!;
    }
    const r = (p * s22 - q * s12) / determinant;
    const s = (q * s11 - p * s12) / determinant;
    c11 += r * r;
    c12 += r * s;
    c22 += s * s;
  }
  return [c11, c12, c22];
}

/** A metric whose axes differ by more than this factor has a direction in which nothing moves, to rounding. */
const LONGEST = 1e6;

/**
 * The points of the picture that are at distance 1 in the original: half axes 1 / sqrt of the eigenvalues of G, the longer along the eigenvector of the smaller.
 *
 * @returns null where there is a direction in which nothing moves
 */
export function ellipseOf([g11, g12, g22]: LocalMetric): EllipseAxes | null {
  const large = (g11 + g22) / 2 + Math.hypot((g11 - g22) / 2, g12);
  // By the determinant: as a difference the smaller would lose its digits.
  const small = (g11 * g22 - g12 * g12) / large;
  if (!(small > 0) || !Number.isFinite(large) || large > LONGEST ** 2 * small) return null;
  const across = Math.atan2(2 * g12, g11 - g22) / 2;
  const angle = across > 0 ? across - Math.PI / 2 : across + Math.PI / 2;
  return [1 / Math.sqrt(small), 1 / Math.sqrt(large), angle];
}
