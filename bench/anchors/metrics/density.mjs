/** Densities of points by their distances, compared as Moor et al. (2020, Topological autoencoders) do. */

/**
 * f(i) = sum_j exp(-(d_ij / max d)^2 / sigma), the row itself counted, for several sigma; each sums to 1.
 *
 * @param {Float64Array | Float32Array} distances n x n
 * @param {number} n
 * @param {readonly number[]} sigmas
 * @returns {Float64Array[]} n values for each sigma
 */
export function densities(distances, n, sigmas) {
  let largest = 0;
  for (let p = 0; p < distances.length; p++) if (distances[p] > largest) largest = distances[p];
  return sigmas.map((sigma) => {
    const factor = -1 / (sigma * largest ** 2);
    const density = new Float64Array(n);
    let total = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let p = i * n; p < (i + 1) * n; p++) sum += Math.exp(distances[p] ** 2 * factor);
      density[i] = sum;
      total += sum;
    }
    return density.map((value) => value / total);
  });
}

/**
 * Kullback-Leibler divergence sum_i p_i ln(p_i / q_i).
 *
 * @param {Float64Array} p
 * @param {Float64Array} q
 */
export function divergence(p, q) {
  return p.reduce((sum, value, i) => sum + value * Math.log(value / q[i]), 0);
}
