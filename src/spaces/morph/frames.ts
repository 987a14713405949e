import { checkInteger, type Matrix } from "../../base/index.ts";
import { type Decoder, decoded } from "./decoder.ts";
import { codesAt, cumulative, evenly, type Path, placeIn, SEGMENTS, stepLengths } from "./path.ts";

/** Some places of a path, evenly spaced in the space of data. */
export interface Frames {
  /** Where each is on the path: n, from 0 to 1. */
  readonly parameters: Float64Array;
  /** n x d. */
  readonly codes: Matrix;
  /** What they look like, n x D: the codes themselves without a decoder. */
  readonly images: Matrix;
  /** Longest over shortest step from frame to frame. */
  readonly stepRatio: number;
}

/** Points on the path for each frame, from which the first guess comes. */
const LOOKS = 8;

/** Corrections of the guess at most. */
const MOST_ROUNDS = 30;

/** Steps that differ by less are equal. */
const EQUAL = 1.01;

/**
 * Frames of a path at equal steps in the space of data: |f(z(t_{i+1})) - f(z(t_i))| is the same for all i, to 1 %. First they are placed at equal arc lengths; then each round moves them to where
 * equal chords would be, were the path straight between them. A path that jumps cannot be cut evenly: `stepRatio` says what was reached. Cost: 8 n and up to 30 n runs of the decoder.
 *
 * @param n frames with both ends, 2 or more
 * @throws bad-option
 */
export async function framesAlong(path: Path, decoder: Decoder | null, n: number): Promise<Frames> {
  checkInteger("frames", n, 2);
  let best = await framesAt(path, decoder, await equalArcs(path, decoder, n));
  let next = best;
  for (let round = 0; round < MOST_ROUNDS && best.stepRatio > EQUAL; round++) {
    next = await framesAt(path, decoder, retimed(next.parameters, cumulative(stepLengths(next.images)), n));
    if (next.stepRatio < best.stepRatio) best = next;
  }
  return best;
}

/** The parameters of n places of a path at equal arc lengths of its image, seen at 8 n points. */
async function equalArcs(path: Path, decoder: Decoder | null, n: number): Promise<Float64Array> {
  const fine = evenly(Math.max(SEGMENTS, LOOKS * (n - 1)));
  const arc = cumulative(stepLengths(await decoded(decoder, codesAt(path, fine))));
  return retimed(fine, arc, n);
}

async function framesAt(path: Path, decoder: Decoder | null, parameters: Float64Array): Promise<Frames> {
  const codes = codesAt(path, parameters);
  const images = await decoded(decoder, codes);
  const steps = stepLengths(images);
  const longest = Math.max(...steps);
  return { parameters, codes, images, stepRatio: longest > 0 ? longest / Math.min(...steps) : 1 };
}

/** The parameters at which n equal shares of a length have been gone. A path of no length is gone evenly. */
function retimed(parameters: Float64Array, gone: Float64Array, n: number): Float64Array {
  const whole = gone.at(-1)!;
  if (!(whole > 0)) return evenly(n - 1);
  return evenly(n - 1).map((share) => {
    const { before, share: part } = placeIn(gone, share * whole);
    if (share === 1) return 1;
    return parameters[before]! + part * (parameters[before + 1]! - parameters[before]!);
  });
}
