import { type PointRows, rng } from "../../base/index.ts";
import { type Kernel, type KernelTools, openRows, type RowReader } from "../../engine/index.ts";
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
  const { plan, points, at, probes } = setup;
  const { inputs, outputs, block } = plan;
  const products = await openProducts(plan, tools);
  const reader = openRows(points);
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += block) {
        const count = Math.min(block, end - from);
        const rows = at.subarray(from, from + count);
        for (let p = 0; p < block; p++) reader.copy(rows[Math.min(p, count - 1)]!, 1, products.x, p * inputs);
        for (let probe = 0; probe < probes; probe++) {
          const bases = await bidiagonalised(products, setup, rows, probe);
          for (const [p, basis] of bases.entries())
            keep(setup, from + p, probe, basis, Math.min(inputs, outputs));
        }
        await alongWays(products, setup, reader, from, count);
      }
      return null;
    },
    finish: () => null,
  };
}

/** Products with the Jacobians at the points of a block, `x`, between vectors of their smaller side, `v`, and of their larger, `w`. */
interface Products {
  readonly x: Float32Array;
  readonly v: Float32Array;
  readonly w: Float32Array;
  /** From v to w. */
  goThere(): Promise<void>;
  /** From w to v. */
  goBack(): Promise<void>;
}

async function openProducts(plan: SketchPlan, tools: KernelTools): Promise<Products> {
  const { inputs, outputs, block } = plan;
  const [short, long] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
  const [there, back] = [await tools.session(plan.there), await tools.session(plan.back)];
  const [x, v, w] = [inputs, short, long].map((size) => new Float32Array(block * size)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const fed = () => ({
    [plan.x.name]: { data: plan.x.isDouble ? Float64Array.from(x) : x, dims: plan.x.dims },
  });
  const [ofShort, ofLong] = [
    { data: v, dims: [block, short] },
    { data: w, dims: [block, long] },
  ];
  return {
    x,
    v,
    w,
    goThere: () => there.run({ ...fed(), v: ofShort }, { w: ofLong }),
    goBack: () => back.run({ ...fed(), w: ofLong }, { v: ofShort }),
  };
}

/** From a random start for each of some rows. */
async function bidiagonalised(
  { v, w, goThere, goBack }: Products,
  { plan: { inputs, outputs, steps }, seed }: SketchSetup,
  rows: Int32Array,
  probe: number,
): Promise<Basis[]> {
  const [short, long] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
  const bases = Array.from(rows, (row) => startBasis(seed, row, probe, short));
  for (let step = 0; step < steps; step++) {
    for (const [p, { right }] of bases.entries()) v.set(right.at(-1)!, p * short);
    await goThere();
    for (const [p, basis] of bases.entries())
      if (!basis.ended) leftStep(basis, w.subarray(p * long, (p + 1) * long));
    for (const [p, { left }] of bases.entries()) if (left.length > 0) w.set(left.at(-1)!, p * long);
    await goBack();
    for (const [p, basis] of bases.entries())
      if (!basis.ended) rightStep(basis, v.subarray(p * short, (p + 1) * short), step + 1 < steps);
  }
  return bases;
}

/** |J v| for v of length 1 towards other points. */
async function alongWays(
  { x, v, w, goThere, goBack }: Products,
  { plan: { inputs, outputs }, towards, directions, lengths }: SketchSetup,
  reader: RowReader,
  from: number,
  count: number,
): Promise<void> {
  const [ways, images, go] = inputs <= outputs ? [v, w, goThere] : [w, v, goBack];
  for (let k = 0; k < directions; k++) {
    const sizes = new Float64Array(count);
    for (let p = 0; p < count; p++) {
      const to = towards[(from + p) * directions + k]!;
      if (to < 0) continue;
      const own = ways.subarray(p * inputs, (p + 1) * inputs);
      reader.copy(to, 1, own, 0);
      for (let a = 0; a < inputs; a++) own[a]! -= x[p * inputs + a]!;
      sizes[p] = norm(own);
    }
    await go();
    for (let p = 0; p < count; p++) {
      const image = images.subarray(p * outputs, (p + 1) * outputs);
      if (sizes[p]! > 0) lengths[(from + p) * directions + k] = norm(image) / sizes[p]!;
    }
  }
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
