import { rng } from "../base/index.ts";
import type { Tensor } from "../graph/index.ts";
import type { Optimizer } from "../optim/index.ts";
import type { Init, Parameter, Running } from "./networks/index.ts";

/** Where a tensor lies in the numbers of a model. */
export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** The numbers of a model in training, one after the other: parameters, running statistics, then each slot of the optimiser for all parameters. */
export interface Layout {
  readonly parameters: readonly Place[];
  readonly running: readonly Place[];
  /** Slot by slot, each in the order of the parameters; named "mean:encoder.0.weight". */
  readonly slots: readonly (readonly Place[])[];
  /** Parameters and running statistics: what a network is. */
  readonly modelSize: number;
  readonly size: number;
}

/** Lays out parameters, running statistics and slots. */
export function planLayout(
  parameters: readonly Parameter[],
  running: readonly Running[],
  optimizer: Optimizer | null,
): Layout {
  let size = 0;
  const place = (name: string, shape: readonly number[]): Place => {
    const own = shape.reduce((all, dim) => all * dim, 1);
    size += own;
    return { name, shape, offset: size - own, size: own };
  };
  const placed = {
    parameters: parameters.map(({ name, shape }) => place(name, shape)),
    running: running.map(({ name, shape }) => place(name, shape)),
  };
  const modelSize = size;
  const all = (optimizer?.slots ?? []).map((slot) =>
    parameters.map(({ name, shape }) => place(`${slot}:${name}`, shape)),
  );
  return { ...placed, slots: all, modelSize, size };
}

/** The numbers that training begins with: each parameter by its own stream of the seed. Slots are 0. */
export function initialValues(
  layout: Layout,
  parameters: readonly Parameter[],
  running: readonly Running[],
  seed: number,
  out: Float32Array,
): void {
  const source = rng(seed).split("parameters");
  for (const [k, { name, init }] of parameters.entries()) {
    const { offset, size } = layout.parameters[k]!;
    fill(init, source.split(name), out.subarray(offset, offset + size));
  }
  for (const [k, { start }] of running.entries()) {
    const { offset, size } = layout.running[k]!;
    out.fill(start, offset, offset + size);
  }
}

function fill(init: Init, source: ReturnType<typeof rng>, out: Float32Array): void {
  switch (init.kind) {
    case "constant":
      out.fill(init.value);
      return;
    case "changed":
      fill(init.from, source, out);
      init.change(out);
      return;
    case "values":
      out.set(init.data);
      return;
    case "uniform":
      for (let i = 0; i < out.length; i++) out[i] = (2 * source.uniform() - 1) * init.bound;
      return;
    case "normal":
      for (let i = 0; i < out.length; i++) out[i] = source.normal() * init.deviation;
  }
}

/** The tensors of a model as views of its numbers: those of some names, or all that a step makes anew. */
export function tensorsOf(
  state: Float32Array,
  { parameters, running, slots }: Layout,
  wanted: readonly string[] | null,
  nameOf: (place: Place) => string,
): Record<string, Tensor> {
  const all = [...parameters, ...running, ...slots.flat()];
  const chosen = wanted ? all.filter((place) => wanted.includes(nameOf(place))) : all;
  return Object.fromEntries(
    chosen.map((place) => [
      nameOf(place),
      { data: state.subarray(place.offset, place.offset + place.size), dims: place.shape },
    ]),
  );
}
