/**
 * Neighbours and their ranks as the authors of T1 and T2 count them: each row of distances sorted, the row itself first, ties by row number.
 *
 * @typedef {{ order: Int32Array, rank: Int32Array, n: number }} Ranks
 *   `order[i n + r]` is the row at rank r as seen from i, `rank[i n + j]` the rank of row j: 0 is the row itself.
 */

/**
 * @param {Float64Array} distances n x n
 * @param {number} n
 * @returns {Ranks}
 */
export function ranksOf(distances, n) {
  const order = new Int32Array(n * n);
  const rank = new Int32Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = distances.subarray(i * n, (i + 1) * n);
    const sorted = order.subarray(i * n, (i + 1) * n);
    for (let j = 0; j < n; j++) sorted[j] = j;
    sorted.sort((a, b) => row[a] - row[b] || a - b);
    for (let r = 0; r < n; r++) rank[i * n + sorted[r]] = r;
  }
  return { order, rank, n };
}

/**
 * Trustworthiness (Venna & Kaski 2001): 1 - 2 / (n k (2n - 3k - 1)) times the sum of r_X(i, j) - k over those of the k neighbours in Z that are none in X.
 * With the arguments exchanged: continuity.
 *
 * @param {Ranks} x
 * @param {Ranks} z
 * @param {number} k
 */
export function trustworthiness(x, z, k) {
  const { n } = x;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let r = 1; r <= k; r++) sum += Math.max(0, x.rank[i * n + z.order[i * n + r]] - k);
  }
  return 1 - (2 / (n * k * (2 * n - 3 * k - 1))) * sum;
}

/**
 * Mean relative rank error (Lee & Verleysen 2008), mean of both sides: |r_X - r_Z| / r_Z over the k neighbours in Z, and / r_X over those in X, each over
 * n sum_{j <= k} |2j - n - 1| / j. 0 is best.
 *
 * @param {Ranks} x
 * @param {Ranks} z
 * @param {number} k
 */
export function meanRelativeRankError(x, z, k) {
  const { n } = x;
  let worst = 0;
  for (let j = 1; j <= k; j++) worst += Math.abs(2 * j - n - 1) / j;
  return (rankErrors(z, x, k) + rankErrors(x, z, k)) / (2 * n * worst);
}

/** Sum of |rank here - rank there| / rank here over the k neighbours here. */
function rankErrors(here, there, k) {
  const { n } = here;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let r = 1; r <= k; r++) sum += Math.abs(r - there.rank[i * n + here.order[i * n + r]]) / r;
  }
  return sum;
}
