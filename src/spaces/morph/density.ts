import type { Matrix } from "../../base/index.ts";

/** Codes that a path is to stay near. */
export interface Density {
  /** N x d. */
  readonly codes: Matrix;
  /** r: how far a code is from the next, usually (`openSpaced`). */
  readonly usual: number;
  /** w >= 0. */
  readonly weight: number;
}

/** What it costs a path to be off the data. It remembers which codes are near each of its points. */
export interface Toll {
  /** w times l, a length in the space of data. */
  readonly scale: number;
  /** r, the width of what h resolves. */
  readonly usual: number;
  /** h of each point of a path, m, and its derivatives, m x d. */
  off(path: Float64Array): { readonly values: Float64Array; readonly gradient: Float64Array };
}

/** Where all codes were last looked at from, and which were near. */
interface Seen {
  readonly from: Float64Array;
  readonly rows: Int32Array;
  /** All other codes are at least so far from there. */
  readonly radius: number;
}

/** Codes that are seen from a point, and their squared distances. */
interface Sight {
  readonly rows: Int32Array;
  readonly squares: Float64Array;
  readonly nearest: number;
}

/** Of r^2: how much further than the nearest another code may be and still count about as much. */
const SOFTNESS = 0.25;

/** Codes that are further than the nearest by so many times that count for nothing: by exp(-16). */
const IN_SIGHT = 16;

/** Of r: how far a point may move before all codes are looked at again. */
const SLACK = 0.5;

/**
 * h(z) = max(0, -S ln sum_i exp(-|z - c_i|^2 / (S r^2))), S = 1/4: the squared distance to the nearest code in units of r^2, smoothed where several are about as near, and 0 where data are dense. It is
 * minus the logarithm of a kernel density estimate of the codes (Gaussian, of bandwidth r sqrt(S / 2)), up to a factor and a constant.
 *
 * Cost: N d operations for a point that has moved by r / 2 since all codes were looked at, else those of the codes within about 2 r more than the nearest.
 *
 * @param unit l
 */
export function openToll({ codes, usual, weight }: Density, unit: number): Toll {
  const { cols } = codes;
  const seen: Seen[] = [];
  const width = SOFTNESS * usual ** 2;
  const reach = (square: number) => Math.sqrt(square + IN_SIGHT * width);
  const all = Int32Array.from({ length: codes.rows }, (_, i) => i);
  const inSight = (point: number, now: Float64Array): Sight => {
    const known = seen[point];
    const kept = known && sightOf(codes, known.rows, now);
    if (kept && reach(kept.nearest) <= known.radius - Math.sqrt(squareTo(known.from, 0, now))) return kept;
    const { squares, nearest } = sightOf(codes, all, now);
    const radius = reach(nearest) + SLACK * usual;
    const rows = all.filter((i) => squares[i]! <= radius ** 2);
    seen[point] = { from: now.slice(), rows, radius };
    return { rows, squares: Float64Array.from(rows, (i) => squares[i]!), nearest };
  };
  return {
    scale: weight * unit,
    usual,
    off(path) {
      const values = new Float64Array(path.length / cols);
      const gradient = new Float64Array(path.length);
      for (let p = 0; p < values.length; p++) {
        const now = path.subarray(p * cols, (p + 1) * cols);
        const own = gradient.subarray(p * cols, (p + 1) * cols);
        const square = softSquare(codes, inSight(p, now), now, width, own);
        values[p] = Math.max(0, square) / usual ** 2;
        for (let k = 0; k < cols; k++) own[k] = square > 0 ? own[k]! / usual ** 2 : 0;
      }
      return { values, gradient };
    },
  };
}

/** -width ln sum exp(-|z - c|^2 / width) over some codes, and its derivative, the mean of 2 (z - c) by the parts of the sum. */
function softSquare(
  { data, cols }: Matrix,
  { rows, squares, nearest }: Sight,
  now: Float64Array,
  width: number,
  gradient: Float64Array,
): number {
  let sum = 0;
  for (let j = 0; j < rows.length; j++) {
    const beyond = (squares[j]! - nearest) / width;
    if (beyond > IN_SIGHT) continue;
    const part = Math.exp(-beyond);
    sum += part;
    const start = rows[j]! * cols;
    for (let k = 0; k < cols; k++) gradient[k]! += 2 * part * (now[k]! - data[start + k]!);
  }
  for (let k = 0; k < cols; k++) gradient[k]! /= sum;
  return nearest - width * Math.log(sum);
}

function sightOf({ data, cols }: Matrix, rows: Int32Array, now: Float64Array): Sight {
  const squares = new Float64Array(rows.length);
  let nearest = Number.POSITIVE_INFINITY;
  for (let j = 0; j < rows.length; j++) {
    squares[j] = squareTo(data, rows[j]! * cols, now);
    nearest = Math.min(nearest, squares[j]!);
  }
  return { rows, squares, nearest };
}

function squareTo(data: Float32Array | Float64Array, start: number, now: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < now.length; k++) sum += (data[start + k]! - now[k]!) ** 2;
  return sum;
}
