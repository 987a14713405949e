import type { Matrix } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Algebra, Dense } from "../linalg/index.ts";
import { frameAnchors } from "./frame.ts";
import { fitContrastive, MOST_CONTRASTED } from "./gap-contrastive.ts";
import type { GapRepairName } from "./gap-result.ts";
import { centredDense, mapSide, type SideMaps } from "./gap-sides.ts";
import { ridge } from "./ridge.ts";

/** Items that a repair is fitted to: as they came, and in float64 at length 1. */
export interface Training {
  readonly from: Matrix;
  readonly to: Matrix;
  readonly x: Dense;
  readonly y: Dense;
  readonly algebra: Algebra;
  readonly engine: EngineInfo;
}

export interface FittedRepair {
  readonly maps: SideMaps;
  readonly converged: boolean;
}

export const FIT_REPAIR: Readonly<Record<GapRepairName, (training: Training) => Promise<FittedRepair>>> = {
  centring: fitCentring,
  orthogonal: fitOrthogonal,
  ridge: fitRidge,
  contrastive: fitContrastiveMap,
};

/** Each side's mean is taken off. What is left of its rows is scaled to length 1. */
async function fitCentring({ x, y }: Training): Promise<FittedRepair> {
  const maps = {
    from: { mean: centredDense(x).mean, turn: null },
    to: { mean: centredDense(y).mean, turn: null },
  };
  return { maps, converged: true };
}

/** Of the length of X'Y, added to its diagonal: decides only where X'Y says nothing. */
const COMPLETION = 1e-6;

/**
 * Centring, then the first side turned by orthogonal Procrustes: Q of largest inner product between X Q and Y, the polar factor of X'Y (Schoenemann 1966). Directions that no
 * item spans stay where they are, as the sides share one space. Cost m d^2, and some 160 d^3.
 */
async function fitOrthogonal({ x, y, algebra }: Training): Promise<FittedRepair> {
  const [from, to] = [centredDense(x), centredDense(y)];
  const cross = await algebra.multiply(from.rows, to.rows, { transA: true });
  const length = Math.sqrt(cross.data.reduce((sum, value) => sum + value ** 2, 0));
  for (let k = 0; k < cross.cols; k++) cross.data[k * (cross.cols + 1)]! += COMPLETION * length;
  const { factor, converged } = await algebra.polar(cross);
  return { maps: { from: { mean: from.mean, turn: factor }, to: { mean: to.mean, turn: null } }, converged };
}

/** Centring, then the first side by ridge regression on the second, the penalty by generalised cross-validation. Swapping the sides makes it another map. */
async function fitRidge({ from, to, algebra, engine }: Training): Promise<FittedRepair> {
  const anchors = await frameAnchors(from, to, { algebra, engine, unitRows: true });
  const half = await algebra.multiply(anchors.from.basis, ridge(anchors).core, { transA: true });
  const turn = await algebra.multiply(half, anchors.to.basis);
  const maps = { from: { mean: anchors.from.mean, turn }, to: { mean: anchors.to.mean, turn: null } };
  return { maps, converged: true };
}

/** Centring, then the first side by the map near the identity that tells partners from others best, fitted to the first items. */
async function fitContrastiveMap({ x, y, algebra }: Training): Promise<FittedRepair> {
  const from = { mean: centredDense(x).mean, turn: null };
  const to = { mean: centredDense(y).mean, turn: null };
  const some = (rows: Dense): Dense => {
    const kept = Math.min(rows.rows, MOST_CONTRASTED);
    return { ...rows, data: rows.data.slice(0, kept * rows.cols), rows: kept };
  };
  const { turn, converged } = await fitContrastive(
    await mapSide(some(x), from, algebra),
    await mapSide(some(y), to, algebra),
    algebra,
  );
  return { maps: { from: { ...from, turn }, to }, converged };
}
