import type { Expression } from "../../graph/index.ts";

/** How the numbers of a parameter begin: evenly between -bound and bound, normal, all equal, as they are given, or as something else changed. */
export type Init =
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "values"; readonly data: Float32Array }
  | { readonly kind: "changed"; readonly from: Init; change(values: Float32Array): void };

/** A tensor that training changes. */
export interface Parameter {
  /** "encoder.0.weight": unique in a model. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
  /** Whether weight decay, and penalties on weights, are about it: matrices and kernels, not biases and scales. */
  readonly isWeight: boolean;
}

/** A tensor that a forward pass in training brings up to date: a running mean. Derivatives do not reach it. */
export interface Running {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
}

/** What a layer is applied within. */
export interface Scope {
  /** The present value of a parameter or running statistic, by its full name. */
  value(name: string): Expression;
  /** Batch statistics are used, and kept by `update`; otherwise running ones are. */
  readonly isTraining: boolean;
  /** The next value of a running statistic. */
  update(name: string, next: Expression): void;
}

/** A function of batches with parameters: B x shape to B x shape. Plain data and one function; names are full already. */
export interface Layer {
  readonly parameters: readonly Parameter[];
  readonly running: readonly Running[];
  apply(x: Expression, scope: Scope): Expression;
}

/** One after the other. */
export function sequence(layers: readonly Layer[]): Layer {
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    running: layers.flatMap(({ running }) => running),
    apply: (x, scope) => layers.reduce((value, layer) => layer.apply(value, scope), x),
  };
}

/** A layer without parameters. */
export function stateless(apply: (x: Expression) => Expression): Layer {
  return { parameters: [], running: [], apply };
}
