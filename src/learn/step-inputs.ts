import { type PointRows, type Rng, rng } from "../base/index.ts";
import { openRows } from "../engine/index.ts";
import type { Tensor } from "../graph/index.ts";
import {
  type DescentOptions,
  openOptimizer,
  type Ramp,
  rampAt,
  rateFactor,
  type Schedule,
} from "../optim/index.ts";
import { openBatches } from "./batches.ts";
import { draw } from "./draws.ts";
import type { FeedSpec } from "./feeds.ts";
import { type Guests, type KnownDistances, openDistances } from "./known-distances.ts";
import { openPairing } from "./pairing.ts";

/** What the inputs of steps are made from. Plain data for workers; big arrays on shared memory. */
export interface InputSetup {
  readonly batch: number;
  readonly feeds: readonly FeedSpec[];
  readonly rows: PointRows;
  /** Rows to train on, by their numbers among `rows`. */
  readonly at: Int32Array;
  /** Columns that belong to rows of `rows`, by name: n x cols. */
  readonly columns: Readonly<Record<string, { readonly data: Float32Array; readonly cols: number }>>;
  /** Of rows by their place in `at`. */
  readonly distances: Readonly<Record<string, KnownDistances>>;
  readonly guests: Guests | null;
  readonly seed: number;
  readonly descent: DescentOptions;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Other numbers that steps are given: weights of penalties. */
  readonly numbers: Readonly<Record<string, number | Ramp>>;
}

/** What steps are given beside the numbers of the model. */
export interface StepInputs {
  /** The rows of the present batch, by their numbers. */
  readonly rows: Int32Array;
  tensors(names: readonly string[]): Record<string, Tensor>;
  /** Makes what step t is given, but for what has to be found. */
  fill(t: number): void;
  found(finder: string, values: Readonly<Record<string, Float32Array>>): void;
}

export function openInputs(setup: InputSetup): StepInputs {
  const { batch, feeds, seed, at, guests } = setup;
  const source = rng(seed).split("steps");
  const batches = openBatches(rng(seed).split("batches"), at.length, batch, guests);
  const places = new Int32Array(batch);
  const rows = new Int32Array(batch);
  const made = feeds.map((spec) => ({ spec, data: arrayFor(spec) }));
  const fillers = made.map(({ spec, data }) => openFiller(setup, spec, data, { places, rows }));
  return {
    rows,
    tensors: (names) =>
      Object.fromEntries(
        made
          .filter(({ spec }) => names.includes(spec.name))
          .map(({ spec, data }) => [spec.name, { data, dims: spec.shape }]),
      ),
    fill(t) {
      batches.rowsOf(t, places);
      for (let p = 0; p < places.length; p++) rows[p] = at[places[p]!]!;
      const own = source.split(`step ${t}`);
      for (const fill of fillers) fill(t, own);
    },
    found(finder, values) {
      for (const { spec, data } of made)
        if (spec.from.kind === "found" && spec.from.finder === finder)
          (data as Float32Array).set(values[spec.from.of]!);
    },
  };
}

type Filler = (t: number, source: Rng) => void;

function arrayFor({ shape, type }: FeedSpec): Float32Array | BigInt64Array {
  const size = shape.reduce((all, dim) => all * dim, 1);
  return type === "int64" ? new BigInt64Array(size) : new Float32Array(size);
}

/** How one input of a step is filled. */
function openFiller(
  setup: InputSetup,
  { name, shape, from }: FeedSpec,
  data: Float32Array | BigInt64Array,
  { places, rows }: { readonly places: Int32Array; readonly rows: Int32Array },
): Filler {
  const numbers = data as Float32Array;
  switch (from.kind) {
    case "random":
      return (_, source) => draw(from.law, source.split(name), data, shape[1] ?? 1);
    case "rows": {
      const reader = openRows(setup.rows);
      const { cols } = setup.rows;
      return () => {
        for (let p = 0; p < rows.length; p++) reader.copy(rows[p]!, 1, numbers, p * cols);
      };
    }
    case "positives": {
      const fill = openPairing(from.of, { rows: setup.rows, at: setup.at, places });
      return (_, source) => fill(source.split(name), numbers);
    }
    case "columns": {
      const { data: all, cols } = setup.columns[from.of]!;
      return () => {
        for (let p = 0; p < rows.length; p++)
          for (let k = 0; k < cols; k++) numbers[p * cols + k] = all[rows[p]! * cols + k]!;
      };
    }
    case "distances": {
      const fill = openDistances(setup.distances[from.of]!, setup.at.length);
      return () => fill(places, numbers);
    }
    case "number": {
      const numberAt = openNumbers(setup);
      return (t) => {
        numbers[0] = numberAt(from.of, t);
      };
    }
    case "found":
      return () => {};
  }
}

/** Numbers of a step by name: those of the optimiser at the present rate, and others. */
function openNumbers({ descent, learningRate, schedule, numbers }: InputSetup) {
  const optimizer = openOptimizer(descent);
  return (name: string, t: number): number => {
    const own = numbers[name];
    if (own !== undefined) return rampAt(own, t);
    return optimizer!.numbers(t + 1, learningRate * rateFactor(schedule, t))[name]!;
  };
}
