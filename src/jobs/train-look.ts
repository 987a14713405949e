import { type ErrorCode, IsometerError, type Matrix, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Snapshot } from "../learn/run.ts";
import type { Look } from "../learn/training.ts";
import type { TrainLook, TrainOptions } from "../report/index.ts";
import { collapseOf } from "./train-collapse.ts";
import type { TrainInputs } from "./train-inputs.ts";

/** Looks at models, always at the same rows. */
export interface Looker {
  readonly rows: Int32Array;
  look(model: Snapshot): Promise<{ readonly look: Look; readonly codes: Matrix }>;
}

/** Codes have to be fewer for a look at the Jacobians of the decoder, and that many points are looked at. */
const JACOBIAN = { columns: 16, points: 64 } as const;
/** Pairs that the stretch is taken from. */
const STRETCHES = 50_000;

/**
 * Finds what looks compare with, once: all distances between the rows, n (n - 1) / 2, and who is near to whom. A look then costs their codes, one pass over the pairs, and the Jacobians of
 * the decoder at some of the codes.
 */
export async function openLooker(
  options: TrainOptions,
  inputs: TrainInputs,
  how: Watch & { readonly engine: EngineInfo },
): Promise<Looker> {
  const { gatherPoints } = await import("../engine/index.ts");
  const { pairLengths, stressOf } = await import("../learn/held-out.ts");
  const { points, seen: rows } = inputs;
  const x = gatherPoints(points, rows);
  const { distances, scoreOf } = await comparedWith(options, inputs, x, how);
  const k = Math.min(options.nNeighbors, rows.length - 2);
  const near = nearest(distances, rows.length, k);
  return {
    rows,
    async look(model) {
      const codes = await model.codes(points, rows);
      const lengths = pairLengths(codes);
      const { effectiveRank } = await collapseOf(codes);
      const reconstruction = model.decode ? meanSquare(await model.decode(codes), x) : null;
      // A look is not stopped: what follows depends on it.
      const conditionNumber = await conditionOf(model, codes, { engine: how.engine });
      const found: TrainLook = {
        stress: stressOf(distances, codes),
        stretch: stretchOf(distances, lengths),
        recall: recallOf(near, nearest(lengths, rows.length, k), k),
        reconstruction,
        conditionNumber,
        effectiveRank,
      };
      const shown = Object.entries(found).filter(([, value]) => value !== null);
      return { look: { score: scoreOf(codes), shown: Object.fromEntries(shown) }, codes };
    },
  };
}

/** What a look found, from what a training remembers of it. */
export function trainLook({ shown }: Look): TrainLook {
  const { stress, stretch, recall, reconstruction, conditionNumber, effectiveRank } = shown;
  return {
    stress: stress!,
    stretch: stretch!,
    recall: recall!,
    reconstruction: reconstruction ?? null,
    conditionNumber: conditionNumber ?? null,
    effectiveRank: effectiveRank!,
  };
}

/** What looks compare with: all distances between the rows, and what chooses a model. */
async function comparedWith(
  { metric, nNeighbors }: TrainOptions,
  { points, seen, teacher }: TrainInputs,
  x: Matrix,
  { engine, ...watch }: Watch & { readonly engine: EngineInfo },
): Promise<{ readonly distances: Float64Array; readonly scoreOf: (codes: Matrix) => number }> {
  const { bracketDistortion, geodesicsAmong, pairLengths, stressOf } = await import("../learn/held-out.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const straight = pairLengths(metric === "teacher" ? gatherPoints(teacher!, seen) : x);
  if (metric !== "geodesic") return { distances: straight, scoreOf: (codes) => stressOf(straight, codes) };
  const along = await geodesicsAmong(points, seen, { engine, nNeighbors, ...watch });
  return { distances: along, scoreOf: (codes) => bracketDistortion(straight, along, codes) };
}

/** The k nearest of each row, n x k, by distances of all pairs. Of equal ones the first. */
function nearest(distances: Float64Array, rows: number, k: number): Int32Array {
  const out = new Int32Array(rows * k);
  const own = new Float64Array(rows);
  const order = Int32Array.from({ length: rows }, (_, j) => j);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) own[j] = i === j ? -1 : distances[pairAt(i, j)]!;
    const sorted = order.slice().sort((a, b) => own[a]! - own[b]! || a - b);
    out.set(sorted.subarray(1, k + 1), i * k);
  }
  return out;
}

const pairAt = (i: number, j: number): number => (i > j ? (i * (i - 1)) / 2 + j : (j * (j - 1)) / 2 + i);

function recallOf(before: Int32Array, after: Int32Array, k: number): number {
  let kept = 0;
  for (let from = 0; from < before.length; from += k) {
    const own = new Set(before.subarray(from, from + k));
    for (let p = from; p < from + k; p++) if (own.has(after[p]!)) kept++;
  }
  return kept / before.length;
}

/** q95 / q05 of dz / dx, over evenly spread pairs. */
function stretchOf(distances: Float64Array, lengths: Float64Array): number {
  const step = Math.max(1, Math.floor(distances.length / STRETCHES));
  const ratios: number[] = [];
  for (let p = 0; p < distances.length; p += step)
    if (distances[p]! > 0) ratios.push(lengths[p]! / distances[p]!);
  const sorted = Float64Array.from(ratios).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return at(0.95) / at(0.05);
}

/** Mean over all elements of the squared difference. */
export function meanSquare(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let p = 0; p < a.data.length; p++) sum += (a.data[p]! - b.data[p]!) ** 2;
  return sum / a.data.length;
}

/** Mean condition number of the metric of the decoder; null where it has too many columns, or cannot be looked at. */
async function conditionOf(
  model: Snapshot,
  codes: Matrix,
  how: Watch & { readonly engine: EngineInfo },
): Promise<number | null> {
  if (!model.decode || codes.cols > JACOBIAN.columns) return null;
  const { rows, cols, data } = codes;
  const points = Math.min(rows, JACOBIAN.points);
  const at = { data: data.slice(0, points * cols), rows: points, cols };
  return (await decoderGeometry(model, at, points, how))?.scores.conditionNumber.value ?? null;
}

/** The geometry of the decoder at some codes; null where its numbers are none. */
export async function decoderGeometry(
  model: Snapshot,
  codes: Matrix,
  at: number,
  { engine, signal }: Watch & { readonly engine: EngineInfo },
) {
  const { decoder } = model.save({});
  if (!decoder) return null;
  const { geometry } = await import("../measure/index.ts");
  const { threads, provider } = engine;
  const how = { threads, provider, at, nNeighbors: 0, paths: 0, ...(signal && { signal }) };
  try {
    return await geometry({ bytes: decoder, name: "the decoder" }, codes, how);
  } catch (error) {
    if (error instanceof IsometerError && UNMEASURED.includes(error.code)) return null;
    throw error;
  }
}

/** Codes that are no numbers, and networks of somebody else's that cannot be differentiated. */
const UNMEASURED: readonly ErrorCode[] = ["non-finite", "bad-value", "unsupported-model", "no-derivative"];
