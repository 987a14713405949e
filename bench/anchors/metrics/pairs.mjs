/**
 * All distances of a space, n x n in float64, and what compares two such tables. For a thousand rows or so.
 *
 * @typedef {import("../../../dist/index.js").Matrix} Matrix
 */

/**
 * Euclidean distances between all rows.
 *
 * @param {Matrix} points n x d
 * @returns {Float64Array} n x n, symmetric, zeros on the diagonal
 */
export function distances({ data, rows, cols }) {
  const all = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = i + 1; j < rows; j++) {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += (data[i * cols + c] - data[j * cols + c]) ** 2;
      all[i * rows + j] = all[j * rows + i] = Math.sqrt(sum);
    }
  }
  return all;
}

/** Rows times a factor. */
export function scaled({ data, rows, cols }, factor) {
  return { data: data.map((value) => value * factor), rows, cols };
}

/** Mean of the squared differences of all entries. */
export function meanSquaredError(x, y) {
  let sum = 0;
  for (let i = 0; i < x.data.length; i++) sum += (x.data[i] - y.data[i]) ** 2;
  return sum / x.data.length;
}

/**
 * Pearson's correlation over pairs i < j; stress at the best scale a = sum dx dz / sum dz^2, relative to sum dx^2 (Smelser, Miller & Kobourov 2024);
 * and sqrt(sum (dx - dz)^2 / n^2), the diagonal counted, as it is and at that scale (Moor et al. 2020).
 *
 * @param {Float64Array} x n x n
 * @param {Float64Array} z n x n
 * @param {number} n
 */
export function comparePairs(x, z, n) {
  let [sx, sz, sxx, sxz, szz] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const dx = x[i * n + j];
      const dz = z[i * n + j];
      sx += dx;
      sz += dz;
      sxx += dx * dx;
      sxz += dx * dz;
      szz += dz * dz;
    }
  }
  const pairs = (n * (n - 1)) / 2;
  const covariance = sxz - (sx * sz) / pairs;
  const residual = sxx - sxz ** 2 / szz;
  return {
    pearson: covariance / Math.sqrt((sxx - sx ** 2 / pairs) * (szz - sz ** 2 / pairs)),
    stress: Math.sqrt(Math.max(0, residual) / sxx),
    rmse: Math.sqrt((2 * (sxx - 2 * sxz + szz)) / n ** 2),
    rmseAtBestScale: Math.sqrt((2 * Math.max(0, residual)) / n ** 2),
  };
}
