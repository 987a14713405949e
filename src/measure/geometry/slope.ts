import {
  type Expression,
  expandTo,
  type InputExpression,
  input,
  isReal,
  jvp,
  type NodeExpression,
  scalar,
  substitute,
} from "../../graph/index.ts";
import { LARGEST, type Range, rangeOf } from "./intervals.ts";

/** Continuous operations of one element at a time. */
const ELEMENTWISE = new Set(
  "Add Sub Mul Div Pow Max Min Relu Elu LeakyRelu Sqrt Exp Log Sin Cos Tanh Sigmoid Softplus Abs Erf Neg Cast".split(
    " ",
  ),
);

function isElementwise(e: Expression): e is NodeExpression {
  // Whole numbers jump.
  return e.kind === "node" && ELEMENTWISE.has(e.op) && isReal(e.type);
}

/**
 * The values that `e` is an element-by-element function of, each alone, the farthest first: where all ways from it towards the input meet. `order` has expressions after their
 * inputs.
 */
export function narrows(
  e: Expression,
  order: ReadonlyMap<Expression, number>,
  isConstant: (e: Expression) => boolean,
): Expression[] {
  const found: Expression[] = [];
  let front = new Set([e]);
  for (;;) {
    const last = [...front].reduce((a, b) => (order.get(a)! > order.get(b)! ? a : b));
    if (!isElementwise(last)) return found;
    front = new Set([...front, ...last.inputs.filter((i) => !isConstant(i))]);
    front.delete(last);
    if (front.size === 0) return found;
    const [only] = front;
    if (front.size === 1) found.unshift(only!);
  }
}

/** Larger slopes than this are as good as none. */
const MOST = 1e30;

/** The bound is this near to the slope at some number, or the intervals are too many. */
const CLOSE = 1e-4;
const MOST_PIECES = 4000;

/** Where intervals are cut to begin with: at 0, where most functions have their kinks, and at powers of ten. */
const CUTS = [0, ...[-2, -1, 0, 1, 2, 3, 6, 12, 24].flatMap((power) => [-(10 ** power), 10 ** power])];

/**
 * An upper bound of the slope of `e` as a function of one number, the element of `leaf`, over a range: the largest absolute value of its derivative by interval arithmetic over smaller and
 * smaller intervals. Constants of several elements count as any number between their smallest and largest. Null where it has none.
 */
export function slopeBound(e: Expression, leaf: Expression, domain: Range): number | null {
  const x = input("leaf", leaf.shape, leaf.type);
  const y = substitute(e, new Map([[leaf, x]]));
  const one = expandTo(scalar(1, x.type), x.shape);
  const { y: slope } = jvp({ outputs: { y } }, new Map([[x, one]]));
  return slope ? largest(slope, x, domain) : 0;
}

interface Piece extends Range {
  readonly bound: number;
}

/** Cuts the interval with the largest bound in two, until that bound is close to a slope that is there. */
function largest(slope: Expression, x: InputExpression, domain: Range): number | null {
  const size = ({ low, high }: Range) => Math.max(Math.abs(low), Math.abs(high));
  const over = (range: Range) => size(rangeOf(slope, (e) => (e === x ? range : { low: 1, high: 1 })));
  const piece = (low: number, high: number): Piece => ({ low, high, bound: over({ low, high }) });
  const [first, last] = [Math.max(-LARGEST, domain.low), Math.min(LARGEST, domain.high)];
  const cuts = [first, ...CUTS.filter((cut) => cut > first && cut < last), last].sort((a, b) => a - b);
  const pieces = cuts.slice(1).map((high, k) => piece(cuts[k]!, high));
  let reached = 0;
  for (let count = pieces.length; ; count++) {
    const top = pieces.reduce((most, each) => (each.bound > most.bound ? each : most));
    const middle = top.low / 2 + top.high / 2;
    const there = over({ low: middle, high: middle });
    if (Number.isFinite(there)) reached = Math.max(reached, there);
    if (top.bound <= reached * (1 + CLOSE) || count >= MOST_PIECES || middle <= top.low || middle >= top.high)
      return top.bound <= MOST ? top.bound : null;
    pieces.splice(pieces.indexOf(top), 1, piece(top.low, middle), piece(middle, top.high));
  }
}
