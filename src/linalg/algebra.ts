import { type EngineInfo, openSession, type Session } from "../engine/index.ts";
import { add, type Expression, gemm, input, mul, toOnnx } from "../graph/index.ts";
import { type Dense, transposed } from "./dense.ts";

/** Which factors of a product are transposed. */
export interface Transposes {
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/** The nearest matrix with orthonormal columns (rows, where it is wide). */
export interface Polar {
  /** UV' for A = U S V'. */
  readonly factor: Dense;
  /** The sum of the singular values of A. */
  readonly nuclear: number;
  readonly converged: boolean;
  readonly iterations: number;
}

/** Float64 algebra on all threads of the engine. */
export interface Algebra {
  /** A B, either transposed. Cost 2 m k n. */
  multiply(a: Dense, b: Dense, transposes?: Transposes): Promise<Dense>;
  /**
   * The polar factor U V' of A = U S V': Newton and Schulz's iteration X <- X (3 I - X'X) / 2, scaled (Chen & Chow 2014, "A stable scaling of Newton-Schulz for improving the sign function
   * computation of a Hermitian matrix"). Where A has singular values of 0 the factor is one of many. Cost some 40 times 4 m n min(m, n), in products alone.
   */
  polar(a: Dense): Promise<Polar>;
  /** Frees the engine's memory. */
  close(): Promise<void>;
}

/** Opens float64 algebra. Close it when all is done. */
export function openAlgebra(engine: EngineInfo): Algebra {
  const sessions = new Map<string, Promise<Session>>();
  const session = (name: string, graph: () => Expression) => {
    const kept =
      sessions.get(name) ?? openSession(toOnnx({ outputs: { y: graph() } }), engine, engine.threads);
    sessions.set(name, kept);
    return kept;
  };
  const multiply: Algebra["multiply"] = async (a, b, { transA = false, transB = false } = {}) => {
    const rows = transA ? a.cols : a.rows;
    const cols = transB ? b.rows : b.cols;
    const y = new Float64Array(rows * cols);
    if (rows * cols * (transA ? a.rows : a.cols) <= SMALL) {
      multiplySmall(transA ? transposed(a) : a, transB ? transposed(b) : b, y);
      return { data: y, rows, cols };
    }
    const own = await session(`product ${transA} ${transB}`, () => product(transA, transB));
    await own.run({ a: tensorOf(a), b: tensorOf(b) }, { y: { data: y, dims: [rows, cols] } });
    return { data: y, rows, cols };
  };
  const polar: Algebra["polar"] = async (a) => {
    if (a.rows < a.cols) {
      const found = await polar(transposed(a));
      return { ...found, factor: transposed(found.factor) };
    }
    if (a.rows * a.cols * a.cols <= SMALL) return tallPolar(a, smallStep(a.rows, a.cols));
    const step = await session("polar", newtonSchulz);
    return tallPolar(a, async (x, own, other) => {
      const y = new Float64Array(x.length);
      const dims = [a.rows, a.cols];
      const feeds = { x: { data: x, dims }, own: tensorOfNumber(own), other: tensorOfNumber(other) };
      await step.run(feeds, { y: { data: y, dims } });
      return y;
    });
  };
  const close = async () => {
    for (const own of sessions.values()) await (await own).close();
  };
  return { multiply, polar, close };
}

const tensorOf = ({ data, rows, cols }: Dense) => ({ data, dims: [rows, cols] });
const tensorOfNumber = (value: number) => ({ data: Float64Array.of(value), dims: [] });

function product(transA: boolean, transB: boolean): Expression {
  const a = input("a", transA ? ["k", "m"] : ["m", "k"], "double");
  const b = input("b", transB ? ["n", "k"] : ["k", "n"], "double");
  return gemm(a, b, { transA, transB });
}

/** own X + other X X'X. */
function newtonSchulz(): Expression {
  const x = input("x", ["m", "n"], "double");
  const [own, other] = [input("own", [], "double"), input("other", [], "double")];
  return add(mul(x, own), mul(gemm(x, gemm(x, x, { transA: true })), other));
}

/** Products of so few numbers are made sooner than the engine is called. */
const SMALL = 2 ** 15;

function multiplySmall(a: Dense, b: Dense, y: Float64Array): void {
  const [n, inner] = [b.cols, a.cols];
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < inner; k++) {
      const value = a.data[i * inner + k]!;
      for (let j = 0; j < n; j++) y[i * n + j]! += value * b.data[k * n + j]!;
    }
  }
}

/** own X + other X X'X, as `newtonSchulz`. */
function smallStep(rows: number, cols: number) {
  return async (x: Float64Array, own: number, other: number): Promise<Float64Array> => {
    const tall: Dense = { data: x, rows, cols };
    const [inner, third] = [new Float64Array(cols * cols), new Float64Array(rows * cols)];
    multiplySmall(transposed(tall), tall, inner);
    multiplySmall(tall, { data: inner, rows: cols, cols }, third);
    return third.map((value, at) => own * x[at]! + other * value);
  };
}

/** Singular values below this share of the sum of all count as none: they grow too, only later. */
const LEAST_SHARE = 1e-13;
const MOST_STEPS = 100;
/** Takes a singular value of 1 to .1 and no further down: its digits would go with it. */
const MOST_SCALE = 1.69770248526;
const STILL = 1e-12;

async function tallPolar(
  a: Dense,
  step: (x: Float64Array, own: number, other: number) => Promise<Float64Array>,
): Promise<Polar> {
  const norm = Math.sqrt(a.data.reduce((sum, value) => sum + value * value, 0));
  let x = norm > 0 ? a.data.map((value) => value / norm) : a.data;
  // Singular values lie in [least, 1], and after a step in [what it makes of both ends, 1].
  let least = LEAST_SHARE;
  let [iterations, converged] = [0, norm === 0];
  for (; !converged && iterations < MOST_STEPS; iterations++) {
    const scale = Math.min(MOST_SCALE, Math.sqrt(3 / (1 + least + least * least)));
    const next = await step(x, 1.5 * scale, -0.5 * scale ** 3);
    converged = least > 0.5 && largestChange(x, next) < STILL;
    const image = (value: number) => 0.5 * scale * value * (3 - scale * scale * value * value);
    least = Math.min(image(least), image(1), 1);
    x = next;
  }
  const nuclear = x.reduce((sum, value, i) => sum + value * a.data[i]!, 0);
  return { factor: { ...a, data: x }, nuclear, converged, iterations };
}

function largestChange(a: Float64Array, b: Float64Array): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}
