import { IsometerError } from "../../base/index.ts";
import { type Attributes, type Expression, node, reshape } from "../../graph/index.ts";
import { ACTIVATIONS, OUTPUTS } from "./activation.ts";
import { type Layer, sequence, stateless } from "./layer.ts";
import { type MlpOptions, mlp } from "./mlp.ts";
import { normalised } from "./normalisation.ts";
import { residual } from "./residual.ts";

/** A square window that moves over images. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Channels, height, width: rows are images of C H W numbers, channel by channel. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** B x C x H x W to B x O x H' x W', H' = floor((H + 2 padding - kernel) / stride) + 1. W: O x C x kernel x kernel. Begins as PyTorch's: evenly within 1 / sqrt(C kernel^2). */
export function convolution(name: string, inputs: number, outputs: number, window: Window): Layer {
  const shape = [outputs, inputs, window.kernel, window.kernel];
  return kernelLayer(name, shape, outputs, (x, w, b) => node("Conv", [x, w, b], windowOf(window)));
}

/**
 * The transpose of a convolution, with a bias of its own: B x C x H' x W' to B x O x H x W; `more` places at the end of height and width. W: C x O x kernel x kernel. Begins as PyTorch's:
 * evenly within 1 / sqrt(O kernel^2).
 */
export function transposedConvolution(
  name: string,
  inputs: number,
  outputs: number,
  window: Window,
  more: readonly [height: number, width: number],
): Layer {
  const shape = [inputs, outputs, window.kernel, window.kernel];
  const attributes = { ...windowOf(window), output_padding: { ints: more } };
  return kernelLayer(name, shape, outputs, (x, w, b) => node("ConvTranspose", [x, w, b], attributes));
}

function kernelLayer(
  name: string,
  shape: readonly number[],
  outputs: number,
  apply: (x: Expression, w: Expression, b: Expression) => Expression,
): Layer {
  const [weight, bias] = [`${name}.weight`, `${name}.bias`];
  const init = { kind: "uniform", bound: 1 / Math.sqrt(shape[1]! * shape[2]! * shape[3]!) } as const;
  return {
    parameters: [
      { name: weight, shape, init, isWeight: true },
      { name: bias, shape: [outputs], init, isWeight: false },
    ],
    running: [],
    apply: (x, { value }) => apply(x, value(weight), value(bias)),
  };
}

function windowOf({ stride, padding }: Window): Attributes {
  return {
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
  };
}

/** A convolutional network between images and codes. */
export interface ConvOptions extends MlpOptions {
  readonly imageShape: ImageShape;
  /** Channels of each convolution, from the image on: each halves height and width. */
  readonly channels: readonly number[];
  /** Height and width of the windows: 4 (default) or 3. */
  readonly kernel?: 3 | 4;
  /** Widths of linear layers between the last convolution and the codes. */
  readonly hidden?: readonly number[];
}

/** A step between two sizes of images. */
interface Level {
  readonly large: ImageShape;
  readonly small: ImageShape;
}

/**
 * Flat rows B x (C H W) to codes B x d: convolutions "name.0", "name.1" ... with stride 2, each with normalisation and a function, and linear layers "name.linear.0" ... With `residual` a
 * 3 x 3 convolution "name.k.residual" follows each, added to what goes into it.
 */
export function convEncoder(name: string, outputs: number, options: ConvOptions): Layer {
  const levels = levelsOf(options);
  const blocks = levels.flatMap(({ large, small }, k) => {
    const own = `${name}.${k}`;
    return [
      convolution(own, large[0], small[0], halving(options)),
      ...between(own, small[0], options),
      ...refined(own, small[0], options),
    ];
  });
  const top = levels.at(-1)!.small;
  return sequence([
    stateless((x) => reshape(x, [x.shape[0]!, ...options.imageShape])),
    ...blocks,
    stateless((x) => reshape(x, [x.shape[0]!, sizeOf(top)])),
    mlp(`${name}.linear`, [sizeOf(top), ...(options.hidden ?? []), outputs], options),
  ]);
}

/** The mirror image of the encoder, codes B x d to flat rows B x (C H W): heights and widths are those that its convolutions had, odd ones too. */
export function convDecoder(name: string, inputs: number, options: ConvOptions): Layer {
  const levels = levelsOf(options).reverse();
  const [bottom, last] = [levels[0]!.small, levels.length - 1];
  const window = halving(options);
  const blocks = levels.flatMap(({ large, small }, k) => {
    const own = `${name}.${k}`;
    const more = [1, 2].map((axis) => large[axis]! - grown(small[axis]!, window)) as [number, number];
    const up = transposedConvolution(own, small[0], large[0], window, more);
    return [
      ...refined(own, small[0], options),
      up,
      ...(k < last ? between(own, large[0], options) : [stateless(OUTPUTS[options.output ?? "none"])]),
    ];
  });
  const widths = [inputs, ...(options.hidden ?? []).toReversed(), sizeOf(bottom)];
  return sequence([
    mlp(`${name}.linear`, widths, { ...options, output: "none" }),
    stateless(ACTIVATIONS[options.activation]),
    stateless((x) => reshape(x, [x.shape[0]!, ...bottom])),
    ...blocks,
    stateless((x) => reshape(x, [x.shape[0]!, sizeOf(options.imageShape)])),
  ]);
}

function between(name: string, channels: number, options: ConvOptions): readonly Layer[] {
  return [
    normalised(`${name}.norm`, channels, options.normalisation ?? "none"),
    stateless(ACTIVATIONS[options.activation]),
  ];
}

/** A residual block that keeps the shape, where they are asked for. */
function refined(name: string, channels: number, options: ConvOptions): readonly Layer[] {
  if (!options.residual) return [];
  const own = `${name}.residual`;
  const same = convolution(own, channels, channels, { kernel: 3, stride: 1, padding: 1 });
  return [residual(sequence([same, ...between(own, channels, options)]))];
}

function halving({ kernel = 4 }: ConvOptions): Window {
  return { kernel, stride: 2, padding: 1 };
}

/** The sizes of images from the largest on. */
function levelsOf(options: ConvOptions): Level[] {
  const window = halving(options);
  if (options.channels.length === 0) {
    throw new IsometerError("bad-option", "a convolutional network without convolutions", {
      hint: "Give the channels of at least one: 32,64 for one.",
    });
  }
  let large = options.imageShape;
  return options.channels.map((channels) => {
    const [, height, width] = large;
    const small: ImageShape = [channels, shrunk(height, window), shrunk(width, window)];
    if (small[1] < 1 || small[2] < 1) throw tooSmall(options);
    const level = { large, small };
    large = small;
    return level;
  });
}

function tooSmall({ imageShape, channels }: ConvOptions): IsometerError {
  return new IsometerError(
    "bad-option",
    `images of ${imageShape.slice(1).join(" x ")} cannot be halved ${channels.length} times`,
    { got: channels.join(","), hint: "Give fewer channels: each stands for one convolution." },
  );
}

/** What a window makes of a height. */
function shrunk(size: number, { kernel, stride, padding }: Window): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/** The least height that a window shrinks to this one: what its transpose makes of it. */
function grown(size: number, { kernel, stride, padding }: Window): number {
  return (size - 1) * stride + kernel - 2 * padding;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((all, dim) => all * dim, 1);
}
