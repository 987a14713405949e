import {
  type Rng,
  ranges,
  sampleWithoutReplacement,
  sharedFloat64,
  sharedInt32,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { CellsSetup } from "./cells.kernel.ts";
import { openPoints } from "./centroid-products.ts";
import type { Space } from "./space.ts";

/** The rows of a space, parted into cells: rows of one cell are near each other. Plain data, on shared memory. */
export interface Cells {
  readonly count: number;
  /** Row numbers, cell after cell. */
  readonly order: Int32Array;
  /** Where each cell starts in `order`; at last where the last one ends. */
  readonly starts: Int32Array;
  /** The cell of each row. */
  readonly of: Int32Array;
  /** `count x count`: of each cell all cells from the nearest on, itself first. */
  readonly near: Int32Array;
  /** `count x cols`, in scaled units, around the centre of the space. */
  readonly centroids: Float64Array;
}

interface Means {
  readonly random: Rng;
  readonly engine: EngineInfo;
  readonly watch: Watch;
}

/** Rows that the centroids are found among, for each. */
const SAMPLED = 16;

/** Lloyd's steps. Cells need not be the best ones: what they miss is measured. */
const STEPS = 4;

/** A cell of more than so many times the mean is cut: that many rows in one place are copies of each other, more or less. */
const LARGEST = 16;

/**
 * Parts a space into about 2 sqrt(n) cells by k-means on a sample (Lloyd 1982), euclidean between points as the metric places them.
 * So many that finding a row's cell costs no more than searching one; their table of nearness has 4 n numbers. Cost 2 n^1.5 d multiplications.
 */
export async function makeCells(space: Space, means: Means): Promise<Cells> {
  const { rows, cols } = space;
  const wanted = Math.max(1, Math.min(rows, Math.floor(2 * Math.sqrt(rows))));
  const centroids = await findCentroids(space, wanted, means);
  const cellOf = sharedInt32(rows);
  await overCells({ space, centroids, work: { kind: "assign", rows: null, out: cellOf } }, rows, means);
  const from = cutCells(cellOf, wanted, Math.ceil((LARGEST * rows) / wanted));
  const count = from.length;
  const kept = sharedFloat64(count * cols);
  from.forEach((before, cell) => {
    kept.set(centroids.subarray(before * cols, (before + 1) * cols), cell * cols);
  });
  const near = sharedInt32(count * count);
  await overCells({ space, centroids: kept, work: { kind: "rank", out: near } }, count, means);
  return { count, ...inCells(cellOf, count), of: cellOf, near, centroids: kept };
}

async function findCentroids(space: Space, count: number, means: Means): Promise<Float64Array> {
  const { random } = means;
  const rows = toShared(sampleWithoutReplacement(random, space.rows, Math.min(space.rows, SAMPLED * count)));
  const { cols } = space;
  const lay = openPoints(space);
  const point = new Float32Array(cols + 1);
  const centroids = new Float64Array(count * cols);
  const startAt = (cell: number, row: number) => {
    lay(row, point, 0);
    centroids.set(point.subarray(0, cols), cell * cols);
  };
  sampleWithoutReplacement(random, rows.length, count).forEach((at, cell) => {
    startAt(cell, rows[at]!);
  });
  const out = sharedInt32(rows.length);
  for (let step = 0; step < STEPS; step++) {
    await overCells({ space, centroids, work: { kind: "assign", rows, out } }, rows.length, means);
    const sizes = new Int32Array(count);
    for (const cell of out) sizes[cell]!++;
    // An empty cell starts anew, most likely where many rows share one.
    sizes.forEach((size, cell) => {
      if (size > 0) centroids.fill(0, cell * cols, (cell + 1) * cols);
      else startAt(cell, rows[random.integer(rows.length)]!);
    });
    out.forEach((cell, r) => {
      lay(rows[r]!, point, 0);
      for (let k = 0, to = cell * cols; k < cols; k++, to++) centroids[to]! += point[k]! / sizes[cell]!;
    });
  }
  return centroids;
}

/** Cuts cells of more than `most` rows, in the order of their rows, and numbers those that have rows. Gives the number that each had before. */
function cutCells(cellOf: Int32Array, count: number, most: number): number[] {
  const from: number[] = [];
  const current = new Int32Array(count).fill(-1);
  const sizes = new Int32Array(count);
  for (let i = 0; i < cellOf.length; i++) {
    const cell = cellOf[i]!;
    if (sizes[cell]! % most === 0) current[cell] = from.push(cell) - 1;
    sizes[cell]!++;
    cellOf[i] = current[cell]!;
  }
  return from;
}

/** The rows cell by cell, in the order of their numbers. */
function inCells(cellOf: Int32Array, count: number): Pick<Cells, "order" | "starts"> {
  const starts = sharedInt32(count + 1);
  for (const cell of cellOf) starts[cell + 1]!++;
  for (let cell = 0; cell < count; cell++) starts[cell + 1]! += starts[cell]!;
  const next = starts.slice();
  const order = sharedInt32(cellOf.length);
  cellOf.forEach((cell, row) => {
    order[next[cell]!++] = row;
  });
  return { order, starts };
}

function toShared(values: Int32Array): Int32Array {
  const shared = sharedInt32(values.length);
  shared.set(values);
  return shared;
}

/** Tasks are fixed by the number of items, not by that of threads: products of other blocks may round otherwise. */
async function overCells(setup: CellsSetup, items: number, { engine, watch }: Means): Promise<void> {
  await runBlocks({
    ...watch,
    engine,
    kernel: kernelUrl("./cells.kernel.js", import.meta.url),
    setup,
    tasks: ranges(items, Math.max(256, 256 * Math.ceil(items / (256 * 32)))),
    stage: "cells",
  });
}
