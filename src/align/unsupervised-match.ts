import type { Matrix } from "../base/index.ts";
import { type EngineInfo, openSession } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";

/** Inner products between the rows of two clouds, on all threads of the engine. */
export interface Products {
  /** `n x m`, row i of a with row j of b; the memory is used again by the next call. */
  between(a: Matrix, b: Matrix): Promise<Float32Array>;
  close(): Promise<void>;
}

export async function openProducts(engine: EngineInfo): Promise<Products> {
  const graph = gemm(input("a", ["n", "d"]), input("b", ["m", "d"]), { transB: true });
  const session = await openSession(toOnnx({ outputs: { y: graph } }), engine, engine.threads);
  let scratch = new Float32Array(0);
  const between: Products["between"] = async (a, b) => {
    const size = a.rows * b.rows;
    if (scratch.length < size) scratch = new Float32Array(size);
    const y = scratch.subarray(0, size);
    const feeds = {
      a: { data: a.data, dims: [a.rows, a.cols] },
      b: { data: b.data, dims: [b.rows, b.cols] },
    };
    await session.run(feeds, { y: { data: y, dims: [a.rows, b.rows] } });
    return y;
  };
  return { between, close: () => session.close() };
}

/** Who is whose nearest under CSLS. */
export interface Matching {
  /** For each row of the first side its nearest of the second. */
  readonly nearest: Int32Array;
  /** Rows that are each other's nearest, side by side. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Mean CSLS of those. */
  readonly criterion: number;
}

/** k of CSLS, as in the paper (`hubnessCorrected`). */
const HUB_NEIGHBORS = 10;

/** Mutual nearest neighbours by 2 cos - r - r (see `hubnessCorrected`), from the cosines of all pairs, `n x m`. Cost: two passes over them. */
export function matchMutually(cosines: Float32Array, n: number, m: number): Matching {
  const { rows, cols } = topMeans(cosines, n, m, Math.min(HUB_NEIGHBORS, n, m));
  const nearest = new Int32Array(n);
  const back = new Int32Array(m);
  const best = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  const bestBack = new Float64Array(m).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < m; j++, at++) {
      const value = 2 * cosines[at]! - rows[i]! - cols[j]!;
      if (value > best[i]!) {
        best[i] = value;
        nearest[i] = j;
      }
      if (value > bestBack[j]!) {
        bestBack[j] = value;
        back[j] = i;
      }
    }
  }
  const mutual = Array.from(nearest.keys()).filter((i) => back[nearest[i]!] === i);
  const from = Int32Array.from(mutual);
  const sum = mutual.reduce((total, i) => total + best[i]!, 0);
  return {
    nearest,
    from,
    to: from.map((i) => nearest[i]!),
    criterion: mutual.length > 0 ? sum / mutual.length : 0,
  };
}

/** The mean of the k largest values of each row, and of each column. */
function topMeans(values: Float32Array, n: number, m: number, k: number) {
  const rows = new Float32Array(n * k).fill(Number.NEGATIVE_INFINITY);
  const cols = new Float32Array(m * k).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < m; j++, at++) {
      const value = values[at]!;
      if (value > rows[i * k]!) insert(rows, i * k, k, value);
      if (value > cols[j * k]!) insert(cols, j * k, k, value);
    }
  }
  return { rows: meansOf(rows, k), cols: meansOf(cols, k) };
}

/** Puts a value into an ascending list, in place of its least. */
function insert(lists: Float32Array, start: number, k: number, value: number): void {
  let at = start;
  for (; at + 1 < start + k && lists[at + 1]! < value; at++) lists[at] = lists[at + 1]!;
  lists[at] = value;
}

function meansOf(lists: Float32Array, k: number): Float64Array {
  const means = new Float64Array(lists.length / k);
  for (let at = 0; at < lists.length; at++) means[Math.floor(at / k)]! += lists[at]! / k;
  return means;
}
