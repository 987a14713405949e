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
