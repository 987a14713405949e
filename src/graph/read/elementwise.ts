import {
  abs,
  add,
  cast,
  constant,
  div,
  type Expression,
  elu,
  equal,
  erf,
  exp,
  greater,
  isReal,
  leakyRelu,
  max,
  min,
  mul,
  neg,
  node,
  scalar,
  softplus,
  sub,
  tanh,
  where,
} from "../expression.ts";
import { TYPES, tensorOf } from "../op.ts";
import type { OpName } from "../ops/index.ts";
import type { Reader } from "./readers.ts";
import { needed, numbersOf, refused, type Source } from "./source.ts";

/** Operations of one input that are ours under the same name, without attributes. */
const UNARY = [
  "Abs",
  "Ceil",
  "Cos",
  "Erf",
  "Exp",
  "Floor",
  "Log",
  "Neg",
  "Not",
  "Relu",
  "Sigmoid",
  "Sign",
  "Sin",
  "Softplus",
  "Sqrt",
  "Tanh",
] as const;
const BINARY = [
  "Add",
  "And",
  "Div",
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Mul",
  "Or",
  "Pow",
  "Sub",
] as const;

const one =
  (name: OpName): Reader =>
  (source) =>
    node(name, [needed(source, 0)]);
const two =
  (name: OpName): Reader =>
  (source) => {
    const [a, b] = [needed(source, 0), needed(source, 1)];
    // Powers may be of another type than their base.
    return node(name, [a, name === "Pow" ? cast(b, a.type) : b]);
  };
const named = <N extends OpName>(names: readonly N[], make: (name: N) => Reader) =>
  Object.fromEntries(names.map((name) => [name, make(name)]));

const like = (x: Expression, value: number) => scalar(value, x.type);
/** max(x, 0), and min(x, 0). */
const positive = (x: Expression) => node("Relu", [x]);
const negative = (x: Expression) => neg(node("Relu", [neg(x)]));
/** a (exp(min(x, 0) / b) - 1) */
const bent = (x: Expression, a: number, b = 1) =>
  mul(sub(exp(div(negative(x), like(x, b))), like(x, 1)), like(x, a));

function all(source: Source): readonly Expression[] {
  return source.inputs.map((_, k) => needed(source, k));
}

const gathered =
  (join: (a: Expression, b: Expression) => Expression): Reader =>
  (source) =>
    all(source).reduce(join);

function clipped(x: Expression, low: Expression | undefined, high: Expression | undefined): Expression {
  const above = low ? max(x, low) : x;
  return high ? min(above, high) : above;
}

function hardSigmoid(x: Expression, alpha: number, beta: number): Expression {
  return clipped(add(mul(x, like(x, alpha)), like(x, beta)), like(x, 0), like(x, 1));
}

/** GELU: x times the normal distribution function, or its approximation by tanh. */
function gelu(source: Source): Expression {
  const x = needed(source, 0);
  const half = mul(x, like(x, 0.5));
  if (source.text("approximate", "none") !== "tanh") {
    return mul(half, add(like(x, 1), erf(mul(x, like(x, Math.SQRT1_2)))));
  }
  const cubed = mul(mul(x, x), x);
  const inner = mul(add(x, mul(cubed, like(x, 0.044715))), like(x, Math.sqrt(2 / Math.PI)));
  return mul(half, add(like(x, 1), tanh(inner)));
}

/** The constants of SELU (Klambauer et al. 2017), as ONNX gives them. */
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

function constantOf(source: Source): Expression {
  const value = source.tensor("value");
  if (value) return value;
  const integers = source.ints("value_ints");
  if (integers) return constant(BigInt64Array.from(integers, BigInt), [integers.length]);
  const floats = source.floats("value_floats");
  if (floats) return constant(Float32Array.from(floats), [floats.length]);
  if (source.has("value_int")) return scalar(source.int("value_int", 0), "int64");
  if (source.has("value_float")) return scalar(source.float("value_float", 0), "float");
  throw refused(source, "its value is not of numbers");
}

function castOf(source: Source): Expression {
  const type = TYPES[source.int("to", 1)];
  // Half precision is computed in float32 here.
  if (!type && [10, 16].includes(source.int("to", 1))) return cast(needed(source, 0), "float");
  if (!type) throw refused(source, `numbers of type ${source.int("to", 1)} are not known here`);
  return cast(needed(source, 0), type);
}

/** The rest of a division: of whole numbers with the sign of the divisor, and those have to be known; of others (`fmod`) with that of what is divided. */
function rest(source: Source): Expression {
  const [a, b] = [needed(source, 0), needed(source, 1)];
  if (isReal(a.type)) {
    const whole = div(a, b);
    return sub(a, mul(b, mul(node("Sign", [whole]), node("Floor", [abs(whole)]))));
  }
  const [x, y] = [numbersOf(source, 0)!, numbersOf(source, 1)!];
  if (y.length !== 1) throw refused(source, "the divisor is not one number");
  const [by] = y as [number];
  const rests = source.int("fmod", 0) === 1 ? x.map((v) => v % by) : x.map((v) => ((v % by) + by) % by);
  return constant(tensorOf(a.type, [x.length], (i) => rests[i]!).data, a.shape as number[]);
}

export const ELEMENTWISE_READERS: Readonly<Record<string, Reader>> = {
  ...named(UNARY, one),
  ...named(BINARY, two),
  Max: gathered(max),
  Min: gathered(min),
  Sum: gathered(add),
  Mean: (source) => {
    const inputs = all(source);
    const total = inputs.reduce((a, b) => add(a, b));
    return div(total, like(total, inputs.length));
  },
  Where: (source) => where(needed(source, 0), needed(source, 1), needed(source, 2)),
  Identity: (source) => needed(source, 0),
  Dropout: (source) => needed(source, 0),
  Cast: castOf,
  CastLike: (source) => cast(needed(source, 0), needed(source, 1).type),
  Constant: constantOf,
  Reciprocal: (source) => div(like(needed(source, 0), 1), needed(source, 0)),
  Clip: (source) => clipped(needed(source, 0), source.inputs[1], source.inputs[2]),
  LeakyRelu: (source) => leakyRelu(needed(source, 0), source.float("alpha", 0.01)),
  PRelu: (source) => add(positive(needed(source, 0)), mul(negative(needed(source, 0)), needed(source, 1))),
  Elu: (source) => elu(needed(source, 0), source.float("alpha", 1)),
  Celu(source) {
    const alpha = source.float("alpha", 1);
    return add(positive(needed(source, 0)), bent(needed(source, 0), alpha, alpha));
  },
  Selu(source) {
    const x = needed(source, 0);
    const [alpha, gamma] = [source.float("alpha", SELU.alpha), source.float("gamma", SELU.gamma)];
    return mul(add(positive(x), bent(x, alpha)), like(x, gamma));
  },
  ThresholdedRelu(source) {
    const x = needed(source, 0);
    return where(greater(x, like(x, source.float("alpha", 1))), x, like(x, 0));
  },
  Gelu: gelu,
  HardSigmoid: (source) =>
    hardSigmoid(needed(source, 0), source.float("alpha", 0.2), source.float("beta", 0.5)),
  HardSwish: (source) => mul(needed(source, 0), hardSigmoid(needed(source, 0), 1 / 6, 0.5)),
  Swish: (source) => {
    const x = needed(source, 0);
    return mul(x, node("Sigmoid", [mul(x, like(x, source.float("alpha", 1)))]));
  },
  Mish: (source) => mul(needed(source, 0), tanh(softplus(needed(source, 0)))),
  Softsign(source) {
    const x = needed(source, 0);
    return div(x, add(like(x, 1), abs(x)));
  },
  Mod: rest,
  IsNaN(source) {
    const x = needed(source, 0);
    return node("Not", [equal(x, x)]);
  },
};
