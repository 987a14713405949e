import type { Expression, NodeExpression } from "../expression.ts";
import {
  type Attributes,
  type Build,
  floatOf,
  intOf,
  like,
  type Op,
  type Tensor,
  TYPES,
  tensorOf,
} from "../op.ts";
import { broadcastOffset, placeOf } from "../places.ts";
import { broadcast, type Shape } from "../shape.ts";

/** y = a + b, broadcast. */
export const Add: Op = {
  ...binary("Add", (a, b) => a + b),
  derivative: {
    jvp: (e, [a, b], { add, expandTo }) => expandTo(a && b ? add(a, b) : (a ?? b)!, e.shape),
    transpose: (e, at, cotangent, { sumTo }) => sumTo(cotangent, e.inputs[at]!.shape),
  },
};

/** y = a - b, broadcast. */
export const Sub: Op = {
  ...binary("Sub", (a, b) => a - b),
  derivative: {
    jvp: (e, [a, b], { sub, neg, expandTo }) => expandTo(a && b ? sub(a, b) : (a ?? neg(b!)), e.shape),
    transpose: (e, at, cotangent, { neg, sumTo }) =>
      sumTo(at === 0 ? cotangent : neg(cotangent), e.inputs[at]!.shape),
  },
};

/** y = a b, element by element, broadcast. */
export const Mul: Op = {
  ...binary("Mul", (a, b) => a * b),
  derivative: {
    jvp(e, [a, b], { mul, sum }) {
      const [x, y] = e.inputs as [Expression, Expression];
      return sum(a && mul(a, y), b && mul(x, b));
    },
    transpose: (e, at, cotangent, { mul, sumTo }) =>
      sumTo(mul(cotangent, e.inputs[1 - at]!), e.inputs[at]!.shape),
  },
};

/** y = a / b, broadcast. */
export const Div: Op = {
  ...binary("Div", (a, b) => a / b),
  derivative: {
    jvp(e, [a, b], { mul, div, neg, sum }) {
      const y = e.inputs[1]!;
      return sum(a && div(a, y), b && neg(div(mul(e, b), y)));
    },
    // Linear in the numerator alone.
    transpose: (e, _, cotangent, { div, sumTo }) => sumTo(div(cotangent, e.inputs[1]!), e.inputs[0]!.shape),
  },
};

/** y = a^b, broadcast. */
export const Pow: Op = {
  ...binary("Pow", (a, b) => a ** b),
  derivative: {
    jvp(e, [a, b], { mul, sub, log, pow, sum, scalar }) {
      const [x, p] = e.inputs as [Expression, Expression];
      const slope = () => mul(p, pow(x, sub(p, scalar(1, p.type))));
      return sum(a && mul(a, slope()), b && mul(b, mul(e, log(x))));
    },
  },
};

/** y = max(a, b), broadcast. Where both are equal it moves with b. */
export const Max: Op = {
  ...binary("Max", Math.max),
  derivative: { jvp: (e, t, build) => chosen(e, build.greater(e.inputs[0]!, e.inputs[1]!), t, build) },
};

/** y = min(a, b), broadcast. Where both are equal it moves with b. */
export const Min: Op = {
  ...binary("Min", Math.min),
  derivative: { jvp: (e, t, build) => chosen(e, build.less(e.inputs[0]!, e.inputs[1]!), t, build) },
};

/** The tangent of a where a truth holds, else that of b. */
function chosen(
  e: NodeExpression,
  first: Expression,
  [a, b]: readonly (Expression | null)[],
  { where, scalar, expandTo }: Build,
): Expression {
  const zero = scalar(0, e.type);
  return expandTo(where(first, a ?? zero, b ?? zero), e.shape);
}

/** y = condition ? a : b, broadcast. */
export const Where: Op = {
  name: "Where",
  type: 1,
  shape: ([condition, a, b]) => broadcast(condition!, broadcast(a!, b!)),
  value([condition, a, b]) {
    const dims = broadcast(condition!.dims, broadcast(a!.dims, b!.dims)) as number[];
    return like(a!, dims, (i) => {
      const place = placeOf(i, dims);
      return at(at(condition!, place) ? a! : b!, place);
    });
  },
  derivative: {
    jvp: (e, [, a, b], build) => chosen(e, e.inputs[0]!, [a!, b!], build),
    transpose(e, at, cotangent, { where, scalar, sumTo }) {
      const zero = scalar(0, e.type);
      const [condition] = e.inputs as [Expression];
      const own = at === 1 ? where(condition, cotangent, zero) : where(condition, zero, cotangent);
      return sumTo(own, e.inputs[at]!.shape);
    },
  },
};

/** Truths: 1 where it holds. */
export const Equal = comparison("Equal", (a, b) => a === b);
export const Greater = comparison("Greater", (a, b) => a > b);
export const GreaterOrEqual = comparison("GreaterOrEqual", (a, b) => a >= b);
export const Less = comparison("Less", (a, b) => a < b);
export const LessOrEqual = comparison("LessOrEqual", (a, b) => a <= b);
export const And = comparison("And", (a, b) => a !== 0 && b !== 0);
export const Or = comparison("Or", (a, b) => a !== 0 || b !== 0);
export const Not: Op = { ...unary("Not", (a) => (a === 0 ? 1 : 0)), derivative: "constant" };

/** y = max(a, 0). It stays where a = 0. */
export const Relu = smooth(
  "Relu",
  (a) => Math.max(a, 0),
  ({ inputs: [x], type }, t, build) => {
    const zero = build.scalar(0, type);
    return build.where(build.greater(x!, zero), t, zero);
  },
);
/** y = sqrt(a). */
export const Sqrt = smooth("Sqrt", Math.sqrt, (e, t, { div, mul, scalar }) =>
  div(t, mul(scalar(2, e.type), e)),
);
/** y = exp(a). */
export const Exp = smooth("Exp", Math.exp, (e, t, { mul }) => mul(t, e));
/** y = ln(a). */
export const Log = smooth("Log", Math.log, ({ inputs: [x] }, t, { div }) => div(t, x!));
/** y = sin(a). */
export const Sin = smooth("Sin", Math.sin, ({ inputs: [x] }, t, { mul, cos }) => mul(t, cos(x!)));
/** y = cos(a). */
export const Cos = smooth("Cos", Math.cos, ({ inputs: [x] }, t, { mul, neg, sin }) => mul(t, neg(sin(x!))));
/** y = tanh(a). */
export const Tanh = smooth("Tanh", Math.tanh, (e, t, { mul, sub, scalar }) =>
  mul(t, sub(scalar(1, e.type), mul(e, e))),
);
/** y = 1 / (1 + exp(-a)). */
export const Sigmoid = smooth(
  "Sigmoid",
  (a) => 1 / (1 + Math.exp(-a)),
  (e, t, { mul, sub, scalar }) => mul(t, mul(e, sub(scalar(1, e.type), e))),
);
/** y = ln(1 + exp(a)). */
export const Softplus = smooth(
  "Softplus",
  (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  ({ inputs: [x] }, t, { mul, sigmoid }) => mul(t, sigmoid(x!)),
);
/** y = a above 0, else alpha (exp(a) - 1), alpha 1 by default. The derivative comes from the result. */
export const Elu = smooth(
  "Elu",
  (a, attributes) => (a > 0 ? a : floatOf(attributes, "alpha", 1) * Math.expm1(a)),
  (e, t, { mul, add, min, where, greater, scalar }) => {
    const alpha = floatOf(e.attributes, "alpha", 1);
    const [zero, one] = [scalar(0, e.type), scalar(1, e.type)];
    // With alpha = 1 there is no kink.
    if (alpha === 1) return mul(t, add(min(e, zero), one));
    return mul(t, where(greater(e.inputs[0]!, zero), one, add(e, scalar(alpha, e.type))));
  },
);
/** y = a above 0, else alpha a, alpha .01 by default. At 0 its slope is alpha. */
export const LeakyRelu = smooth(
  "LeakyRelu",
  (a, attributes) => (a > 0 ? a : floatOf(attributes, "alpha", 0.01) * a),
  ({ inputs: [x], attributes, type }, t, { mul, where, greater, scalar }) => {
    const slope = scalar(floatOf(attributes, "alpha", 0.01), type);
    return mul(t, where(greater(x!, scalar(0, type)), scalar(1, type), slope));
  },
);
/** y = |a|. It stays where a = 0. */
export const Abs = smooth("Abs", Math.abs, ({ inputs: [x] }, t, { mul, sign }) => mul(t, sign(x!)));
/** y = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a. */
export const Erf = smooth("Erf", erf, ({ inputs: [x], type }, t, { mul, exp, neg, scalar }) =>
  mul(t, mul(scalar(2 / Math.sqrt(Math.PI), type), exp(neg(mul(x!, x!))))),
);
/** y = -a. */
export const Neg: Op = {
  ...unary("Neg", (a) => -a),
  derivative: {
    jvp: (_, [t], { neg }) => neg(t!),
    transpose: (_, __, cotangent, { neg }) => neg(cotangent),
  },
};
/** -1, 0 or 1. */
export const Sign: Op = { ...unary("Sign", Math.sign), derivative: "constant" };
export const Floor: Op = { ...unary("Floor", Math.floor), derivative: "constant" };
export const Ceil: Op = { ...unary("Ceil", Math.ceil), derivative: "constant" };

/** y = a, and counts as a constant: nothing moves with it. */
export const StopGradient: Op = {
  ...unary("Identity", (a) => a),
  derivative: "constant",
};

/** The same numbers in another type: `to` is its number in ONNX. */
export const Cast: Op = {
  name: "Cast",
  type: (attributes) => TYPES[intOf(attributes, "to", 1)]!,
  shape: ([a]) => a!,
  value([a], attributes) {
    const to = TYPES[intOf(attributes, "to", 1)]!;
    const isTruth = to === "bool";
    // Reference in double precision stays there.
    if (to === "float" && a!.data instanceof Float64Array) return a!;
    return tensorOf(to, a!.dims, (i) => (isTruth ? Number(Number(a!.data[i]) !== 0) : Number(a!.data[i])));
  },
  derivative: {
    jvp: (e, [t], { cast, isReal }) => (isReal(e.type) ? cast(t!, e.type) : null),
    transpose: (e, _, cotangent, { cast }) => cast(cotangent, e.inputs[0]!.type),
  },
};

type Unary = Omit<Op, "derivative">;

function unary(name: string, f: (a: number, attributes: Attributes) => number): Unary {
  return {
    name,
    shape: ([a]) => a!,
    value: ([a], attributes) => like(a!, a!.dims, (i) => f(Number(a!.data[i]), attributes)),
  };
}

/** A function of one number with a derivative: `moved` makes the tangent of the result. */
function smooth(
  name: string,
  f: (a: number, attributes: Attributes) => number,
  moved: (e: NodeExpression, tangent: Expression, build: Build) => Expression,
): Op {
  return { ...unary(name, f), derivative: { jvp: (e, [t], build) => moved(e, t!, build) } };
}

function binary(name: string, f: (a: number, b: number) => number): Unary {
  return {
    name,
    shape: ([a, b]) => broadcast(a!, b!),
    value: ([a, b]) => overBoth(a!, b!, (dims, at) => like(a!, dims, at), f),
  };
}

function comparison(name: string, f: (a: number, b: number) => boolean): Op {
  return {
    name,
    type: "bool",
    shape: ([a, b]: readonly Shape[]) => broadcast(a!, b!),
    value: ([a, b]) =>
      overBoth(
        a!,
        b!,
        (dims, at) => tensorOf("bool", dims, at),
        (x, y) => Number(f(x, y)),
      ),
    derivative: "constant",
  };
}

function overBoth(
  a: Tensor,
  b: Tensor,
  make: (dims: readonly number[], at: (i: number) => number) => Tensor,
  f: (a: number, b: number) => number,
): Tensor {
  const dims = broadcast(a.dims, b.dims) as number[];
  return make(dims, (i) => {
    const place = placeOf(i, dims);
    return f(at(a, place), at(b, place));
  });
}

/** The number of a tensor that broadcasts to a place of the result. */
function at(tensor: Tensor, place: readonly number[]): number {
  return Number(tensor.data[broadcastOffset(place, tensor.dims)]);
}

/** The error function to 1e-15: its series about 0, beyond 3 the continued fraction of its complement (Abramowitz & Stegun 7.1.6 and 7.1.14). */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return (Math.sign(x) * 2 * Math.exp(-a * a) * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}
