import type { Points } from "../base/index.ts";
import { pointRows } from "../base/index.ts";
import { openRows } from "../engine/index.ts";
import type { Standard } from "./networks/index.ts";
import type { Standardize } from "./options.ts";

/** Where rows lie and how large they are, and what distances between them are divided by. */
export interface Standards {
  /** Null: they are left as they are. */
  readonly standard: Standard | null;
  readonly unit: number;
}

/**
 * The standard of some rows: their mean, and the root of the mean square of what is left, over all elements ("scale") or column by column ("columns"; one that is constant is left as it
 * is). In float64, one pass around the first row. Distances are divided by the one scale, also where columns have their own: they are those of the data.
 */
export function standardOf(points: Points, at: Int32Array, kind: Standardize): Standards {
  if (kind === "none") return { standard: null, unit: 1 };
  const { cols } = points;
  const reader = openRows(pointRows(points));
  const [first, row] = [new Float32Array(cols), new Float32Array(cols)];
  reader.copy(at[0]!, 1, first, 0);
  const [sums, squares] = [new Float64Array(cols), new Float64Array(cols)];
  for (const i of at) {
    reader.copy(i, 1, row, 0);
    for (let k = 0; k < cols; k++) {
      const off = row[k]! - first[k]!;
      sums[k]! += off;
      squares[k]! += off * off;
    }
  }
  const mean = sums.map((sum, k) => first[k]! + sum / at.length);
  const variances = squares.map((square, k) => Math.max(0, square / at.length - (sums[k]! / at.length) ** 2));
  const unit = Math.sqrt(variances.reduce((a, b) => a + b, 0) / cols) || 1;
  const scale = kind === "scale" ? unit : variances.map((variance) => Math.sqrt(variance) || 1);
  return { standard: { mean, scale }, unit };
}
