import { IsometerError } from "../../base/index.ts";
import { add, div, type Expression, mul, node, reshape, sqrt, sub } from "../../graph/index.ts";
import { like, square } from "../algebra.ts";
import { type Layer, type Parameter, type Scope, stateless } from "./layer.ts";

/** Ways to bring the numbers between layers to one size. */
export type Normalisation = "none" | "batch" | "layer";

/** Added to variances: PyTorch's. */
const EPSILON = 1e-5;
/** How much of a batch goes into running statistics: PyTorch's. */
const MOMENTUM = 0.1;

/** Normalisation of so many columns, or channels. */
export function normalised(name: string, channels: number, kind: Normalisation): Layer {
  if (kind === "none") return stateless((x) => x);
  return kind === "batch" ? batchNormalisation(name, channels) : layerNormalisation(name, channels);
}

/**
 * y = (x - mean) / sqrt(variance + 1e-5) scale + shift for each column of B x n, each channel of B x C x H x W (Ioffe & Szegedy 2015). In training mean and variance are those of the
 * batch, and running ones move a tenth of the way to them (the variance to the unbiased one); otherwise they are the running ones.
 */
export function batchNormalisation(name: string, channels: number): Layer {
  const [mean, variance] = [`${name}.mean`, `${name}.variance`];
  const shape = [1, channels];
  return {
    parameters: scaleAndShift(name, channels),
    running: [
      { name: mean, shape, start: 0 },
      { name: variance, shape, start: 1 },
    ],
    apply(x, scope) {
      if (scope.isTraining) return byBatch(name, x, scope);
      const { scale, shift } = factorsOf(name, x, scope);
      const factor = div(scale, deviation(perChannel(scope.value(variance), x)));
      return add(mul(x, factor), sub(shift, mul(perChannel(scope.value(mean), x), factor)));
    },
  };
}

function byBatch(name: string, x: Expression, scope: Scope): Expression {
  const axes = x.shape.flatMap((_, k) => (k === 1 ? [] : [k]));
  const count = axes.reduce((all, axis) => all * Number(x.shape[axis]), 1);
  if (count < 2) {
    throw new IsometerError("bad-option", "batch normalisation cannot learn from batches of one row", {
      hint: "Take larger batches, or layer normalisation.",
    });
  }
  const mean = meanOver(x, axes);
  const centred = sub(x, mean);
  const variance = meanOver(square(centred), axes);
  keep(scope, `${name}.mean`, mean);
  keep(scope, `${name}.variance`, mul(variance, like(x, count / (count - 1))));
  const { scale, shift } = factorsOf(name, x, scope);
  return add(mul(centred, div(scale, deviation(variance))), shift);
}

/** Moves a running statistic, 1 x channels, towards that of the batch. */
function keep(scope: Scope, name: string, found: Expression): void {
  const before = scope.value(name);
  const own = reshape(found, before.shape);
  scope.update(name, add(mul(before, like(found, 1 - MOMENTUM)), mul(own, like(found, MOMENTUM))));
}

/**
 * y = (x - mean) / sqrt(variance + 1e-5) scale + shift, mean and variance of each row (Ba, Kiros & Hinton 2016): over all columns of B x n, over all of B x C x H x W but the first
 * dimension, where scale and shift are those of channels (PyTorch: LayerNorm(n), GroupNorm(1, C)).
 */
export function layerNormalisation(name: string, channels: number): Layer {
  return {
    parameters: scaleAndShift(name, channels),
    running: [],
    apply(x, scope) {
      const axes = x.shape.flatMap((_, k) => (k === 0 ? [] : [k]));
      const centred = sub(x, meanOver(x, axes));
      const { scale, shift } = factorsOf(name, x, scope);
      const normal = div(centred, deviation(meanOver(square(centred), axes)));
      return add(mul(normal, scale), shift);
    },
  };
}

function scaleAndShift(name: string, channels: number): readonly Parameter[] {
  const of = (own: string, value: number): Parameter => ({
    name: `${name}.${own}`,
    shape: [1, channels],
    init: { kind: "constant", value },
    isWeight: false,
  });
  return [of("scale", 1), of("shift", 0)];
}

function factorsOf(name: string, x: Expression, { value }: Scope) {
  return {
    scale: perChannel(value(`${name}.scale`), x),
    shift: perChannel(value(`${name}.shift`), x),
  };
}

/** 1 x C as 1 x C x 1 x 1 where x has as many dimensions. */
function perChannel(values: Expression, x: Expression): Expression {
  return reshape(values, [...values.shape, ...x.shape.slice(2).map(() => 1)]);
}

function meanOver(x: Expression, axes: readonly number[]): Expression {
  return node("ReduceMean", [x], { axes: { ints: axes } });
}

function deviation(variance: Expression): Expression {
  return sqrt(add(variance, like(variance, EPSILON)));
}
