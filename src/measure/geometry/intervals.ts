import { type Expression, inOrder, type NodeExpression, OPS, type Op } from "../../graph/index.ts";

/** All numbers from `low` to `high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The largest float32: networks hold no larger numbers. */
export const LARGEST = 3.4028235e38;

export const EVERYTHING: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** Rounding of one operation in float64, by far: relative, and where numbers vanish. */
const ROUNDING = 1e-14;
const VANISHED = 1e-300;

/**
 * Where the values of an expression can lie while each input lies in its range: interval arithmetic, outward by more than rounding. Tensors are one range: that of all their
 * elements. What is not element by element may be anything.
 */
export function rangeOf(e: Expression, inputs: (e: Expression) => Range): Range {
  const known = new Map<Expression, Range>();
  for (const each of inOrder({ outputs: { e } })) known.set(each, rangeOfOne(each, known, inputs));
  return known.get(e)!;
}

/** The same for one expression whose inputs are known. */
export function rangeOfOne(
  e: Expression,
  known: ReadonlyMap<Expression, Range>,
  inputs: (e: Expression) => Range,
): Range {
  if (e.kind === "input") return inputs(e);
  if (e.kind === "constant") return hullOf(e.data as ArrayLike<number | bigint>);
  const rule = RULES[e.op];
  if (!rule) return inputs(e);
  const range = rule(
    e,
    e.inputs.map((i) => known.get(i)!),
    known,
  );
  return EXACT.has(e.op) ? sound(range) : outward(range);
}

/** Operations that do not round. */
const EXACT = new Set(
  "Max Min Where Equal Greater GreaterOrEqual Less LessOrEqual And Or Not Relu Neg Abs Sign Floor Ceil Cast".split(
    " ",
  ),
);

function sound(range: Range): Range {
  return Number.isNaN(range.low) || Number.isNaN(range.high) ? EVERYTHING : range;
}

function hullOf(data: ArrayLike<number | bigint>): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (Number.isNaN(value)) return EVERYTHING;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

function outward({ low, high }: Range): Range {
  if (Number.isNaN(low) || Number.isNaN(high)) return EVERYTHING;
  return {
    low: low - Math.abs(low) * ROUNDING - VANISHED,
    high: high + Math.abs(high) * ROUNDING + VANISHED,
  };
}

type Rule = (e: NodeExpression, ranges: readonly Range[], known: ReadonlyMap<Expression, Range>) => Range;

/** The reference's value of an operation of one number. */
function at(e: NodeExpression, x: number): number {
  const rule: Op = OPS[e.op];
  return Number(rule.value([{ data: Float64Array.of(x), dims: [1] }], e.attributes).data[0]);
}

const rising: Rule = (e, [x]) => ({ low: at(e, x!.low), high: at(e, x!.high) });
/** A slope of 1 above 0, one of either sign below. */
const bent: Rule = (e, [x]) => {
  const ends = [at(e, x!.low), at(e, x!.high), ...(x!.low < 0 && x!.high > 0 ? [0] : [])];
  return { low: Math.min(...ends), high: Math.max(...ends) };
};
const same: Rule = (_, [x]) => x!;
const wave: Rule = () => ({ low: -1, high: 1 });
const truth: Rule = () => ({ low: 0, high: 1 });
const joined: Rule = (_, ranges) => ({
  low: Math.min(...ranges.map(({ low }) => low)),
  high: Math.max(...ranges.map(({ high }) => high)),
});

function product(a: Range, b: Range): Range {
  // Nothing times anything finite is nothing; infinite ends stand for numbers beyond float64.
  const of = (x: number, y: number) => (x === 0 || y === 0 ? 0 : x * y);
  const ends = [of(a.low, b.low), of(a.low, b.high), of(a.high, b.low), of(a.high, b.high)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

function quotient(a: Range, b: Range): Range {
  if (b.low <= 0 && b.high >= 0) return EVERYTHING;
  return product(a, { low: 1 / b.high, high: 1 / b.low });
}

function square({ low, high }: Range): Range {
  const ends = [low * low, high * high];
  return { low: low <= 0 && high >= 0 ? 0 : Math.min(...ends), high: Math.max(...ends) };
}

/** 1 - y where y is close to 1 for large numbers: 1 - sigmoid(w) = sigmoid(-w), 1 - tanh(w)^2 = 1 / cosh(w)^2. Else null. */
function complement(e: NodeExpression, known: ReadonlyMap<Expression, Range>): Range | null {
  const [one, y] = e.inputs as [Expression, Expression];
  if (one.kind !== "constant" || one.data.length !== 1 || Number(one.data[0]) !== 1 || y.kind !== "node")
    return null;
  if (y.op === "Sigmoid") {
    const w = known.get(y.inputs[0]!)!;
    const falling = (x: number) => 1 / (1 + Math.exp(x));
    return { low: falling(w.high), high: falling(w.low) };
  }
  const [t] = y.inputs;
  if (y.op !== "Mul" || t !== y.inputs[1] || t?.kind !== "node" || t.op !== "Tanh") return null;
  const w = known.get(t.inputs[0]!)!;
  const bell = (x: number) => 1 / Math.cosh(x) ** 2;
  const far = Math.max(Math.abs(w.low), Math.abs(w.high));
  const near = w.low <= 0 && w.high >= 0 ? 0 : Math.min(Math.abs(w.low), Math.abs(w.high));
  return { low: bell(far), high: bell(near) };
}

/** Powers by a constant whole number, or of what is above 0. */
const power: Rule = (_, [x, p]) => {
  if (p!.low !== p!.high) return EVERYTHING;
  const exponent = p!.low;
  if (Number.isInteger(exponent) && exponent >= 0) {
    const ends = [x!.low ** exponent, x!.high ** exponent];
    const touches = exponent % 2 === 0 && exponent > 0 && x!.low <= 0 && x!.high >= 0;
    return { low: touches ? 0 : Math.min(...ends), high: Math.max(...ends) };
  }
  if (!(x!.low > 0)) return EVERYTHING;
  const ends = [x!.low ** exponent, x!.high ** exponent];
  return { low: Math.min(...ends), high: Math.max(...ends) };
};

/** What holds for sure of a comparison is one truth, else both. */
const compared =
  (sure: (a: Range, b: Range) => boolean, never: (a: Range, b: Range) => boolean): Rule =>
  (_, [a, b]) =>
    sure(a!, b!) ? { low: 1, high: 1 } : never(a!, b!) ? { low: 0, high: 0 } : { low: 0, high: 1 };

const RULES: Readonly<Partial<Record<string, Rule>>> = {
  Add: (_, [a, b]) => ({ low: a!.low + b!.low, high: a!.high + b!.high }),
  Sub: (e, [a, b], known) => complement(e, known) ?? { low: a!.low - b!.high, high: a!.high - b!.low },
  Mul: (e, [a, b]) => (e.inputs[0] === e.inputs[1] ? square(a!) : product(a!, b!)),
  Div: (_, [a, b]) => quotient(a!, b!),
  Pow: power,
  Max: (_, [a, b]) => ({ low: Math.max(a!.low, b!.low), high: Math.max(a!.high, b!.high) }),
  Min: (_, [a, b]) => ({ low: Math.min(a!.low, b!.low), high: Math.min(a!.high, b!.high) }),
  Where(_, [condition, a, b]) {
    // Truths are widened as all ranges are.
    if (condition!.low > 0.5) return a!;
    return condition!.high < 0.5 ? b! : { low: Math.min(a!.low, b!.low), high: Math.max(a!.high, b!.high) };
  },
  Greater: compared(
    (a, b) => a.low > b.high,
    (a, b) => a.high <= b.low,
  ),
  GreaterOrEqual: compared(
    (a, b) => a.low >= b.high,
    (a, b) => a.high < b.low,
  ),
  Less: compared(
    (a, b) => a.high < b.low,
    (a, b) => a.low >= b.high,
  ),
  LessOrEqual: compared(
    (a, b) => a.high <= b.low,
    (a, b) => a.low > b.high,
  ),
  Equal: truth,
  And: truth,
  Or: truth,
  Not: truth,
  Relu: rising,
  Elu: bent,
  LeakyRelu: bent,
  Sqrt: (e, [x]) => rising(e, [{ low: Math.max(0, x!.low), high: Math.max(0, x!.high) }], new Map()),
  Exp: rising,
  Log: (e, [x]) => rising(e, [{ low: Math.max(0, x!.low), high: Math.max(0, x!.high) }], new Map()),
  Sin: wave,
  Cos: wave,
  Tanh: rising,
  Sigmoid: rising,
  Softplus: rising,
  Erf: rising,
  Sign: rising,
  Floor: rising,
  Ceil: rising,
  Neg: (_, [x]) => ({ low: -x!.high, high: -x!.low }),
  Abs: (_, [x]) => {
    const ends = [Math.abs(x!.low), Math.abs(x!.high)];
    return { low: x!.low <= 0 && x!.high >= 0 ? 0 : Math.min(...ends), high: Math.max(...ends) };
  },
  Cast: same,
  Reshape: same,
  Transpose: same,
  Expand: same,
  Slice: same,
  Gather: same,
  ReduceMax: same,
  ReduceMin: same,
  ReduceMean: same,
  Concat: joined,
  Pad: (_, [x]) => ({ low: Math.min(0, x!.low), high: Math.max(0, x!.high) }),
  Softmax: truth,
};
