import { collectRows, type Matrix, matrix, type Rng } from "../src/base/index.ts";
import { openIdx } from "../src/data/node-idx.ts";
import { openNpy } from "../src/data/node-npy.ts";

/** The first `rows` rows (default all) of a .npy or IDX file. */
export async function readMatrix(path: string, rows?: number): Promise<Matrix> {
  const source = await (path.endsWith(".npy") ? openNpy(path, {}) : openIdx(path, {}));
  try {
    return await collectRows(source, { start: 0, end: rows ?? source.rows });
  } finally {
    await source.close();
  }
}

/** Standard normal points. */
export function gaussian(rng: Rng, rows: number, cols: number): Matrix {
  return matrix(
    Float32Array.from({ length: rows * cols }, () => rng.normal()),
    rows,
    cols,
  );
}

/** Every value changed by a function of its value and column. */
export function mapMatrix(m: Matrix, f: (value: number, col: number, row: number) => number): Matrix {
  return matrix(
    m.data.map((value, at) => f(value, at % m.cols, Math.floor(at / m.cols))),
    m.rows,
    m.cols,
  );
}

/** A random rotation of the columns: products of Givens rotations over all pairs. */
export function rotate(m: Matrix, rng: Rng): Matrix {
  const data = Float64Array.from(m.data);
  for (let a = 0; a < m.cols; a++) {
    for (let b = a + 1; b < m.cols; b++) {
      const angle = 2 * Math.PI * rng.uniform();
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let start = 0; start < data.length; start += m.cols) {
        const [u, v] = [data[start + a]!, data[start + b]!];
        data[start + a] = cos * u - sin * v;
        data[start + b] = sin * u + cos * v;
      }
    }
  }
  return matrix(Float32Array.from(data), m.rows, m.cols);
}
