import {
  checkInteger,
  IsometerError,
  type Matrix,
  nearestName,
  type Rng,
  type RowBlock,
  type RowRange,
  type Rows,
  rng,
} from "../../base/index.ts";
import { embed, orthonormalRows } from "./embed.ts";
import type { Sampler, Shape } from "./shape.ts";
import { DEFAULT_ROWS, SYNTHETIC_KINDS, type SyntheticKind } from "./shapes.ts";

export type { Chart, Shape } from "./shape.ts";
export { DEFAULT_ROWS, SYNTHETIC_KINDS, type SyntheticKind } from "./shapes.ts";

/** What to make. Only `rows` has to be thought about. */
export interface SyntheticOptions {
  /** Default 2,000. */
  readonly rows?: number;
  /** Width of the rows; default the natural dimension. Wider: embedded by a random isometry. */
  readonly cols?: number;
  /** Natural dimension of gaussian, cube, mixture and hierarchy; the other kinds have theirs. Default 10, or `cols` where that is less. */
  readonly dims?: number;
  /** Standard deviation of the Gaussian noise added to every coordinate after embedding. Default 0. */
  readonly noise?: number;
  readonly seed?: number;
}

/** A synthetic space: its rows, and beside them what is true about each. Both are made while they are read. */
export interface Synthetic {
  /** n x cols. */
  readonly rows: Rows;
  /** n x truthColumns.length: row i belongs to row i of `rows`; without noise. */
  readonly truth: Rows;
  readonly truthColumns: readonly string[];
  /** What it is and what its truth means, in sentences. */
  readonly about: string;
  /** For spaces in pieces (mixture, hierarchy, spheres): the middle of piece k is row k, in the coordinates of `rows`. */
  readonly centres?: Matrix;
}

/** Rows come from streams of this many: fixed for ever, because the bytes depend on it. */
const BLOCK_ROWS = 1024;

/**
 * A synthetic space with known truth.
 *
 * Row i depends on kind, seed, dims and i alone (its coordinates also on cols and noise): not on how many rows
 * are asked for, nor on the range that is read. Block b of 1,024 rows has its own random stream, so reading can start anywhere; at most
 * one block is in memory.
 *
 * @throws bad-option for an unknown kind, a natural dimension that the kind does not have, or fewer columns than it needs
 */
export function makeSynthetic(kind: SyntheticKind, options: SyntheticOptions = {}): Synthetic {
  const shape = shapeOf(kind);
  const { rows = DEFAULT_ROWS, noise = 0, seed = 0 } = options;
  const { dims, cols } = widths(kind, shape, options);
  checkInteger("rows", rows, 1);
  if (!Number.isFinite(noise) || noise < 0) {
    throw new IsometerError("bad-option", `noise must be a number of at least 0, got ${noise}`);
  }
  const source = rng(seed).split(`synthetic ${kind}`);
  const sampler = shape.sampler(dims, source.split("fixed"));
  const q = cols > dims ? orthonormalRows(dims, cols, source.split("embedding")) : undefined;
  const truthColumns = shape.truthColumns(dims);
  const plan: Plan = { rows, dims, cols, truthCols: truthColumns.length, noise, source, sampler, q };
  const centres = sampler.centres && embeddedCentres(sampler.centres, plan);
  return {
    rows: stream(rows, cols, (start, count) => pointBlock(plan, start, count)),
    truth: stream(rows, plan.truthCols, (start, count) => truthBlock(plan, start, count)),
    truthColumns,
    about: describe(kind, shape, plan),
    ...(centres && { centres }),
  };
}

interface Plan {
  readonly rows: number;
  readonly dims: number;
  readonly cols: number;
  readonly truthCols: number;
  readonly noise: number;
  readonly source: Rng;
  readonly sampler: Sampler;
  readonly q: Float64Array | undefined;
}

function shapeOf(kind: string): Shape {
  if (Object.hasOwn(SYNTHETIC_KINDS, kind)) return SYNTHETIC_KINDS[kind as SyntheticKind];
  const names = Object.keys(SYNTHETIC_KINDS);
  const near = nearestName(kind, names);
  throw new IsometerError("bad-option", `there is no synthetic space "${kind}"`, {
    needed: names.join(", "),
    got: kind,
    hint: near ? `Did you mean ${near}?` : `Choose one of ${names.join(", ")}.`,
  });
}

function widths(kind: string, shape: Shape, options: SyntheticOptions): { dims: number; cols: number } {
  if (options.cols !== undefined) checkInteger("cols", options.cols, 1);
  if (options.dims !== undefined) checkInteger("dims", options.dims, 1);
  if (options.dims !== undefined && !shape.anyDims && options.dims !== shape.dims) {
    throw new IsometerError(
      "bad-option",
      `${kind} has ${shape.dims} natural dimensions, not ${options.dims}`,
      {
        hint: "Leave dims out, and set cols to embed it in more.",
      },
    );
  }
  const dims =
    options.dims ?? (shape.anyDims ? Math.min(shape.dims, options.cols ?? shape.dims) : shape.dims);
  const cols = options.cols ?? dims;
  if (cols < dims) {
    throw new IsometerError("bad-option", `${kind} needs at least ${dims} columns, got ${cols}`, {
      needed: `cols >= ${dims}`,
      got: String(cols),
      hint: `Set cols to ${dims} or more: a wider space is embedded isometrically.`,
    });
  }
  return { dims, cols };
}

/** Rows on the fixed grid of blocks, cut to the range that is asked for. */
function stream(rows: number, cols: number, make: (start: number, count: number) => Float32Array): Rows {
  return {
    rows,
    cols,
    async *blocks(range: RowRange = { start: 0, end: rows }): AsyncGenerator<RowBlock> {
      checkRange(range, rows);
      for (let start = range.start; start < range.end; ) {
        const blockStart = start - (start % BLOCK_ROWS);
        const end = Math.min(blockStart + BLOCK_ROWS, range.end);
        const data = make(blockStart, end - blockStart).subarray((start - blockStart) * cols);
        yield { start, matrix: { data, rows: end - start, cols } };
        start = end;
      }
    },
  };
}

function checkRange({ start, end }: RowRange, rows: number): void {
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > rows) {
    throw new IsometerError("bad-range", `rows ${start}:${end} are not within 0:${rows}`);
  }
}

/** The first `count` rows of the block that starts at row `start`. */
function pointBlock(plan: Plan, start: number, count: number): Float32Array {
  const { cols, noise, sampler, q } = plan;
  const draws = plan.source.split(`block ${start / BLOCK_ROWS}`);
  const noises = plan.source.split(`noise ${start / BLOCK_ROWS}`);
  const point = new Float64Array(plan.dims);
  const truth = new Float64Array(plan.truthCols);
  const placed = new Float64Array(cols);
  const data = new Float32Array(count * cols);
  for (let i = 0; i < count; i++) {
    sampler.draw(draws, point, truth);
    embed(point, q, placed);
    if (noise > 0) for (let p = 0; p < cols; p++) placed[p]! += noise * noises.normal();
    data.set(placed, i * cols);
  }
  return data;
}

function truthBlock(plan: Plan, start: number, count: number): Float32Array {
  const draws = plan.source.split(`block ${start / BLOCK_ROWS}`);
  const point = new Float64Array(plan.dims);
  const truth = new Float64Array(plan.truthCols);
  const data = new Float32Array(count * plan.truthCols);
  for (let i = 0; i < count; i++) {
    plan.sampler.draw(draws, point, truth);
    data.set(truth, i * plan.truthCols);
  }
  return data;
}

function embeddedCentres(centres: { data: Float64Array; count: number }, plan: Plan): Matrix {
  const { dims, cols, q } = plan;
  const data = new Float32Array(centres.count * cols);
  const placed = new Float64Array(cols);
  for (let k = 0; k < centres.count; k++) {
    embed(centres.data.subarray(k * dims, (k + 1) * dims), q, placed);
    data.set(placed, k * cols);
  }
  return { data, rows: centres.count, cols };
}

function describe(kind: string, shape: Shape, { dims, cols, noise }: Plan): string {
  const placed = cols > dims ? `, embedded isometrically from ${dims} into ${cols} dimensions` : "";
  const noisy = noise > 0 ? `, with Gaussian noise of ${noise} on every coordinate` : "";
  return `${kind}: ${shape.about}${placed}${noisy}. Truth: ${shape.truth}`;
}
