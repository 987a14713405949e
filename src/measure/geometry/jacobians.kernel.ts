import type { PointRows } from "../../base/index.ts";
import { type Kernel, type KernelTools, openRows, type Session } from "../../engine/index.ts";
import type { Tensor } from "../../graph/index.ts";
import { symmetricEigenvalues } from "../../linalg/index.ts";
import type { JacobianPlan } from "./jacobian-plan.ts";

/** Set-up of Jacobians at some rows of points; the rest is read by row number. */
export interface JacobiansSetup {
  readonly plan: JacobianPlan;
  readonly points: PointRows;
  /** Rows to look at, n. */
  readonly at: Int32Array;
  /** Of each of them some others, n x `directions`: the derivative along the way to them is taken. -1: none. */
  readonly towards: Int32Array;
  readonly directions: number;
  /** Step along each input, where derivatives are differences. */
  readonly steps: Float64Array | null;
  /** Out: n x short x short, J'J where there are fewer inputs than outputs, else JJ'. */
  readonly products: Float64Array;
  /** Out: n x short, their eigenvalues, descending: squared singular values. */
  readonly squares: Float64Array;
  /** Out: n x `directions`, |J v| for v of length 1 towards the others; NaN where there is no way. */
  readonly lengths: Float64Array;
}

/** A task is a range of the rows to look at. */
export async function open(
  setup: JacobiansSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { plan, points, at, towards, directions, products, squares, lengths } = setup;
  const { inputs, outputs, block } = plan;
  const short = Math.min(inputs, outputs);
  const long = Math.max(inputs, outputs);
  const size = short * short;
  const session = await tools.session(plan.model);
  const reader = openRows(points);
  const x = new Float32Array(block * inputs);
  const other = new Float32Array(inputs);
  // Row a of point p at (a block + p) long: how the network gives them.
  const jacobians = new Float32Array(short * block * long);
  const fill = plan.by === "differences" ? openDifferences(setup, session) : openDerivatives(plan, session);
  const along = (p: number, from: Float32Array) => {
    const direction = Float64Array.from(other, (value, k) => value - from[k]!);
    const length = Math.hypot(...direction);
    let square = 0;
    if (inputs <= outputs) {
      for (let l = 0; l < long; l++) {
        let sum = 0;
        for (let a = 0; a < short; a++) sum += jacobians[(a * block + p) * long + l]! * direction[a]!;
        square += sum * sum;
      }
    } else {
      for (let a = 0; a < short; a++) {
        const row = (a * block + p) * long;
        let sum = 0;
        for (let l = 0; l < long; l++) sum += jacobians[row + l]! * direction[l]!;
        square += sum * sum;
      }
    }
    return length > 0 ? Math.sqrt(square) / length : Number.NaN;
  };
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += block) {
        const count = Math.min(block, end - from);
        for (let p = 0; p < block; p++) reader.copy(at[from + Math.min(p, count - 1)]!, 1, x, p * inputs);
        await fill(x, jacobians);
        for (let p = 0; p < count; p++) {
          const i = from + p;
          innerProducts(jacobians, { short, long, block, p }, products, i * size);
          squares.set(symmetricEigenvalues(products.slice(i * size, (i + 1) * size), short), i * short);
          for (let k = 0; k < directions; k++) {
            const to = towards[i * directions + k]!;
            if (to < 0) continue;
            reader.copy(to, 1, other, 0);
            lengths[i * directions + k] = along(p, x.subarray(p * inputs, (p + 1) * inputs));
          }
        }
      }
      return null;
    },
    finish: () => null,
  };
}

/** Puts the Jacobians at a block of rows, `x`, where they are asked for. */
type Fill = (x: Float32Array, jacobians: Float32Array) => Promise<void>;

function openDerivatives(plan: JacobianPlan, session: Session): Fill {
  const { inputs, outputs, block, seeds, seedDims, seedIsDouble } = plan;
  const [short, long] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
  const units = Array.from({ length: seeds }, () => arrayFor(short, seedIsDouble));
  const part = (jacobians: Float32Array, a: number): Tensor => ({
    data: jacobians.subarray(a * block * long, (a + 1) * block * long),
    dims: [block, long],
  });
  const beyond = new Float32Array(block * long);
  return async (x, jacobians) => {
    if (seeds === 0) return;
    const feeds: Record<string, Tensor> = { [plan.x.name]: fed(x, plan.x) };
    for (let first = 0; first < short; first += seeds) {
      const results: Record<string, Tensor> = {};
      for (const [k, unit] of units.entries()) {
        unit.fill(0);
        const a = first + k;
        if (a < short) unit[a] = 1;
        feeds[`s${k}`] = { data: unit, dims: seedDims };
        results[`j${k}`] = a < short ? part(jacobians, a) : { data: beyond, dims: [block, long] };
      }
      await session.run(feeds, results);
    }
  };
}

/** Central differences along each input, from the model as it is. */
function openDifferences({ plan, steps }: JacobiansSetup, session: Session): Fill {
  const { inputs, outputs, block } = plan;
  const [above, below] = [
    arrayFor(block * outputs, plan.y.isDouble),
    arrayFor(block * outputs, plan.y.isDouble),
  ];
  const moved = new Float32Array(block * inputs);
  const value = (data: Float32Array | Float64Array) => ({ [plan.y.name]: { data, dims: plan.y.dims } });
  return async (x, jacobians) => {
    for (let k = 0; k < inputs; k++) {
      moved.set(x);
      const gaps = new Float64Array(block);
      for (const [sign, out] of [
        [1, above],
        [-1, below],
      ] as const) {
        for (let p = 0; p < block; p++) {
          const at = p * inputs + k;
          moved[at] = x[at]! + sign * steps![k]!;
          // As far apart as float32 puts them.
          gaps[p]! += sign * moved[at]!;
        }
        await session.run({ [plan.x.name]: fed(moved, plan.x) }, value(out));
      }
      for (let p = 0; p < block; p++) {
        for (let o = 0; o < outputs; o++) {
          const slope = (above[p * outputs + o]! - below[p * outputs + o]!) / gaps[p]!;
          const place = inputs <= outputs ? (k * block + p) * outputs + o : (o * block + p) * inputs + k;
          jacobians[place] = slope;
        }
      }
    }
  };
}

function arrayFor(length: number, isDouble: boolean): Float32Array | Float64Array {
  return isDouble ? new Float64Array(length) : new Float32Array(length);
}

function fed(x: Float32Array, { dims, isDouble }: JacobianPlan["x"]): Tensor {
  return { data: isDouble ? Float64Array.from(x) : x, dims };
}

/** Inner products, in float64, of the `short` rows of the Jacobian of point p. Four at a time. */
function innerProducts(
  rows: Float32Array,
  {
    short,
    long,
    block,
    p,
  }: { readonly short: number; readonly long: number; readonly block: number; readonly p: number },
  out: Float64Array,
  at: number,
): void {
  const start = (a: number) => (Math.min(a, short - 1) * block + p) * long;
  for (let a = 0; a < short; a++) {
    const own = start(a);
    for (let b = 0; b <= a; b += 4) {
      const [w, x, y, z] = [start(b), start(b + 1), start(b + 2), start(b + 3)];
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let l = 0; l < long; l++) {
        const value = rows[own + l]!;
        s0 += value * rows[w + l]!;
        s1 += value * rows[x + l]!;
        s2 += value * rows[y + l]!;
        s3 += value * rows[z + l]!;
      }
      for (const [k, sum] of [s0, s1, s2, s3].entries()) {
        if (b + k > a) break;
        out[at + a * short + b + k] = sum;
        out[at + (b + k) * short + a] = sum;
      }
    }
  }
}
