import { gatherRows, IsometerError, type Matrix, type Points, type Rng, type Watch } from "../base/index.ts";
import { add, constant, mul, scalar, sub } from "../graph/index.ts";
import { transposed } from "../linalg/index.ts";
import { canonicalAxes } from "./cca.ts";
import { fitPairs } from "./contrastive.ts";
import { type Anchors, type FrameOptions, frameAnchors, repaired } from "./frame.ts";
import { streamAnchors } from "./frame-stream.ts";
import { fitLocal } from "./local.ts";
import { lowRank } from "./low-rank.ts";
import { type AlignMap, affineMap, commonMap, unitMap } from "./map.ts";
import type { AlignMethodName } from "./method-table.ts";
import { type Rotation, rotate, scaleAxes, scaled } from "./procrustes.ts";
import { relativeMaps } from "./relative.ts";
import { fitResidual, type RowTrainer } from "./residual.ts";
import { ridge } from "./ridge.ts";

/** A way from one space to the other that was fitted to anchors. */
export interface Fitted {
  /** From the first space to the second, or to the space that both share. */
  readonly from: AlignMap;
  /** From the second to the space that both share; null: that is the second. */
  readonly to: AlignMap | null;
  readonly converged: boolean;
  /** What the method has to say, number by name. */
  readonly details: Readonly<Record<string, number>>;
}

/** Paired rows that a method is fitted to. What several methods start from is made once. */
export interface Fitting extends FrameOptions, Watch {
  readonly from: Matrix;
  readonly to: Matrix;
  readonly anchors: Anchors;
  /** Of the anchors; found once. */
  readonly rotation: () => Promise<Rotation>;
  readonly rng: Rng;
  /** What trains networks, where something does. */
  readonly train?: RowTrainer;
}

/** How each method is fitted. */
export const FITTERS: Readonly<Record<AlignMethodName, (fitting: Fitting) => Promise<Fitted>>> = {
  identity: fitIdentity,
  shift: fitShift,
  orthogonal: fitOrthogonal,
  diagonal: fitDiagonal,
  "low-rank": fitLowRank,
  ridge: fitRidge,
  local: fitPiecewise,
  residual: fitTrained,
  contrastive: fitAdapter,
  cca: fitCca,
  relative: fitRelative,
};

/** What all methods are fitted to. */
export async function openFitting(
  from: Matrix,
  to: Matrix,
  options: FrameOptions & Watch & Pick<Fitting, "rng" | "train">,
): Promise<Fitting> {
  return fittingOn(from, to, await frameAnchors(from, to, options), options);
}

/** The same from all rows, which are read and not held: for methods that look at no single pair. */
export async function streamFitting(
  from: Points,
  to: Points,
  options: FrameOptions & Watch & Pick<Fitting, "rng">,
): Promise<Fitting> {
  const none = ({ cols }: Points): Matrix => ({ data: new Float32Array(0), rows: 0, cols });
  return fittingOn(none(from), none(to), await streamAnchors(from, to, options), options);
}

/** The same pairs, the partners in another order. */
export async function shuffledFitting(fitting: Fitting, order: Int32Array): Promise<Fitting> {
  const { from, algebra } = fitting;
  const to = gatherRows(fitting.to, order);
  return fittingOn(from, to, await repaired(fitting.anchors, from, to, algebra), fitting);
}

function fittingOn(
  from: Matrix,
  to: Matrix,
  anchors: Anchors,
  options: FrameOptions & Watch & Pick<Fitting, "rng" | "train">,
): Fitting {
  let found: Promise<Rotation> | null = null;
  const rotation = () => {
    found ??= rotate(anchors, options.algebra);
    return found;
  };
  return { ...options, from, to, anchors, rotation };
}

async function fitIdentity({ from, anchors }: Fitting): Promise<Fitted> {
  const map: AlignMap = { inputs: from.cols, outputs: from.cols, codes: (vectors) => vectors };
  return { from: unitMap(map, anchors.unitRows), to: null, converged: true, details: {} };
}

/** y = c (x - mean) + mean', with the least-squares c = tr(X'Y) / |X|^2. */
async function fitShift({ anchors, algebra }: Fitting): Promise<Fitted> {
  const { from, to, cross, bounds } = anchors;
  const turned = await algebra.multiply(from.basis, to.basis, { transB: true });
  const product = turned.data.reduce((sum, value, at) => sum + value * cross.data[at]!, 0);
  const spread = from.lengths.reduce((sum, length) => sum + length ** 2, 0);
  const scale = bounds.fixedScale ? 1 : spread > 0 ? product / spread : 0;
  const { unitRows } = anchors;
  const map: AlignMap = {
    inputs: from.mean.length,
    outputs: to.mean.length,
    codes: (vectors) => {
      const row = (values: Float64Array) => constant(Float32Array.from(values), [values.length]);
      return add(mul(sub(vectors, row(from.mean)), scalar(scale, vectors.type)), row(to.mean));
    },
  };
  return { from: unitMap(map, unitRows), to: null, converged: true, details: { scale } };
}

async function fitOrthogonal({ anchors, algebra, rotation }: Fitting): Promise<Fitted> {
  const { rotation: turn, converged, scale } = await rotation();
  const core = scaled(turn, scale);
  return { from: await affineMap(core, anchors, algebra), to: null, converged, details: { scale } };
}

async function fitDiagonal({ anchors, algebra, rotation }: Fitting): Promise<Fitted> {
  const found = await rotation();
  const from = await affineMap(scaleAxes(anchors, found), anchors, algebra);
  return { from, to: null, converged: found.converged, details: { scale: found.scale } };
}

async function fitRidge({ anchors, algebra }: Fitting): Promise<Fitted> {
  const { core, penalty, freedom } = ridge(anchors);
  return {
    from: await affineMap(core, anchors, algebra),
    to: null,
    converged: true,
    details: { penalty, freedom },
  };
}

async function fitLowRank(fitting: Fitting): Promise<Fitted> {
  const { anchors, algebra } = fitting;
  const whole = ridge(anchors);
  const { core, rank } = await lowRank(anchors, whole, fitting);
  const { penalty, freedom } = whole;
  const from = await affineMap(core, anchors, algebra);
  return { from, to: null, converged: true, details: { rank, penalty, freedom } };
}

async function fitPiecewise(fitting: Fitting): Promise<Fitted> {
  const rotation = await fitting.rotation();
  const { map, regions } = await fitLocal({ ...fitting, rotation });
  return { from: map, to: null, converged: rotation.converged, details: { regions } };
}

async function fitTrained(fitting: Fitting): Promise<Fitted> {
  const { train } = fitting;
  if (!train) throw new IsometerError("internal", "residual: nothing trains networks here");
  const { from, converged } = await fitOrthogonal(fitting);
  const { map, error } = await fitResidual(from, { ...fitting, train });
  return { from: map, to: null, converged, details: { error } };
}

async function fitAdapter(fitting: Fitting): Promise<Fitted> {
  const { from, to } = fitting;
  const start = await fitOrthogonal(fitting);
  const { map, loss, converged } = await fitPairs(start.from, from, to, fitting);
  return { from: map, to: null, converged: start.converged && converged, details: { loss } };
}

async function fitRelative({ from, to, anchors, rng }: Fitting): Promise<Fitted> {
  const { axes, ...maps } = relativeMaps(from, to, anchors, rng);
  return { ...maps, converged: true, details: { dimensions: axes } };
}

async function fitCca(fitting: Fitting): Promise<Fitted> {
  const { anchors, algebra } = fitting;
  const back: Anchors = { ...anchors, from: anchors.to, to: anchors.from, cross: transposed(anchors.cross) };
  const penalties = { from: ridge(anchors).penalty, to: ridge(back).penalty };
  const axes = await canonicalAxes(anchors, penalties, fitting);
  return {
    from: await commonMap(axes.from, anchors.from, anchors, algebra),
    to: await commonMap(axes.to, anchors.to, anchors, algebra),
    converged: true,
    details: { dimensions: axes.correlations.length, largestCorrelation: axes.correlations[0] ?? 0 },
  };
}
