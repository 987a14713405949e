import { checkInteger, type Matrix, type Points, permutation, rng, sharedInt32 } from "../base/index.ts";
import { heldMatrix } from "../engine/index.ts";
import { toUnitRows } from "../linalg/index.ts";
import { type LengthTable, makeGeodesicSpace } from "../neighbors/index.ts";
import { classicalScaling } from "./classical-scaling.ts";
import type { Fit } from "./fit.ts";
import { triangulation } from "./landmark-model.ts";
import type { FitOptions } from "./linear-map.ts";
import { neighborFit } from "./neighbor-map.ts";
import { fewerNeighbors } from "./neighbors-for.ts";

export interface IsomapOptions extends FitOptions {
  /** k of the graph, the row itself not counted. Default 15. */
  readonly nNeighbors?: number;
}

/** Landmarks, and numbers of the table of lengths from them. */
const LANDMARKS = { most: 1000, least: 128, numbers: 2 ** 25 } as const;

/**
 * Isomap: classical scaling of geodesics, the shortest paths in the graph of the k nearest neighbours (Tenenbaum, de Silva & Langford 2000), by landmarks (de Silva & Tenenbaum
 * 2004): they are scaled, and every row is placed by its geodesics to them. Parts of the graph are joined by the shortest edges between them, which is said.
 *
 * Cost: the graph (n^2 D / 2), then O(m (n + e) log n) for m landmarks, 128 to 1,000. Memory 4 m n bytes, up to 128 MB. New rows are placed by their neighbours, of which they
 * are a weighted mean: nearby the map is straight.
 *
 * @throws bad-option for numbers out of range
 */
export async function fitIsomap(given: Points, nComponents: number, options: IsomapOptions): Promise<Fit> {
  const { unitRows, engine, seed, onProgress, signal } = options;
  const points = heldMatrix(given);
  const n = points.rows;
  const { nNeighbors = 15 } = options;
  const k = Math.min(nNeighbors, n - 1);
  checkInteger("nNeighbors", k, 1);
  const random = rng(seed).split("isomap");
  const { space, warnings } = await makeGeodesicSpace(unitRows ? unit(points) : points, {
    neighbors: k,
    sources: landmarksOf(n, random),
    engine,
    name: "the rows",
    flag: "--n-neighbors",
    watch: { ...(onProgress && { onProgress }), ...(signal && { signal }) },
  });
  const { places, residual } = scaled(space.table!, nComponents, space.unit, random);
  const codes = { data: places, rows: n, cols: nComponents };
  return neighborFit({
    map: {
      points,
      codes,
      metric: unitRows ? "cosine" : "euclidean",
      nNeighbors: k,
      placing: { kind: "weights" },
    },
    converged: true,
    iterations: 1,
    objective: { name: "residual variance", value: residual },
    details: { landmarks: space.table!.sources.length, neighbors: k },
    warnings: [...fewerNeighbors(nNeighbors, k), ...warnings],
  });
}

function landmarksOf(n: number, random: ReturnType<typeof rng>): Int32Array {
  const { most, least, numbers } = LANDMARKS;
  const count = Math.min(n, most, Math.max(least, Math.floor(numbers / n)));
  const sources = sharedInt32(count);
  sources.set(permutation(random, n).subarray(0, count).sort());
  return sources;
}

function unit({ data, rows, cols }: Matrix): Matrix {
  const own = data.slice();
  toUnitRows(own, cols);
  return { data: own, rows, cols };
}

/** Landmarks scaled, and all rows placed by them, in the units of the data; and how much of the geodesics they leave unsaid: 1 - r^2 (Tenenbaum et al. 2000, figure 2). */
function scaled({ lengths, sources }: LengthTable, d: number, unit: number, random: ReturnType<typeof rng>) {
  const m = sources.length;
  const n = lengths.length / m;
  const between = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) between[i * m + j] = lengths[i * n + sources[j]!]!;
  const own = classicalScaling(between, m, d, random);
  const { weights } = triangulation({ data: Float32Array.from(own), rows: m, cols: d });
  const means = new Float64Array(m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) means[i]! += between[i * m + j]! ** 2 / m;
  const places = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < d; c++) {
      let sum = 0;
      for (let l = 0; l < m; l++) sum += weights[l * d + c]! * (lengths[l * n + i]! ** 2 - means[l]!);
      places[i * d + c] = sum;
    }
  }
  const residual = residualVariance(between, sources, places, d);
  return { places: places.map((value) => value / unit), residual };
}

function residualVariance(
  between: Float64Array,
  sources: Int32Array,
  places: Float32Array,
  d: number,
): number {
  const m = sources.length;
  const sums = { x: 0, y: 0, xx: 0, yy: 0, xy: 0, count: 0 };
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < i; j++) {
      const x = between[i * m + j]!;
      let square = 0;
      for (let c = 0; c < d; c++)
        square += (places[sources[i]! * d + c]! - places[sources[j]! * d + c]!) ** 2;
      const y = Math.sqrt(square);
      sums.x += x;
      sums.y += y;
      sums.xx += x * x;
      sums.yy += y * y;
      sums.xy += x * y;
      sums.count++;
    }
  }
  const { x, y, xx, yy, xy, count } = sums;
  const [vx, vy, cov] = [xx - (x * x) / count, yy - (y * y) / count, xy - (x * y) / count];
  return vx > 0 && vy > 0 ? 1 - (cov * cov) / (vx * vy) : 0;
}
