import { IsometerError, type Points, pointRows } from "../base/index.ts";
import { openPlaces } from "../engine/index.ts";
import { cholesky, jacobiEigen, pca, shiftTo, solveLower, solveUpper, toUnitRows } from "../linalg/index.ts";
import type { FitOptions, LinearFit } from "./linear-map.ts";

/** What is added to the variance within classes, as a share of its mean: columns that do not vary have none. */
const RIDGE = 1e-8;

/**
 * Linear discriminant analysis: the directions along which class means differ most against the spread within classes, and in which that spread is 1 (Fisher 1936; Hastie et al. 2009, section 4.3). At
 * most one fewer than there are classes. Cost n D^2 + D^3.
 *
 * @param labels class of each row
 * @throws bad-option more dimensions than classes less one; bad-value D > 2,048, or fewer rows than two in a class
 */
export async function fitLda(
  points: Points,
  nComponents: number,
  { labels, ...options }: FitOptions & { readonly labels: readonly string[] },
): Promise<LinearFit> {
  const { cols } = points;
  const names = [...new Set(labels)];
  if (nComponents > names.length - 1 || nComponents > cols) {
    throw new IsometerError(
      "bad-option",
      `nComponents must be at most ${Math.min(cols, names.length - 1)}: discriminants of ${names.length} classes`,
      { got: String(nComponents) },
    );
  }
  const { mean, covariance } = await pca(points, 1, options);
  const { means, shares } = classMeans(points, labels, names, options.unitRows);
  const within = covariance.slice();
  for (const [c, own] of means.entries()) {
    const away = own.map((value, a) => value - mean[a]!);
    for (let a = 0; a < cols; a++) {
      const factor = shares[c]! * away[a]!;
      for (let b = 0; b < cols; b++) within[a * cols + b]! -= factor * away[b]!;
    }
  }
  let trace = 0;
  for (let a = 0; a < cols; a++) trace += within[a * cols + a]!;
  if (!(trace > 0)) {
    throw new IsometerError("bad-value", "rows of a class are all equal: there is no spread to compare with");
  }
  for (let a = 0; a < cols; a++) within[a * cols + a]! += (RIDGE * trace) / cols;
  const lower = cholesky(within, cols);
  if (!lower)
    throw new IsometerError("bad-value", "the spread within classes is not positive", {
      needed: "more rows than columns",
    });
  const { values, directions } = discriminants(means, shares, mean, lower);
  const weights = new Float32Array(cols * nComponents);
  for (let k = 0; k < nComponents; k++) {
    for (let a = 0; a < cols; a++) weights[a * nComponents + k] = directions[k]![a]!;
  }
  const shift = shiftTo(mean, weights, nComponents);
  const all = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const own = values.slice(0, nComponents).reduce((sum, value) => sum + value, 0);
  return {
    map: { inputs: cols, outputs: nComponents, weights, shift, unitRows: options.unitRows, unitCodes: false },
    converged: true,
    iterations: 0,
    objective: { name: "variance between classes", value: own / all },
    details: {
      classes: names.length,
      explainedVarianceRatio: Array.from(values.slice(0, nComponents), (value) => value / all),
    },
  };
}

function classMeans(points: Points, labels: readonly string[], names: readonly string[], unitRows: boolean) {
  const { rows, cols } = points;
  const { values, place } = openPlaces(pointRows(points));
  const means = names.map(() => new Float64Array(cols));
  const counts = names.map(() => 0);
  const number = new Map(names.map((name, c) => [name, c]));
  for (let i = 0; i < rows; i++) {
    const c = number.get(labels[i]!)!;
    const own = values.slice(place(i), place(i) + cols);
    if (unitRows) toUnitRows(own, cols);
    for (let a = 0; a < cols; a++) means[c]![a]! += own[a]!;
    counts[c]!++;
  }
  means.forEach((own, c) => {
    for (let a = 0; a < cols; a++) own[a]! /= counts[c]!;
  });
  return { means, shares: counts.map((count) => count / rows) };
}

/** Eigenvectors of W^-1 B, from those of L^-1 B L'^-1: B is a sum over a few classes, so their products are enough. */
function discriminants(
  means: readonly Float64Array[],
  shares: readonly number[],
  mean: Float64Array,
  lower: Float64Array,
) {
  const cols = mean.length;
  const white = means.map((own, c) => {
    const away = own.map((value, a) => (value - mean[a]!) * Math.sqrt(shares[c]!));
    solveLower(lower, cols, away);
    return away;
  });
  const n = white.length;
  const products = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let a = 0; a < cols; a++) products[i * n + j]! += white[i]![a]! * white[j]![a]!;
  const { values, vectors } = jacobiEigen(products, n);
  const directions = Array.from(values, (value, k) => {
    const direction = new Float64Array(cols);
    for (let c = 0; c < n; c++)
      for (let a = 0; a < cols; a++)
        direction[a]! += (vectors[k * n + c]! * white[c]![a]!) / Math.sqrt(Math.max(value, 1e-300));
    solveUpper(lower, cols, direction);
    return direction;
  });
  return { values, directions };
}
