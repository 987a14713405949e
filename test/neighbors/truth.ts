import type { Matrix } from "../../src/base/index.ts";
import type { Metric } from "../../src/neighbors/index.ts";

/** What neighbours are ordered by, in float64, from the definition: squared for euclidean and cosine, so that ties tie. */
export function order(a: Matrix, i: number, b: Matrix, j: number, metric: Metric): number {
  const x = Array.from(a.data.subarray(i * a.cols, (i + 1) * a.cols));
  const y = Array.from(b.data.subarray(j * b.cols, (j + 1) * b.cols));
  const sum = (v: number[]) => v.reduce((total, value) => total + value, 0);
  if (metric === "manhattan") return sum(x.map((v, k) => Math.abs(v - y[k]!)));
  const scale = (v: number[]) =>
    metric === "cosine" ? 1 / Math.sqrt(sum(v.map((value) => value * value))) : 1;
  return sum(x.map((v, k) => (v * scale(x) - y[k]! * scale(y)) ** 2));
}

/** Every distance, sorted by (distance, row number): the readable truth. */
export function truth(
  q: Matrix,
  x: Matrix,
  k: number,
  metric: Metric,
): { ids: number[]; distances: number[] } {
  const ids: number[] = [];
  const distances: number[] = [];
  for (let i = 0; i < q.rows; i++) {
    const all = Array.from({ length: x.rows }, (_, j) => ({ j, d: order(q, i, x, j, metric) }))
      .filter(({ j }) => !(q === x && j === i))
      .sort((a, b) => a.d - b.d || a.j - b.j)
      .slice(0, k);
    ids.push(...all.map(({ j }) => j));
    distances.push(...all.map(({ d }) => (metric === "manhattan" ? d : Math.sqrt(d))));
  }
  return { ids, distances };
}
