import { IsometerError } from "../../base/index.ts";
import { abs, div, type Expression, less, mul, sub, where } from "../../graph/index.ts";
import { flat, like, meanWhere, square } from "../algebra.ts";
import type { Objective } from "../model.ts";
import { PENALTIES } from "../penalties/index.ts";
import { pairSite } from "../penalties/pair-site.ts";
import type { PairSite, Penalty } from "../penalties/penalty.ts";

/** What a small encoder can learn by from the distances of a big one: penalties of that name, and "relational". None minds a factor. */
export type DistillLoss = "distance" | "stress" | "correlation" | "relational";

export interface DistillOptions {
  /** Columns of the teacher's embeddings. */
  readonly teacher: number;
  /** Losses and their weights; the first is what the model is for. Default: stress alone. */
  readonly losses?: Readonly<Partial<Record<DistillLoss, number>>>;
}

/** The name of the columns that hold the teacher's embeddings, one for each row. */
export const TEACHER = "teacher";

/** On scikit-learn's digits it had the least stress on held-out rows; a term for near pairs beside it changed nothing. */
const DEFAULT_LOSSES = { stress: 1 } as const;

/**
 * An encoder whose distances are those of another one's embeddings t of the same rows, up to a factor; without a decoder. Widths may differ.
 *
 * `stress` is about all pairs by their length, `distance` by relative error, so that near ones count as much as far ones. `relational` is the distance-wise loss of Park et al. 2019 (RKD):
 * mean over pairs of Huber(|z - z'| / their mean - |t - t'| / their mean).
 *
 * Losses are called "teacher:stress": penalties of that name are about the data. Shown: `distancePearson`, the correlation of both distances over the pairs of the batch.
 */
export function distill({ teacher, losses = DEFAULT_LOSSES }: DistillOptions): Objective {
  return ({ model, rows, scope, feeds }) => {
    const codes = flat(model.encoder.apply(rows, scope));
    const shape = [rows.shape[0] as number, teacher];
    const embedded = feeds.ask(TEACHER, shape, { kind: "columns", of: TEACHER });
    const site = pairSite({ x: embedded, z: codes, feeds });
    const weighted = Object.entries(losses).map(([name, weight]) => [
      `${TEACHER}:${name}`,
      mul(lossOf(name as DistillLoss, site), like(codes, weight)),
    ]);
    return {
      codes,
      losses: Object.fromEntries(weighted),
      shown: { distancePearson: sub(like(codes, 1), lossOf("correlation", site)) },
    };
  };
}

function lossOf(name: DistillLoss, site: PairSite): Expression {
  if (name === "relational") return relational(site);
  const penalty: Penalty = PENALTIES[name];
  if (penalty.on !== "pairs") throw new IsometerError("internal", `${name} is not about pairs`);
  return penalty.build(site, penalty.numbers);
}

function relational({ dx, dz, counted }: PairSite): Expression {
  const e = abs(sub(div(dz, meanWhere(dz, counted)), div(dx, meanWhere(dx, counted))));
  const half = like(e, 0.5);
  const huber = where(less(e, like(e, 1)), mul(square(e), half), sub(e, half));
  return meanWhere(huber, counted);
}
