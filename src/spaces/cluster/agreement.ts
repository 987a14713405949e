import {
  deepFreeze,
  type Interval,
  IsometerError,
  jackknifeInterval,
  permutation,
  rng,
} from "../../base/index.ts";

/** How far clusters agree with given classes. */
export interface ClusterAgreement {
  /** Adjusted Rand index, -1/2 to 1: 0 at random (Hubert & Arabie 1985, equation 5). */
  readonly adjustedRand: Measured;
  /** Normalised mutual information, 0 to 1: 2 I(a, b) / (H(a) + H(b)). */
  readonly mutualInformation: Measured;
  readonly rows: number;
}

interface Measured {
  readonly value: number;
  /** 95 %, jackknife over groups of rows. */
  readonly interval: Interval;
}

/** Groups that are left out in turn: a bootstrap would hold rows twice, which agree with themselves. */
const GROUPS = 50;

/**
 * How far clusters agree with classes of the same rows; noise (-1) is a class of its own, as in scikit-learn. Intervals say how sure that is of other rows from the same source.
 *
 * Cost O(n) for each of 50 groups that are left out.
 *
 * @param labels n cluster numbers
 * @param classes n class numbers
 * @throws row-count-mismatch
 */
export function clusterAgreement(
  labels: ArrayLike<number>,
  classes: ArrayLike<number>,
  { seed = 0 }: { readonly seed?: number } = {},
): ClusterAgreement {
  const n = labels.length;
  if (classes.length !== n) {
    throw new IsometerError("row-count-mismatch", "clusters and classes have different numbers of rows", {
      got: `${n} and ${classes.length}`,
    });
  }
  const [a, b] = [numbered(labels), numbered(classes)];
  const groups = Math.min(n, GROUPS);
  const group = permutation(rng(seed).split("agreement"), n).map((at) => at % groups);
  const all = tableOf(a, b, () => true);
  const without = Array.from({ length: groups }, (_, g) => tableOf(a, b, (i) => group[i] !== g));
  const measured = (of: (table: Table) => number, low: number): Measured => {
    const range: Interval = [low, 1];
    const sampled = { units: n, population: Number.POSITIVE_INFINITY, range };
    return { value: of(all), interval: jackknifeInterval(of(all), without.map(of), sampled) };
  };
  return deepFreeze({
    adjustedRand: measured(adjustedRandOf, -0.5),
    mutualInformation: measured(mutualInformationOf, 0),
    rows: n,
  });
}

/** Counts of rows by cluster and class, and their margins. */
interface Table {
  readonly cells: Float64Array;
  readonly rows: Float64Array;
  readonly cols: Float64Array;
  readonly total: number;
}

interface Numbered {
  readonly of: Int32Array;
  readonly count: number;
}

function numbered(values: ArrayLike<number>): Numbered {
  const numbers = new Map<number, number>();
  const of = Int32Array.from(values, (value) => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  });
  return { of, count: numbers.size };
}

function tableOf(a: Numbered, b: Numbered, isIn: (row: number) => boolean): Table {
  const cells = new Float64Array(a.count * b.count);
  const [rows, cols] = [new Float64Array(a.count), new Float64Array(b.count)];
  let total = 0;
  for (let i = 0; i < a.of.length; i++) {
    if (!isIn(i)) continue;
    cells[a.of[i]! * b.count + b.of[i]!]!++;
    rows[a.of[i]!]!++;
    cols[b.of[i]!]!++;
    total++;
  }
  return { cells, rows, cols, total };
}

const pairs = (counts: Float64Array) => counts.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);

function adjustedRandOf({ cells, rows, cols, total }: Table): number {
  const [joint, first, second] = [pairs(cells), pairs(rows), pairs(cols)];
  const expected = (first * second) / ((total * (total - 1)) / 2);
  const most = (first + second) / 2;
  return most === expected ? 1 : (joint - expected) / (most - expected);
}

const entropy = (counts: Float64Array, total: number) =>
  counts.reduce((sum, count) => (count > 0 ? sum - (count / total) * Math.log(count / total) : sum), 0);

function mutualInformationOf({ cells, rows, cols, total }: Table): number {
  const [first, second] = [entropy(rows, total), entropy(cols, total)];
  if (first + second === 0) return 1;
  return Math.max(0, (2 * (first + second - entropy(cells, total))) / (first + second));
}
