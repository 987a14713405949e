import { gatherRows, type Matrix, type Points, type Watch } from "../../base/index.ts";
import { type EngineInfo, gatherPoints } from "../../engine/index.ts";
import { toUnitRows } from "../../linalg/index.ts";
import {
  bytesOfRow,
  fitHalf,
  fitLloydMax,
  fitUniform,
  type QuantizedBits,
  type Quantizer,
  quantize,
  quantized,
  WHOLE,
} from "../../reduce/quantize/index.ts";
import type { Components, Reduced } from "./maps.ts";
import { halves, type Recalls, type Roles, recallAt, type Truth } from "./queries.ts";
import type { LimitCell, LimitMethod } from "./result.ts";

/** What all cells share. */
export interface CellWork {
  readonly points: Points;
  readonly roles: Roles;
  readonly truth: Truth;
  readonly fitted: Components;
  readonly metric: "euclidean" | "cosine";
  readonly bits: readonly QuantizedBits[];
  /** Shared memory for rounded rows. */
  readonly buffer: Float32Array;
  readonly engine: EngineInfo;
  readonly watch: Watch;
}

/** Rows that levels are fitted to at most. */
const LEVEL_ROWS = 5000;

/** Every number of bits for one map. */
export async function scoreCells(
  method: LimitMethod,
  reduced: Reduced,
  work: CellWork,
): Promise<LimitCell[]> {
  const { roles, points, bits } = work;
  const training = gatherRows(reduced.rows, roles.training.subarray(0, LEVEL_ROWS));
  const held = gatherRows(reduced.rows, roles.queries);
  const total = totalOf(work);
  const cells: LimitCell[] = [];
  for (const own of bits) {
    const tried: { quantizer: Quantizer; recalls: Recalls; value: number }[] = [];
    for (const quantizer of quantizersOf(training, own, method)) {
      const recalls = await recallsOf(reduced, held, quantizer, work);
      tried.push({ quantizer, recalls, value: halves(recalls, roles.choosing)[0].recall.value });
    }
    const { quantizer, recalls } = tried.reduce((best, next) => (next.value > best.value ? next : best));
    const [choosing, reporting] = halves(recalls, roles.choosing);
    const bytes = bytesOfRow(held.cols, own);
    cells.push({
      method,
      dims: held.cols,
      bits: own,
      placement: quantizer.kind === "uniform" || quantizer.kind === "lloyd-max" ? quantizer.kind : null,
      bytes,
      compression: (4 * points.cols) / bytes,
      ...reporting,
      error: errorOf(held, reduced.centre, quantizer, total),
      choosing,
    });
  }
  return cells;
}

/**
 * Equal steps are as good as any at 8 bits. Of fewer, components that were mixed are near enough to normal for Lloyd-Max to be best; of columns as they stand the tails decide, and
 * both placements are tried.
 */
function quantizersOf(training: Matrix, bits: QuantizedBits, method: LimitMethod): Quantizer[] {
  if (bits === 32) return [WHOLE];
  if (bits === 16) return [fitHalf(training)];
  if (bits === 8) return [fitUniform(training, bits)];
  const levels = fitLloydMax(training, bits);
  return method === "pca" ? [levels] : [levels, fitUniform(training, bits)];
}

async function recallsOf(
  { rows, unitCodes }: Reduced,
  held: Matrix,
  quantizer: Quantizer,
  { roles, truth, buffer, engine, watch }: CellWork,
): Promise<Recalls> {
  const codes =
    quantizer.kind === "float32" && !unitCodes
      ? rows
      : await quantized(rows, quantizer, { ...watch, engine, unitCodes, out: buffer });
  const asked = { ...held, data: held.data.slice() };
  if (unitCodes) toUnitRows(asked.data, asked.cols);
  return recallAt(codes, asked, roles, truth, { ...watch, engine });
}

/** Sum of the squares of held-out rows around the mean. */
function totalOf({ points, roles, fitted, metric }: CellWork): number {
  const { data, cols } = gatherPoints(points, roles.queries);
  if (metric === "cosine") toUnitRows(data, cols);
  return data.reduce((sum, value, at) => sum + (value - fitted.mean[at % cols]!) ** 2, 0);
}

/** What dimensions that were left out and rounding take from held-out rows. */
function errorOf(held: Matrix, centre: Float64Array, quantizer: Quantizer, total: number): number {
  if (total === 0) return 0;
  const { data, cols } = held;
  const rounded = data.slice();
  quantize(rounded, cols, quantizer);
  const kept = data.reduce((sum, value, at) => sum + (value - centre[at % cols]!) ** 2, 0);
  const moved = data.reduce((sum, value, at) => sum + (value - rounded[at]!) ** 2, 0);
  return Math.sqrt((Math.max(0, total - kept) + moved) / total);
}
