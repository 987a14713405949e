/** Length squared below this share of what a vector had: it was a combination of the others, and what is left is rounding. */
const NOTHING = 1e-14;

/** Inner products of a vector with each of some others. Four at a time: it is then read a quarter as often. */
export function productsWith(vectors: readonly Float64Array[], w: Float64Array): Float64Array {
  const out = new Float64Array(vectors.length);
  const n = w.length;
  let i = 0;
  for (; i + 4 <= vectors.length; i += 4) {
    const [a, b, c, d] = [vectors[i]!, vectors[i + 1]!, vectors[i + 2]!, vectors[i + 3]!];
    let [p, q, r, s] = [0, 0, 0, 0];
    for (let k = 0; k < n; k++) {
      const value = w[k]!;
      p += value * a[k]!;
      q += value * b[k]!;
      r += value * c[k]!;
      s += value * d[k]!;
    }
    out[i] = p;
    out[i + 1] = q;
    out[i + 2] = r;
    out[i + 3] = s;
  }
  for (; i < vectors.length; i++) {
    const a = vectors[i]!;
    let sum = 0;
    for (let k = 0; k < n; k++) sum += w[k]! * a[k]!;
    out[i] = sum;
  }
  return out;
}

/** Adds `factor` times the combination of vectors by `weights` to w, four at a time. */
export function addCombination(
  w: Float64Array,
  vectors: readonly Float64Array[],
  weights: ArrayLike<number>,
  factor = 1,
): void {
  const n = w.length;
  let i = 0;
  for (; i + 4 <= vectors.length; i += 4) {
    const [a, b, c, d] = [vectors[i]!, vectors[i + 1]!, vectors[i + 2]!, vectors[i + 3]!];
    const p = factor * weights[i]!;
    const q = factor * weights[i + 1]!;
    const r = factor * weights[i + 2]!;
    const s = factor * weights[i + 3]!;
    for (let k = 0; k < n; k++) w[k]! += p * a[k]! + q * b[k]! + r * c[k]! + s * d[k]!;
  }
  for (; i < vectors.length; i++) {
    const a = vectors[i]!;
    const p = factor * weights[i]!;
    for (let k = 0; k < n; k++) w[k]! += p * a[k]!;
  }
}

/** Vectors that are combinations of others, `count x vectors.length` weights row by row. */
export function combinations(
  vectors: readonly Float64Array[],
  weights: readonly ArrayLike<number>[],
): Float64Array[] {
  return weights.map((own) => {
    const sum = new Float64Array(vectors[0]!.length);
    addCombination(sum, vectors, own);
    return sum;
  });
}

/**
 * Orthonormal vectors that together with orthonormal `others` span what all of them span: Gram-Schmidt twice (Golub & Van Loan, section 5.2). Fewer where vectors depend on
 * each other or on the others. `vectors` are overwritten.
 */
export function orthonormalised(
  vectors: readonly Float64Array[],
  others: readonly Float64Array[],
): Float64Array[] {
  const kept: Float64Array[] = [];
  for (const w of vectors) {
    const before = squareOf(w);
    for (let pass = 0; pass < 2; pass++) {
      for (const basis of [others, kept]) addCombination(w, basis, productsWith(basis, w), -1);
      if (!(squareOf(w) > NOTHING * before)) break;
    }
    const square = squareOf(w);
    if (!(square > NOTHING * before)) continue;
    const size = 1 / Math.sqrt(square);
    for (let k = 0; k < w.length; k++) w[k]! *= size;
    kept.push(w);
  }
  return kept;
}

function squareOf(w: Float64Array): number {
  return productsWith([w], w)[0]!;
}
