import {
  cast,
  constant,
  div,
  type Expression,
  equal,
  greater,
  less,
  max,
  node,
  slice,
  sqrt,
  transpose,
} from "../../graph/index.ts";
import { flat, like, rowSums, square, squaredDistances } from "../algebra.ts";
import type { ObjectiveSite } from "../model.ts";
import type { Positives } from "../pairing.ts";

/** What contrast is about: the codes of V rows on the sphere. All matrices are V x V and symmetric. */
export interface Views {
  /** Codes of the rows of the batch, B x d, as the encoder gives them. */
  readonly codes: Expression;
  /** Squared distances of the codes' directions, |u - u'|^2 = 2 - 2 u u': 0 to 4. */
  readonly squares: Expression;
  /** 1 where two rows belong together, but not for a row with itself. */
  readonly together: Expression;
  /** 1 for a row with itself. */
  readonly self: Expression;
  /** 1 where two rows were made of different rows of the batch. */
  readonly apart: Expression;
}

/** Directions of shorter codes are not told apart from none. */
const SHORTEST = 1e-6;

/**
 * The views of a batch: its rows alone (V = B), the rows and a neighbour of each, or two changed images of each (V = 2 B). These go through the encoder as one batch. Two belong together
 * where they were made of one row, or by `labels` where their rows have the same one.
 */
export function openViews(site: ObjectiveSite, positives: Positives | null, byLabels: boolean): Views {
  const { rows, feeds } = site;
  const batch = rows.shape[0] as number;
  const { codes, views } = encoded(site, positives);
  const count = views.shape[0] as number;
  const numbers = column(count, (k) => k);
  const own = column(count, (k) => k % batch);
  const labels = () => {
    const of = feeds.ask("labels", [batch, 1], { kind: "columns", of: "labels" });
    return count === batch ? of : node("Concat", [of, of], { axis: { int: 0 } });
  };
  const self = same(numbers, rows);
  const origin = same(own, rows);
  const group = byLabels ? same(labels(), rows) : origin;
  return {
    codes,
    squares: squaredDistances(directions(views)),
    together: cast(greater(group, self), rows.type),
    self,
    apart: cast(less(origin, like(rows, 0.5)), rows.type),
  };
}

function encoded({ model, rows, scope, feeds }: ObjectiveSite, positives: Positives | null) {
  const encode = (x: Expression) => flat(model.encoder.apply(x, scope));
  if (!positives) {
    const codes = encode(rows);
    return { codes, views: codes };
  }
  const batch = rows.shape[0] as number;
  const isPair = positives.kind === "neighbors";
  const shape = [isPair ? batch : 2 * batch, model.inputs];
  const asked = feeds.ask("positives", shape, { kind: "positives", of: positives });
  const other = flat(model.prepare.apply(asked, scope));
  if (!isPair) {
    // Computed for penalties alone; statistics of batches are kept by the views, which come last.
    const codes = encode(rows);
    return { codes, views: encode(other) };
  }
  const views = encode(node("Concat", [rows, other], { axis: { int: 0 } }));
  return { codes: slice(views, 0, 0, batch), views };
}

/** Rows of length 1, V x d. */
function directions(rows: Expression): Expression {
  return div(rows, sqrt(max(rowSums(square(rows)), like(rows, SHORTEST ** 2))));
}

function column(count: number, of: (k: number) => number): Expression {
  return constant(
    Int32Array.from({ length: count }, (_, k) => of(k)),
    [count, 1],
  );
}

/** 1 where two of a column are equal, V x 1 to V x V. */
function same(values: Expression, { type }: Expression): Expression {
  return cast(equal(values, transpose(values)), type);
}
