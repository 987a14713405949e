import {
  checkInteger,
  checkNumber,
  IsometerError,
  type Matrix,
  matrix,
  row,
  type Warning,
  type Watch,
} from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { connectedGraph, type Graph } from "../../neighbors/graph.ts";
import { makeSpace, openSearched, type Searched } from "../../neighbors/index.ts";
import { type Decoder, decoded } from "./decoder.ts";
import { checkEnds, cumulative, distance, type Path, stepLengths } from "./path.ts";
import { cheapestRoute, type Link } from "./route.ts";

export interface DataGraphOptions extends Watch {
  readonly engine: EngineInfo;
  /** Neighbours are near as the decoder has them. Default: as codes. */
  readonly decoder?: Decoder | null;
  /** k of the graph, default 10. */
  readonly nNeighbors?: number;
}

/** The graph of nearest neighbours of codes, made once for many paths. */
export interface DataGraph {
  /** n x d. */
  readonly codes: Matrix;
  readonly decoder: Decoder | null;
  readonly nNeighbors: number;
  readonly graph: Graph;
  /** To find the neighbours of ends that are no rows. */
  readonly searched: Searched;
  readonly warnings: readonly Warning[];
}

/** A path through data. */
export interface DataPath extends Path {
  readonly kind: "data";
  /** The rows that it goes through, in order. */
  readonly through: readonly number[];
}

/** Corners of the curve from row to row. */
const CORNERS = 8;

/** Between which knots each level of the spline's pyramid mixes the one before. */
const PYRAMID = [
  [
    [0, 1],
    [1, 2],
    [2, 3],
  ],
  [
    [0, 2],
    [1, 3],
  ],
  [[1, 2]],
] as const;

/**
 * The graph of the k nearest neighbours of all codes, in parts joined by their shortest edges (`connectedGraph`). Cost n^2 d / 2 multiplications (n^2 D / 2 by the rows of a decoder).
 *
 * @param codes n x d
 * @throws bad-option k outside [1, n - 1]; non-finite
 */
export async function openDataGraph(codes: Matrix, options: DataGraphOptions): Promise<DataGraph> {
  const { engine, decoder = null, nNeighbors = 10, ...watch } = options;
  if (codes.rows < 2) {
    throw new IsometerError("too-few-rows", `a path along the data needs codes, got ${codes.rows}`, {
      needed: "2 rows or more",
    });
  }
  checkInteger("nNeighbors", nNeighbors, 1, codes.rows - 1);
  const rows = await decoded(decoder, codes);
  const space = await makeSpace(rows, "euclidean", { engine, name: "codes" });
  const { graph, parts } = await connectedGraph(space, nNeighbors, engine, watch);
  const searched = await openSearched(rows, { metric: "euclidean", engine, name: "codes" });
  const warnings: readonly Warning[] =
    parts.count > 1
      ? [
          {
            code: "graph-in-parts",
            message: `the ${nNeighbors}-nearest-neighbour graph of the codes is in ${parts.count} parts, joined by the shortest edges between them: a path from part to part leaves the data`,
            rows: parts.first.slice(0, 5),
            count: parts.count,
          },
        ]
      : [];
  return { codes, decoder, nNeighbors, graph, searched, warnings };
}

/**
 * The cheapest route through the graph, as a smooth curve: min over routes of sum |x_i - x_{i+1}|^p over its edges (the power-weighted shortest path distance of Hwang, Damelin & Hero 2016;
 * p = 1: Isomap's geodesic, p = 2 would rather take many short edges, which lie where data are dense). The curve through the codes of the route is a centripetal Catmull-Rom spline
 * (Yuksel, Schaefer & Keyser 2011), which makes no loops; its parameter is its length. Cost O(e log e) for e edges, and the neighbours of both ends.
 *
 * @param from d numbers, a row or not
 * @param to d numbers
 * @param options.power p, 1 to 8, default 2
 * @throws bad-value for different widths; bad-option; non-finite
 */
export async function dataPath(
  data: DataGraph,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  options: { readonly power?: number } = {},
): Promise<DataPath> {
  const { power = 2 } = options;
  checkEnds(from, to);
  checkNumber("power", power, 1, 8);
  const ends = matrix(Float32Array.from([...Array.from(from), ...Array.from(to)]), 2, from.length);
  const costOf = (length: number) => length ** power;
  const near = await endLinks(data, ends);
  const [start, end] = near.links.map((links) => links.map((link) => ({ ...link, cost: costOf(link.cost) })));
  const route = cheapestRoute(data.graph, start!, end!, costOf);
  // Ends that are near each other need no row in between.
  const isDirect = near.isNear && (!route || costOf(near.apart) <= route.cost);
  const through = isDirect ? [] : (route?.rows ?? []);
  const line = distinct([row(ends, 0), ...through.map((i) => row(data.codes, i)), row(ends, 1)]);
  const points = smooth(line);
  const along = cumulative(stepLengths(points));
  const whole = along.at(-1)!;
  const parameters = along.map((value, p) => (whole > 0 ? value / whole : p / (along.length - 1)));
  return { kind: "data", points, parameters, through };
}

/** The nearest rows of both ends, by their distances. An end that is a row is only near that one: the others are its neighbours in the graph. */
async function endLinks({ decoder, searched, codes, nNeighbors }: DataGraph, ends: Matrix) {
  const seen = await decoded(decoder, ends);
  const k = Math.min(nNeighbors, codes.rows);
  const { ids, distances } = await searched.nearest(seen, k);
  const apart = distance(row(seen, 0), row(seen, 1));
  const links = [0, 1].map((e): Link[] => {
    const all = Array.from(ids.subarray(e * k, (e + 1) * k), (id, q) => ({
      row: id,
      cost: distances[e * k + q]!,
    }));
    return all[0]!.cost === 0 ? [all[0]!] : all;
  });
  const furthest = Math.max(distances[k - 1]!, distances[2 * k - 1]!);
  return { links, apart, isNear: apart <= furthest };
}

/** Points without those that are where the last one was; two at least. */
function distinct(line: readonly Float32Array[]): readonly Float32Array[] {
  const kept = line.filter((point, i) => i === 0 || distance(point, line[i - 1]!) > 0);
  return kept.length > 1 ? kept : [line[0]!, line[0]!];
}

/** A centripetal Catmull-Rom spline through points, by the pyramid of Barry & Goldman (1988); before the first and after the last one a point is mirrored. */
function smooth(line: readonly Float32Array[]): Matrix {
  const cols = line[0]!.length;
  const last = line.length - 1;
  if (last === 1) return matrix(Float32Array.from([...line[0]!, ...line[1]!]), 2, cols);
  const mirrored = (of: Float32Array, at: Float32Array) => at.map((value, k) => 2 * value - of[k]!);
  const whole = [mirrored(line[1]!, line[0]!), ...line, mirrored(line[last - 1]!, line[last]!)];
  const points = new Float32Array((last * CORNERS + 1) * cols);
  for (let i = 0; i < last; i++) {
    const four = whole.slice(i, i + 4);
    for (let c = 0; c < CORNERS; c++) points.set(splineAt(four, c / CORNERS), (i * CORNERS + c) * cols);
  }
  points.set(line[last]!, last * CORNERS * cols);
  return matrix(points, last * CORNERS + 1, cols);
}

/** The spline of four points between the second and the third. */
function splineAt(four: readonly Float32Array[], share: number): Float64Array {
  const knots = [0, 0, 0, 0];
  for (let i = 1; i < 4; i++) knots[i] = knots[i - 1]! + Math.sqrt(distance(four[i]!, four[i - 1]!));
  const t = knots[1]! + share * (knots[2]! - knots[1]!);
  let level = four.map((point) => Float64Array.from(point));
  for (const spans of PYRAMID) {
    level = spans.map(([low, high], i) => {
      const part = (t - knots[low]!) / (knots[high]! - knots[low]!);
      return level[i]!.map((value, k) => (1 - part) * value + part * level[i + 1]![k]!);
    });
  }
  return level[0]!;
}
