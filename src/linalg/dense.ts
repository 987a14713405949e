/** A dense matrix of float64, row-major: for small matrices, whose digits matter. */
export interface Dense {
  readonly data: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

export function transposed({ data, rows, cols }: Dense): Dense {
  const out = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let k = 0; k < cols; k++) out[k * rows + i] = data[i * cols + k]!;
  return { data: out, rows: cols, cols: rows };
}
