/** Scales every row of `values` (rows of `cols`) to length 1, in place; a row of zeros stays. */
export function toUnitRows(values: Float32Array, cols: number): void {
  for (let from = 0; from < values.length; from += cols) {
    let square = 0;
    for (let p = from; p < from + cols; p++) square += values[p]! * values[p]!;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let p = from; p < from + cols; p++) values[p]! *= scale;
  }
}
