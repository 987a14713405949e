import { checkInteger, checkNumber, deepFreeze, type Matrix, mean, quantile } from "../../base/index.ts";
import { type Decoder, decoded } from "./decoder.ts";
import { codesAt, distance, evenly, type Path, SEGMENTS, stepLengths } from "./path.ts";
import type { Spaced } from "./spacing.ts";

export interface MeasureOptions {
  /** Equal steps of the parameter, default 64. */
  readonly segments?: number;
  /** A step is a jump when it is longer than so many times the median step. Default 3. */
  readonly jumpAt?: number;
}

/** A step that is much longer than others: there, what is seen changes at once. */
export interface Jump {
  /** The parameters between which it is. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  /** Times the median step. */
  readonly times: number;
}

/** How far a path is from data. Lengths are in units of the usual distance of neighbours: up to 1 is as near as data are to each other. */
export interface OffData {
  /** Over the inner points of the path, at equal steps of its parameter. */
  readonly mean: number;
  /** Over its length in the space of data, as frames at equal steps see it: where a path stands still it counts for nothing. */
  readonly meanByLength: number;
  readonly most: number;
  /** The parameter where it is furthest. */
  readonly at: number;
  /** The median distance of a row to the nearest other one: the unit. */
  readonly usual: number;
}

/** How smooth a path is. Lengths are those of the image of the path, in the space of data. */
export interface PathReport {
  readonly segments: number;
  /** Longest over shortest step: 1 where what is seen changes evenly. Infinite where it stands still. */
  readonly stepRatio: number;
  readonly length: number;
  /** The distance of the ends. */
  readonly chord: number;
  /** length / chord: 1 is straight in the space of data. */
  readonly bend: number;
  /** Distance to the nearest row of data. */
  readonly offData: OffData;
  /** The same among codes; null without a decoder, where both are one. */
  readonly offCodes: OffData | null;
  readonly jumps: readonly Jump[];
}

/** What a path is held against. */
export interface PathSetting {
  /** Null: vectors are themselves the space of data. */
  readonly decoder: Decoder | null;
  /** Rows in the space of data. */
  readonly data: Spaced;
  /** Their codes; null without a decoder. */
  readonly codes: Spaced | null;
}

/**
 * How evenly the image of a path changes, how long it is, and how far from data, over equal steps of its parameter: y_i = f(z(i / n)), steps |y_{i+1} - y_i|. Cost: n runs of the decoder and
 * the nearest rows of n points.
 *
 * @throws bad-option
 */
export async function measurePath(
  path: Path,
  { decoder, data, codes }: PathSetting,
  options: MeasureOptions = {},
): Promise<PathReport> {
  const { segments = SEGMENTS, jumpAt = 3 } = options;
  checkInteger("segments", segments, 2);
  checkNumber("jumpAt", jumpAt, 1, Number.MAX_VALUE);
  const places = codesAt(path, evenly(segments));
  const image = await decoded(decoder, places);
  const steps = stepLengths(image);
  const sorted = steps.toSorted();
  const median = quantile(sorted, 0.5);
  const length = steps.reduce((sum, step) => sum + step, 0);
  const chord = distance(endOf(image, 0), endOf(image, segments));
  return deepFreeze({
    segments,
    stepRatio: length > 0 ? sorted.at(-1)! / sorted[0]! : 1,
    length,
    chord,
    bend: length > 0 ? length / chord : 1,
    offData: await farFrom(data, image, steps),
    offCodes: codes && (await farFrom(codes, places, steps)),
    jumps: Array.from(steps, (step, i) => ({
      from: i / segments,
      to: (i + 1) / segments,
      length: step,
      times: step / median,
    })).filter(({ length }) => length > jumpAt * median),
  });
}

function endOf({ data, cols }: Matrix, row: number): Float32Array {
  return data.subarray(row * cols, (row + 1) * cols);
}

async function farFrom({ searched, usual }: Spaced, along: Matrix, steps: Float64Array): Promise<OffData> {
  const segments = steps.length;
  const { distances } = await searched.nearest(along, 1);
  const inner = distances.subarray(1, segments).map((value) => value / usual);
  const most = inner.reduce((a, b) => Math.max(a, b));
  const lengths = inner.map((_, i) => steps[i]! + steps[i + 1]!);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const byLength = inner.reduce((sum, value, i) => sum + value * lengths[i]!, 0) / whole;
  return {
    mean: mean(inner),
    meanByLength: whole > 0 ? byLength : mean(inner),
    most,
    at: (inner.indexOf(most) + 1) / segments,
    usual,
  };
}
