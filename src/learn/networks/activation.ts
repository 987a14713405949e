import { type Expression, elu, leakyRelu, mul, relu, sigmoid, softplus, tanh } from "../../graph/index.ts";

/** Functions between layers, by the names that people know from PyTorch. */
export const ACTIVATIONS = {
  elu: (x: Expression) => elu(x),
  relu: (x: Expression) => relu(x),
  "leaky-relu": (x: Expression) => leakyRelu(x, 0.1),
  silu: (x: Expression) => mul(x, sigmoid(x)),
  softplus: (x: Expression) => softplus(x),
  tanh: (x: Expression) => tanh(x),
} as const;

export type Activation = keyof typeof ACTIVATIONS;

/** Functions at the end of a network: numbers of any size, within (0, 1), within (-1, 1). */
export const OUTPUTS = {
  none: (x: Expression) => x,
  sigmoid: (x: Expression) => sigmoid(x),
  tanh: (x: Expression) => tanh(x),
} as const;

export type Output = keyof typeof OUTPUTS;
