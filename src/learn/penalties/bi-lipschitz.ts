import {
  abs,
  add,
  div,
  type Expression,
  greater,
  max,
  mul,
  neg,
  node,
  relu,
  slice,
  sqrt,
  stopGradient,
  sub,
  where,
} from "../../graph/index.ts";
import { flat, like, meanAll, rowTimes, square } from "../algebra.ts";
import { pushed } from "../directional.ts";
import { columnsAt, innerProducts, lengths, metricAt } from "./metric.ts";
import type { MapSite, Penalty, PenaltyNumbers } from "./penalty.ts";

export const biLipschitz: Penalty = {
  on: "decoder",
  about: "the decoder stretches no direction by more than k and none by less than 1/k",
  formula:
    "E max(0, 1/k - s_min)^2 + max(0, s_max - k)^2, s the singular values of the decoder's J; least 0, where all are in [1/k, k]; with k = 1 an isometry",
  scale: "absolute",
  cost: "to 2 dimensions d derivatives forward of the decoder, and theirs; beyond, for `rows` rows, d forward before the step with the eigenvectors of as many d x d matrices, and 2 forward and theirs in it",
  source:
    "Zhan et al. 2026 (BLAE, the local term). s_max = |J v|, v the eigenvector of G = J'J held constant: the exact derivative where s is simple, one of several where it is not. (The authors' code has other sums in its place: squares of the off-diagonal of G and of what its diagonal is above 1, and nothing against collapse.) To 2 dimensions eigenvectors in closed form; beyond they are found between a look at the batch and the step, for its first `rows` rows.",
  numbers: { k: 1, rows: 64 },
  build(site, numbers) {
    const { smallest, largest } = extremes(site, numbers);
    const one = like(site.at, 1);
    const k = like(site.at, numbers.k!);
    return meanAll(add(square(relu(sub(div(one, k), smallest))), square(relu(sub(largest, k)))));
  },
};

/** Up to so many dimensions the directions come from the graph itself. */
const CLOSED_FORM = 2;

/**
 * What has to be looked at before a step where codes have more than 2 dimensions, with the numbers that the step has: the metrics of the rows that count, rows x d x d. Their extreme directions
 * (`extremeDirections`) the step is given as found.
 */
export function biLipschitzLook(site: MapSite, numbers: PenaltyNumbers): Expression {
  return metricAt(site.map, countedRows(site, numbers));
}

function countedRows({ at }: MapSite, { rows }: PenaltyNumbers): Expression {
  return slice(at, 0, 0, Math.min(rows!, at.shape[0] as number));
}

/** Singular values of J, one of each for every row that counts: B x 1. */
interface Extremes {
  readonly smallest: Expression;
  readonly largest: Expression;
}

function extremes(site: MapSite, numbers: PenaltyNumbers): Extremes {
  const { map, inputs, at } = site;
  if (inputs > CLOSED_FORM) return extremesAlong(site, countedRows(site, numbers));
  const columns = columnsAt(map, at);
  if (inputs === 1) {
    const only = lengths(flat(columns));
    return { smallest: only, largest: only };
  }
  const v = largestOfTwo(stopGradient(innerProducts(columns)));
  const [first, second] = [slice(v, 1, 0, 1), slice(v, 1, 1, 2)];
  const across = node("Concat", [neg(second), first], { axis: { int: 1 } });
  return { smallest: lengths(rowTimes(across, columns)), largest: lengths(rowTimes(v, columns)) };
}

/** Along directions that were found before the step. */
function extremesAlong({ map, inputs, feeds }: MapSite, rows: Expression): Extremes {
  const along = (of: "max" | "min", name: string) => {
    const shape = [rows.shape[0] as number, inputs];
    const v = feeds.ask(name, shape, { kind: "found", finder: "extremeDirections", of });
    return lengths(pushed(map, rows, v).moved);
  };
  return { smallest: along("min", "biLipschitz.vMin"), largest: along("max", "biLipschitz.vMax") };
}

/** Beside 1, nothing; its square is still a number of float32. */
const NOTHING = 1e-12;

/**
 * The eigenvectors, of length 1, of the larger eigenvalues of B symmetric 2 x 2 matrices [a b; b c]: B x 2. With h = a - c, q = 2 b and r = sqrt(h^2 + q^2) it is along (r + |h|, q), or (q, r + |h|) where h < 0.
 * Of a multiple of the identity, an axis.
 */
function largestOfTwo(matrices: Expression): Expression {
  const [a, b, , c] = Array.from({ length: 4 }, (_, k) => slice(flat(matrices), 1, k, k + 1)) as [
    Expression,
    Expression,
    Expression,
    Expression,
  ];
  const size = max(add(a, c), like(a, 1e-30));
  const h = div(sub(a, c), size);
  const q = div(mul(b, like(b, 2)), size);
  const long = add(add(sqrt(add(square(h), square(q))), abs(h)), like(h, NOTHING));
  const isFirst = greater(h, like(h, 0));
  const v = node("Concat", [where(isFirst, long, q), where(isFirst, q, long)], { axis: { int: 1 } });
  return div(v, lengths(v));
}
