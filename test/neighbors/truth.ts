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

/** All shortest paths of a k-nearest-neighbour graph by the definition (Floyd 1962, Warshall 1962). */
export function floydWarshall(points: Matrix, k: number): number[][] {
  const { rows: n, cols, data } = points;
  const at = (i: number, c: number) => data[i * cols + c]!;
  const straight = (i: number, j: number) =>
    Math.sqrt(Array.from({ length: cols }, (_, c) => (at(i, c) - at(j, c)) ** 2).reduce((s, v) => s + v, 0));
  const all = Array.from({ length: n }, (_, i) => i);
  const near = all.map(
    (i) =>
      new Set(
        all
          .filter((j) => j !== i)
          .sort((p, q) => straight(i, p) - straight(i, q) || p - q)
          .slice(0, k),
      ),
  );
  const d = all.map((i) =>
    all.map((j) =>
      i === j ? 0 : near[i]!.has(j) || near[j]!.has(i) ? straight(i, j) : Number.POSITIVE_INFINITY,
    ),
  );
  for (const via of all) {
    for (const i of all) for (const j of all) d[i]![j] = Math.min(d[i]![j]!, d[i]![via]! + d[via]![j]!);
  }
  return d;
}
