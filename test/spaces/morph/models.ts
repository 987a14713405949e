import { type Matrix, matrix, type Rng } from "../../../src/base/index.ts";
import * as graph from "../../../src/graph/index.ts";
import { type Decoder, openDecoder } from "../../../src/spaces/morph/index.ts";

/** A decoder of a function of a batch of rows. */
export function decoderOf(
  cols: number,
  f: (x: graph.InputExpression) => graph.Expression,
  threads = 1,
): Promise<Decoder> {
  return openDecoder(modelOf(cols, f), cols, { threads });
}

export function modelOf(cols: number, f: (x: graph.InputExpression) => graph.Expression) {
  return { bytes: graph.toOnnx({ outputs: { y: f(graph.input("x", ["batch", cols])) } }), name: "decoder" };
}

/** Column k of a value. */
export const column = (x: graph.Expression, k: number) => graph.slice(x, 1, k, k + 1);

export const side = (...parts: graph.Expression[]) => graph.node("Concat", parts, { axis: { int: 1 } });

export const float = (value: number) => graph.scalar(value, "float");

/** The unit sphere by latitude and longitude. */
export function sphere(x: graph.Expression): graph.Expression {
  const [latitude, longitude] = [column(x, 0), column(x, 1)];
  const flat = graph.cos(latitude);
  return side(
    graph.mul(flat, graph.cos(longitude)),
    graph.mul(flat, graph.sin(longitude)),
    graph.sin(latitude),
  );
}

/** A perceptron with random weights and tanh. */
export function perceptron(random: Rng, cols: number, hidden: number, out: number) {
  const weights = (rows: number, columns: number) =>
    graph.constant(
      Float32Array.from({ length: rows * columns }, () => random.normal() / Math.sqrt(rows)),
      [rows, columns],
    );
  const [first, second] = [weights(cols, hidden), weights(hidden, out)];
  return (x: graph.Expression) => graph.matMul(graph.tanh(graph.matMul(x, first)), second);
}

/** Points of an arc of the unit circle, with noise. */
export function arc(random: Rng, rows: number, angle: number, noise = 0.01): Matrix {
  const data = new Float32Array(2 * rows);
  for (let i = 0; i < rows; i++) {
    const t = (angle * i) / (rows - 1);
    data[2 * i] = Math.cos(t) + noise * random.normal();
    data[2 * i + 1] = Math.sin(t) + noise * random.normal();
  }
  return matrix(data, rows, 2);
}
