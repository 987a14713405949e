import {
  cast,
  constant,
  type Expression,
  equal,
  greater,
  less,
  mul,
  node,
  transpose,
  where,
} from "../../graph/index.ts";
import { distances, like, meanAll, squaredDistances } from "../algebra.ts";
import type { Feeds } from "../feeds.ts";
import type { PairSite } from "./penalty.ts";

export interface Batch {
  /** B x D, and their codes, B x d. */
  readonly x: Expression;
  readonly z: Expression;
  /** Distances to be kept, B x B, symmetric and finite; 0 where there is none to keep. Euclidean ones of `x` where left out. */
  readonly dx?: Expression;
  readonly feeds: Feeds;
}

/**
 * The pairs of a batch. Which are near is told by a number that is fed, `nearRadius`: the distance up to which a row has about so many neighbours among all rows as the
 * user wants.
 */
export function pairSite({ x, z, dx: given, feeds }: Batch): PairSite {
  const isCounted = node("And", [isApart(x, given), node("Not", [isSelf(x.shape[0] as number)])]);
  const counted = cast(isCounted, x.type);
  const dx = given ? where(isCounted, given, like(given, 1)) : distances(x, counted);
  const near = () => {
    const radius = feeds.ask("nearRadius", [], { kind: "number", of: "nearRadius" });
    return mul(counted, cast(less(dx, radius), x.type));
  };
  return { x, z, dx, dz: distances(z, counted), counted, near, feeds };
}

/** Given distances that are as small beside their mean are none. */
const NONE = 1e-6;

/** Squared distances that are as small beside their mean are rounding, or might be: in float32 products of rows have no digits left for them. */
const ROUNDING = { double: 1e-12, float: 1e-6 };

/** Whether rows are apart, as far as can be told. */
function isApart(x: Expression, given: Expression | undefined): Expression {
  const lengths = given ?? squaredDistances(x);
  const least = given ? NONE : ROUNDING[x.type === "double" ? "double" : "float"];
  return greater(lengths, mul(like(lengths, least), meanAll(lengths)));
}

/** Whether a pair is a row with itself, B x B. */
function isSelf(rows: number): Expression {
  const numbers = constant(
    Int32Array.from({ length: rows }, (_, row) => row),
    [rows, 1],
  );
  return equal(numbers, transpose(numbers));
}
