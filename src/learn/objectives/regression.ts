import { sub } from "../../graph/index.ts";
import { flat, meanAll, square } from "../algebra.ts";
import type { Objective } from "../model.ts";

/** The name of the columns that hold what the encoder should give, one row for each row. */
export const TARGET = "target";

/** An encoder that gives certain rows: mean over all elements of (f(x) - t)^2; without a decoder. */
export function regression(outputs: number): Objective {
  return ({ model, rows, scope, feeds }) => {
    const codes = flat(model.encoder.apply(rows, scope));
    const target = feeds.ask(TARGET, [rows.shape[0] as number, outputs], { kind: "columns", of: TARGET });
    return { codes, losses: { error: meanAll(square(sub(codes, target))) } };
  };
}
