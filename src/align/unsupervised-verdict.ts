import type { Warning } from "../base/index.ts";
import type { Refined } from "./unsupervised-refine.ts";

/** One run of self-learning, and whether the best run sends rows where it does. */
export interface UnpairedRun {
  /** Mean CSLS of mutual neighbours: 2 cos - r - r, some -1 to 2; 0 says that neighbours are no nearer than their surroundings. */
  readonly criterion: number;
  /** Mutual neighbours, as a share of the rows of the smaller side, 0 to 1. */
  readonly mutualShare: number;
  /** Share of rows whose nearest row on the other side is the same as in the best run, 0 to 1; 1 for the best itself. */
  readonly agreement: number;
}

/** What the runs together say. */
export interface UnpairedVerdict {
  readonly found: boolean;
  /** The best run's number. */
  readonly best: number;
  readonly runs: readonly UnpairedRun[];
  /** Numbers of other runs that came to the best one's map. */
  readonly agreeing: readonly number[];
  readonly warnings: readonly Warning[];
}

/**
 * Runs that agree send this share of the rows to the same neighbours. Seen: runs that were right agree in .69 to 1.00 (GloVe's 50 and 100 dimensions, of which 14 % of the rows drawn had a partner, up to
 * models of one text); unrelated spaces, and those that it does not find, in 0 to .30.
 */
const LEAST_AGREEMENT = 0.5;
const FEW_ROWS = 200;

/**
 * The best run is believed when it beats every control, and when all runs whose criterion is nearer to its own than to the controls' come to the same map, at least one of them. So two
 * different maps that are about as good, as symmetric clouds have them, are no map found.
 *
 * @param refined the restarts, then runs against the best of them, which need not agree
 */
export function judgeRuns(
  refined: readonly Refined[],
  controls: readonly number[],
  { rows, restarts }: { readonly rows: number; readonly restarts: number },
): UnpairedVerdict {
  const criteria = refined.map(({ criterion }) => criterion);
  const best = criteria.indexOf(Math.max(...criteria));
  const control = Math.max(...controls);
  const runs = refined.map(
    ({ criterion, mutualShare, nearest }): UnpairedRun => ({
      criterion,
      mutualShare,
      agreement: sharedPart(nearest, refined[best]!.nearest),
    }),
  );
  const others = runs.map((_, r) => r).filter((r) => r !== best);
  const agreeing = others.filter((r) => runs[r]!.agreement >= LEAST_AGREEMENT);
  const rivals = others.filter((r) => criteria[r]! >= (criteria[best]! + control) / 2);
  const why =
    criteria[best]! <= control
      ? "it lays rows no better upon each other than upon shuffled ones"
      : rivals.length === 0
        ? "no second run comes near its criterion"
        : rivals.every((r) => agreeing.includes(r))
          ? null
          : "runs that are about as good come to other maps";
  const alike = [best, ...agreeing].filter((r) => r < restarts).length;
  return {
    found: why === null,
    best,
    runs,
    agreeing,
    warnings: why === null ? doubts(alike, restarts) : refusal(why, runs.length, rows),
  };
}

function refusal(why: string, runs: number, rows: number): Warning[] {
  const few = rows < FEW_ROWS ? ` With ${rows} rows on a side there may be too few.` : "";
  const message =
    `no map without pairs: of ${runs} runs the best is not to be believed, for ${why}. It fails where the spaces hold other kinds of things, are far from isometric ` +
    `(as images and texts are), or look the same from several sides.${few} A few dozen known pairs serve better.`;
  return [{ code: "no-convergence", message }];
}

function doubts(alike: number, restarts: number): Warning[] {
  if (2 * alike > restarts) return [];
  const message = `only ${alike} of ${restarts} runs came to this map: check some pairs before you trust it`;
  return [{ code: "no-convergence", message }];
}

function sharedPart(a: Int32Array, b: Int32Array): number {
  let same = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) same++;
  return same / a.length;
}
