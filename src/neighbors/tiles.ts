import type { KernelTools, Session } from "../engine/index.ts";
import { constant, type Expression, gemm, input, toOnnx } from "../graph/index.ts";
import { type Panel, panelRow } from "./panel.ts";
import { copyPanel, type Placed } from "./place.ts";
import type { Space } from "./space.ts";
import { fillFromTable } from "./table.ts";

/** Up to this many dimensions a plain loop is as fast as a product, and exact. */
export const DIRECT_COLS = 4;

/** Panels kept ready per worker, in bytes: rows for a task, columns for as many tasks as memory allows. */
const CACHE_BYTES = { rows: 16 * 2 ** 20, columns: 64 * 2 ** 20 };

/** An order beyond all others that a product can make: that of padding. */
export const BEYOND = 1e38;

/** Unit roundoff of float32. */
export const U = 2 ** -24;

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
 * The error bound of tiles of a space. Differences of float32 numbers are rounded once, their sums d times, by at most
 * lambda sqrt(d) u with overwhelming probability (Higham & Mary 2019, theorem 3.1), lambda = 4. So do products of length
 * K = d + 2, but relative to |a||b|; 8 u more for centring and norms rounded to float32.
 */
export function errorBound(space: Space): ErrorBound {
  if (space.table) return { relative: 0, absolute: 0 };
  if (isDirect(space)) return { relative: (4 * Math.sqrt(space.cols) + 4) * U, absolute: 0 };
  return { relative: 0, absolute: (4 * Math.sqrt(space.cols + 2) + 8) * U };
}

/** Whether tiles come from differences, or from a table, rather than from products. */
export function isDirect(space: Space): boolean {
  return (
    space.table !== null ||
    space.metric === "manhattan" ||
    (space.metric === "euclidean" && space.cols <= DIRECT_COLS)
  );
}

/**
 * The graph of a tile: one product. With rows extended as [-2 p | n_p | 1] and columns as [q | 1 | n_q],
 * their product is n_p + n_q - 2 p.q = |p - q|^2, and nothing is left to do element by element.
 */
export function tileModel(): Uint8Array {
  return productModel(input("rows", ["m", "k"]), input("cols", ["n", "k"]));
}

/** The same graph with its columns inside: the engine lays a constant out once, which saves some 5 % of the time. */
function columnsModel(data: Float32Array, k: number, stride: number): Uint8Array {
  return productModel(input("rows", ["m", k]), constant(data, [stride, k]));
}

function productModel(rows: Expression, cols: Expression): Uint8Array {
  return toOnnx({ outputs: { orders: gemm(rows, cols, { transB: true }) } }, "tile");
}

/** Makes tiles. One per worker. */
export interface Tiler {
  tile(rows: Panel, cols: Panel): Promise<Tile>;
  close(): Promise<void>;
}

/** Where tiles are made: memory for one, and the loops that lay out points and that fill a tile without a product. */
export interface TileMemory {
  /** TILE orders; `squares` and `absolutes` write here. */
  readonly orders: Float32Array;
  /** Values of a panel's rows (rows x d) and columns (d x stride), for tiles without a product. */
  readonly rowValues: Float32Array;
  readonly colValues: Float32Array;
  /** Fills the tile from the values: sums of squared (or absolute) differences over d columns. */
  fill(how: "squares" | "absolutes", rows: number, stride: number, d: number): void;
  /** A number for each column of a tile, and 0 for its padding. */
  readonly floors: Float32Array;
  /** Columns of row r of the tile whose order is below `floor` and the column's own together. A view that the next call overwrites. */
  below(r: number, stride: number, floor: number): Int32Array;
  /** Lays out the rows of a panel for a product. */
  place(panel: Panel, as: "rows" | "columns"): Placed;
}

/** The products of a worker: one session for all tiles, or one for each panel of columns. */
interface Products {
  run(rows: Panel, cols: Panel, orders: Float32Array, stride: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param model `tileModel()`
 * @param steady the panels of columns are few and each meets many rows (anchors, queries)
 * @param columnBytes of panels of columns to keep where they are not steady; the latest stays in any case
 */
export async function makeTiler(
  tools: KernelTools,
  model: Uint8Array,
  steady: boolean,
  memory: TileMemory,
  columnBytes = CACHE_BYTES.columns,
): Promise<Tiler> {
  const products = steady
    ? steadyProducts(tools, memory)
    : cachedProducts(await tools.session(model), tools, memory, columnBytes);
  return {
    close: products.close,
    async tile(rows, cols) {
      const stride = (cols.count + 3) & ~3;
      const orders = memory.orders.subarray(0, rows.count * stride);
      if (rows.space.table) {
        fillFromTable(rows.space.table, rows, cols, orders, stride, BEYOND);
      } else if (isDirect(rows.space)) {
        layRows(memory.rowValues, rows);
        layColumns(memory.colValues, stride, cols);
        memory.fill(
          rows.space.metric === "manhattan" ? "absolutes" : "squares",
          rows.count,
          stride,
          rows.space.cols,
        );
      } else {
        await products.run(rows, cols, orders, stride);
      }
      return { orders, stride, rows, cols };
    },
  };
}

/** Every panel meets every other: panels are kept as far as memory allows. */
function cachedProducts(
  session: Session,
  tools: KernelTools,
  { place }: TileMemory,
  columnBytes: number,
): Products {
  const rowPanels = panelCache(tools, CACHE_BYTES.rows, rowsLength, (panel, out) =>
    placeRows(panel, place, out),
  );
  const colPanels = panelCache(tools, columnBytes, columnsLength, (panel, out) =>
    placeColumns(panel, place, out),
  );
  return {
    async close() {
      rowPanels.close();
      colPanels.close();
    },
    async run(rows, cols, orders, stride) {
      const k = rows.space.cols + 2;
      const feeds = {
        rows: { data: rowPanels.get(rows), dims: [rows.count, k] },
        cols: { data: colPanels.get(cols), dims: [stride, k] },
      };
      await session.run(feeds, { orders: { data: orders, dims: [rows.count, stride] } });
    },
  };
}

/** Each panel of columns is compiled into a session once; each panel of rows comes by once, tile after tile. */
function steadyProducts(tools: KernelTools, { place }: TileMemory): Products {
  const sessions = new Map<number, Promise<Session>>();
  let placed = -1;
  let values = new Float32Array(0);
  return {
    async close() {
      for (const session of sessions.values()) await (await session).close();
    },
    async run(rows, cols, orders, stride) {
      const k = rows.space.cols + 2;
      let session = sessions.get(cols.start);
      if (!session) {
        const columns = new Float32Array(columnsLength(cols));
        placeColumns(cols, place, columns);
        session = tools.ownSession(columnsModel(columns, k, stride));
        sessions.set(cols.start, session);
      }
      if (placed !== rows.start) {
        if (values.length !== rowsLength(rows)) values = new Float32Array(rowsLength(rows));
        placeRows(rows, place, values);
        placed = rows.start;
      }
      const feeds = { rows: { data: values, dims: [rows.count, k] } };
      await (await session).run(feeds, { orders: { data: orders, dims: [rows.count, stride] } });
    },
  };
}

interface PanelCache {
  get(panel: Panel): Float32Array;
  close(): void;
}

/** A panel as it was built. That of another centre is built anew in its place. */
interface Built {
  readonly values: Float32Array;
  centre: Float64Array;
}

/** Builds panels on demand and keeps the latest ones, in arrays that the worker keeps. */
function panelCache(
  { borrow, giveBack }: KernelTools,
  most: number,
  lengthOf: (panel: Panel) => number,
  build: (panel: Panel, out: Float32Array) => void,
): PanelCache {
  const kept = new Map<number, Built>();
  let bytes = 0;
  return {
    get(panel) {
      const { centre } = panel.space;
      const before = kept.get(panel.start);
      const built = before ?? { values: borrow(lengthOf(panel)), centre };
      if (before) kept.delete(panel.start);
      else bytes += built.values.byteLength;
      if (built !== before || built.centre !== centre) build(panel, built.values);
      built.centre = centre;
      kept.set(panel.start, built);
      for (const [oldest, { values }] of kept) {
        if (bytes <= most || oldest === panel.start) break;
        kept.delete(oldest);
        bytes -= values.byteLength;
        giveBack(values);
      }
      return built.values;
    },
    close() {
      for (const { values } of kept.values()) giveBack(values);
      kept.clear();
    },
  };
}

function rowsLength({ count, space }: Panel): number {
  return count * (space.cols + 2);
}

/** Columns are padded to a multiple of 4. */
function columnsLength({ count, space }: Panel): number {
  return ((count + 3) & ~3) * (space.cols + 2);
}

/** The rows of a product: [-2 p | |p|^2 | 1]. Notes |p|^2 for the space. */
function placeRows(panel: Panel, place: TileMemory["place"], out: Float32Array): void {
  const { values, norms } = place(panel, "rows");
  for (let r = 0; r < panel.count; r++) panel.space.squaredNorms[panelRow(panel, r)] = norms[r]!;
  out.set(values);
}

/** The columns of a product: [q | 1 | |q|^2], one after the other; padding lies beyond all. Notes |q|^2 for the space. */
function placeColumns(panel: Panel, place: TileMemory["place"], out: Float32Array): void {
  const k = panel.space.cols + 2;
  const { values, norms } = place(panel, "columns");
  for (let r = 0; r < panel.count; r++) panel.space.squaredNorms[panelRow(panel, r)] = norms[r]!;
  out.set(values);
  out.fill(0, values.length);
  for (let at = values.length; at < out.length; at += k) {
    out[at + k - 2] = 1;
    out[at + k - 1] = BEYOND;
  }
}

/** Copies the rows of a panel, in scaled units (a power of two: nothing is rounded), row after row. */
function layRows(out: Float32Array, panel: Panel): void {
  const { count, space } = panel;
  copyPanel(panel, out);
  for (let p = 0; p < count * space.cols; p++) out[p]! *= space.unit;
}

/** Copies the rows of a panel, scaled, as columns; padding lies beyond all. */
function layColumns(out: Float32Array, stride: number, panel: Panel): void {
  const { count, space } = panel;
  const { cols, unit, metric } = space;
  const raw = new Float32Array(count * cols);
  copyPanel(panel, raw);
  const padding = metric === "manhattan" ? BEYOND : Math.sqrt(BEYOND);
  for (let r = 0; r < stride; r++) {
    for (let k = 0; k < cols; k++) out[k * stride + r] = r < count ? raw[r * cols + k]! * unit : padding;
  }
}
