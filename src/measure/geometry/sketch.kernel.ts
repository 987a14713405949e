import { type PointRows, rng } from "../../base/index.ts";
import { type Kernel, type KernelTools, openRows } from "../../engine/index.ts";
import { tridiagonalEigen } from "../../linalg/index.ts";
import type { SketchPlan } from "./sketch-plan.ts";

export interface SketchSetup {
  readonly plan: SketchPlan;
  readonly points: PointRows;
  readonly at: Int32Array;
  readonly towards: Int32Array;
  readonly directions: number;
  readonly probes: number;
  readonly seed: number;
  /** Out, n each: the largest and the smallest squared singular value that were found. */
  readonly largest: Float64Array;
  readonly smallest: Float64Array;
  /** Out, n x probes: |J v|^2, |J'J v|^2 and the log-volume by one random v of length 1 each, times the rank. */
  readonly traces: Float64Array;
  readonly squares: Float64Array;
  readonly volumes: Float64Array;
  /** Out: n x directions, as of full Jacobians. */
  readonly lengths: Float64Array;
}

/** Below this share of the largest a singular value of float32 derivatives cannot be told from 0. */
const NOTHING = 1e-6;

/** Golub-Kahan-Lanczos (Golub & Van Loan, section 10.4), with full reorthogonalisation, of the Jacobians of a block of points side by side. A task is a range of the rows to look at. */
export async function open(
  setup: SketchSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { plan, points, at, towards, directions, probes, seed } = setup;
  const { inputs, outputs, block, steps } = plan;
  const [short, long] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
  const [there, back] = [await tools.session(plan.there), await tools.session(plan.back)];
  const reader = openRows(points);
  const x = new Float32Array(block * inputs);
  const v = new Float32Array(block * short);
  const w = new Float32Array(block * long);
  const fed = () => ({
    [plan.x.name]: { data: plan.x.isDouble ? Float64Array.from(x) : x, dims: plan.x.dims },
  });
  const [ofShort, ofLong] = [
    { data: v, dims: [block, short] },
    { data: w, dims: [block, long] },
  ];
  const goThere = () => there.run({ ...fed(), v: ofShort }, { w: ofLong });
  const goBack = () => back.run({ ...fed(), w: ofLong }, { v: ofShort });
  const bidiagonalise = async (from: number, count: number, probe: number) => {
    const own = Array.from({ length: count }, (_, p) => startBasis(seed, at[from + p]!, probe, short));
    for (let step = 0; step < steps; step++) {
      for (const [p, { right }] of own.entries()) v.set(right.at(-1)!, p * short);
      await goThere();
      for (const [p, basis] of own.entries())
        if (!basis.ended) leftStep(basis, w.subarray(p * long, (p + 1) * long));
      for (const [p, { left }] of own.entries()) if (left.length > 0) w.set(left.at(-1)!, p * long);
      await goBack();
      for (const [p, basis] of own.entries())
        if (!basis.ended) rightStep(basis, v.subarray(p * short, (p + 1) * short), step + 1 < steps);
    }
    return own;
  };
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += block) {
        const count = Math.min(block, end - from);
        for (let p = 0; p < block; p++) reader.copy(at[from + Math.min(p, count - 1)]!, 1, x, p * inputs);
        for (let probe = 0; probe < probes; probe++) {
          const own = await bidiagonalise(from, count, probe);
          for (const [p, basis] of own.entries()) keep(setup, from + p, probe, basis, short);
        }
        for (let k = 0; k < directions; k++) {
          const target = inputs <= outputs ? v : w;
          const image = inputs <= outputs ? w : v;
          const sizes = new Float64Array(count);
          for (let p = 0; p < count; p++) {
            const to = towards[(from + p) * directions + k]!;
            const own = target.subarray(p * inputs, (p + 1) * inputs);
            if (to < 0) continue;
            reader.copy(to, 1, own, 0);
            for (let a = 0; a < inputs; a++) own[a]! -= x[p * inputs + a]!;
            sizes[p] = norm(own);
          }
          await (inputs <= outputs ? goThere() : goBack());
          for (let p = 0; p < count; p++) {
            const own = image.subarray(p * outputs, (p + 1) * outputs);
            if (sizes[p]! > 0) setup.lengths[(from + p) * directions + k] = norm(own) / sizes[p]!;
          }
        }
      }
      return null;
    },
    finish: () => null,
  };
}

/** Bases of both sides, and the bidiagonal matrix between them. */
interface Basis {
  readonly right: Float64Array[];
  readonly left: Float64Array[];
  readonly diagonal: number[];
  readonly above: number[];
  /** The space is used up. */
  ended: boolean;
}

function startBasis(seed: number, row: number, probe: number, short: number): Basis {
  const random = rng(seed).split(`sketch ${row} ${probe}`);
  const first = Float64Array.from({ length: short }, () => random.normal());
  scaleTo(first, norm(first));
  return { right: [first], left: [], diagonal: [], above: [], ended: false };
}

function leftStep(basis: Basis, image: Float32Array): void {
  const { left, diagonal, above } = basis;
  const own = Float64Array.from(image);
  const before = left.at(-1);
  if (before) subtract(own, before, above.at(-1)!);
  clear(own, left);
  const length = norm(own);
  // An image that is nothing has no direction.
  if (length <= NOTHING * 1e-1 * (diagonal[0] ?? 0) || length === 0) {
    diagonal.push(0);
    basis.ended = true;
    return;
  }
  diagonal.push(length);
  scaleTo(own, length);
  left.push(own);
}

function rightStep(basis: Basis, image: Float32Array, goesOn: boolean): void {
  const { right, diagonal, above } = basis;
  const own = Float64Array.from(image);
  subtract(own, right.at(-1)!, diagonal.at(-1)!);
  clear(own, right);
  const length = norm(own);
  if (!goesOn) return;
  if (length <= NOTHING * 1e-1 * diagonal[0]!) {
    basis.ended = true;
    return;
  }
  above.push(length);
  scaleTo(own, length);
  right.push(own);
}

/** Gauss quadrature of the spectrum by the bidiagonal matrix: nodes are squared singular values, weights those of the random start. */
function keep(setup: SketchSetup, i: number, probe: number, { diagonal, above }: Basis, rank: number): void {
  const n = diagonal.length;
  // B'B, from the last row to the first: the last components of its vectors are then the first.
  const main = Array.from(
    { length: n },
    (_, k) => diagonal[n - 1 - k]! ** 2 + (n - 1 - k > 0 ? above[n - 2 - k]! ** 2 : 0),
  );
  const side = Array.from({ length: n - 1 }, (_, k) => diagonal[n - 2 - k]! * above[n - 2 - k]!);
  const { values, vectors } = tridiagonalEigen(main, side, "last");
  const nodes = values.map((value) => (value > NOTHING ** 2 * values[0]! ? value : 0));
  const sum = (of: (node: number) => number) =>
    nodes.reduce((all, node, k) => (vectors[k] === 0 ? all : all + vectors[k]! ** 2 * of(node)), 0);
  const to = i * setup.probes + probe;
  setup.largest[i] = Math.max(probe === 0 ? 0 : setup.largest[i]!, nodes[0]!);
  setup.smallest[i] = Math.min(probe === 0 ? Number.POSITIVE_INFINITY : setup.smallest[i]!, nodes[n - 1]!);
  setup.traces[to] = rank * sum((node) => node);
  setup.squares[to] = rank * sum((node) => node * node);
  setup.volumes[to] = rank * sum((node) => Math.log(node) / 2);
}

function norm(values: Float64Array | Float32Array): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]! ** 2;
  return Math.sqrt(sum);
}

function scaleTo(values: Float64Array, length: number): void {
  for (let k = 0; k < values.length; k++) values[k]! /= length;
}

function subtract(values: Float64Array, other: Float64Array, factor: number): void {
  for (let k = 0; k < values.length; k++) values[k]! -= factor * other[k]!;
}

/** Takes off what lies along vectors of length 1. */
function clear(values: Float64Array, others: readonly Float64Array[]): void {
  for (const other of others) {
    let along = 0;
    for (let k = 0; k < values.length; k++) along += values[k]! * other[k]!;
    subtract(values, other, along);
  }
}
