import type { Session } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";
import { exactOrder, type Space } from "./space.ts";

/** Rows and columns of a panel: a tile is at most this square. Fits a core's L2 with its inputs streaming through. */
export const PANEL = 512;

/** Below this many dimensions a plain loop is as fast as a product, and exact. */
const DIRECT_COLS = 4;

/** Panels kept ready per worker, in bytes. */
const CACHE_BYTES = 64 * 2 ** 20;

/** Unit roundoff of float32. */
const U = 2 ** -24;

/**
 * Some rows of a space: a range `[start, start + count)` of row numbers, or of positions in `index`.
 */
export interface Panel {
  readonly space: Space;
  readonly start: number;
  readonly count: number;
  /** Row number of each position; null when positions are row numbers. */
  readonly index: Int32Array | null;
}

/**
 * The orders of all pairs of two panels, row-major, valid until the next tile is made. Rows are `stride` long: the
 * columns, then up to 3 of padding with orders beyond all others.
 */
export interface Tile {
  readonly orders: Float32Array;
  readonly stride: number;
  readonly rows: Panel;
  readonly cols: Panel;
}

/**
 * How far a tile's order may be from the exact one: |order - exact| <= relative * order + absolute * (n_i + n_j),
 * with n the squared norms after centring.
 */
export interface ErrorBound {
  readonly relative: number;
  readonly absolute: number;
}

/**
 * The error bound of tiles of a space. Plain loops round once. Products of length K = d + 2 err by at most
 * lambda sqrt(K) u (|a||b| + ...) with overwhelming probability (Higham & Mary 2019, theorem 3.1), lambda = 4;
 * 8 u more for centring and norms rounded to float32.
 */
export function errorBound(space: Space): ErrorBound {
  if (isDirect(space)) return { relative: 2 * U, absolute: 0 };
  return { relative: 0, absolute: (4 * Math.sqrt(space.cols + 2) + 8) * U };
}

function isDirect(space: Space): boolean {
  return space.metric === "manhattan" || space.cols <= DIRECT_COLS;
}

/**
 * The graph of a tile: one product. With rows extended as [-2 p | n_p | 1] and columns as [q | 1 | n_q],
 * their product is n_p + n_q - 2 p.q = |p - q|^2, and nothing is left to do element by element.
 */
export function tileModel(): Uint8Array {
  return toOnnx({ outputs: { orders: gemm(input("rows", ["m", "k"]), input("cols", ["k", "n"])) } }, "tile");
}

/** Makes tiles. One per worker: it owns the scratch memory that tiles are written into. */
export interface Tiler {
  tile(rows: Panel, cols: Panel): Promise<Tile>;
}

/** An order beyond all others that a product can make: padding is 0 away from its own squared norm of this. */
const BEYOND = 1e38;

/**
 * @param session a session of `tileModel()`
 * @param scratch where tiles are written, at least PANEL x PANEL
 */
export function makeTiler(session: Session, scratch: Float32Array): Tiler {
  const rowPanels = panelCache(extendRows);
  const colPanels = panelCache(extendColumns);
  return {
    async tile(rows, cols) {
      const stride = (cols.count + 3) & ~3;
      const orders = scratch.subarray(0, rows.count * stride);
      if (isDirect(rows.space)) {
        fillDirect(orders, stride, rows, cols);
      } else {
        const k = rows.space.cols + 2;
        await session.run(
          {
            rows: { data: rowPanels(rows), dims: [rows.count, k] },
            cols: { data: colPanels(cols), dims: [k, stride] },
          },
          { orders: { data: orders, dims: [rows.count, stride] } },
        );
      }
      return { orders, stride, rows, cols };
    },
  };
}

/** Builds panels on demand and keeps the latest ones. The engine refuses shared memory, so a copy is needed anyway. */
function panelCache(build: (panel: Panel) => Float32Array): (panel: Panel) => Float32Array {
  const kept = new Map<string, Float32Array>();
  const spaces: Space[] = [];
  let bytes = 0;
  return (panel) => {
    let id = spaces.indexOf(panel.space);
    if (id < 0) id = spaces.push(panel.space) - 1;
    const key = `${id}:${panel.start}:${panel.count}:${panel.index !== null}`;
    let built = kept.get(key);
    if (built) {
      kept.delete(key);
    } else {
      built = build(panel);
      bytes += built.byteLength;
    }
    kept.set(key, built);
    for (const [oldest, data] of kept) {
      if (bytes <= CACHE_BYTES || oldest === key) break;
      kept.delete(oldest);
      bytes -= data.byteLength;
    }
    return built;
  };
}

function extendRows({ space, start, count, index }: Panel): Float32Array {
  const { data, cols, centre, scales, squaredNorms } = space;
  const width = cols + 2;
  const out = new Float32Array(count * width);
  for (let r = 0; r < count; r++) {
    const i = index ? index[start + r]! : start + r;
    const scale = scales[i]!;
    let to = r * width;
    for (let k = 0, from = i * cols; k < cols; k++, from++, to++)
      out[to] = -2 * (data[from]! * scale - centre[k]!);
    out[to] = squaredNorms[i]!;
    out[to + 1] = 1;
  }
  return out;
}

function extendColumns({ space, start, count, index }: Panel): Float32Array {
  const { data, cols, centre, scales, squaredNorms } = space;
  const stride = (count + 3) & ~3;
  const out = new Float32Array(stride * (cols + 2));
  for (let r = 0; r < count; r++) {
    const i = index ? index[start + r]! : start + r;
    const scale = scales[i]!;
    let to = r;
    for (let k = 0, from = i * cols; k < cols; k++, from++, to += stride)
      out[to] = data[from]! * scale - centre[k]!;
    out[to] = 1;
    out[to + stride] = squaredNorms[i]!;
  }
  for (let r = count; r < stride; r++) out[(cols + 1) * stride + r] = BEYOND;
  return out;
}

function fillDirect(orders: Float32Array, stride: number, rows: Panel, cols: Panel): void {
  if (rows.space.cols === 2 && rows.space.metric === "euclidean") {
    fillPlane(orders, stride, rows, cols);
    return;
  }
  const order = exactOrder(rows.space, cols.space);
  for (let r = 0; r < rows.count; r++) {
    const i = rows.index ? rows.index[rows.start + r]! : rows.start + r;
    for (let c = 0; c < cols.count; c++) {
      orders[r * stride + c] = order(i, cols.index ? cols.index[cols.start + c]! : cols.start + c);
    }
    orders.fill(BEYOND, r * stride + cols.count, (r + 1) * stride);
  }
}

/** The plane is where most maps live: its columns are laid out once and the loop has no call in it. */
function fillPlane(orders: Float32Array, stride: number, rows: Panel, cols: Panel): void {
  const u = new Float64Array(stride).fill(Math.sqrt(BEYOND));
  const v = new Float64Array(stride);
  const { unit } = rows.space;
  for (let c = 0; c < cols.count; c++) {
    const j = cols.index ? cols.index[cols.start + c]! : cols.start + c;
    u[c] = unit * cols.space.data[2 * j]!;
    v[c] = unit * cols.space.data[2 * j + 1]!;
  }
  let to = 0;
  for (let r = 0; r < rows.count; r++) {
    const i = rows.index ? rows.index[rows.start + r]! : rows.start + r;
    const a = unit * rows.space.data[2 * i]!;
    const b = unit * rows.space.data[2 * i + 1]!;
    for (let c = 0; c < stride; c++, to++) {
      const d = a - u[c]!;
      const e = b - v[c]!;
      orders[to] = d * d + e * e;
    }
  }
}
