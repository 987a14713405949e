import { deepFreeze, type Interval, IsometerError, type Points, type Watch } from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { pca, project } from "../../linalg/index.ts";
import { auditAll } from "../../measure/index.ts";

/** What the best linear map to so many dimensions keeps. */
export interface DimensionStep {
  readonly dims: number;
  /** Share of the variance, 0..1. */
  readonly variance: number;
  /** Share of the k nearest that are the same. */
  readonly neighborRecall: { readonly value: number; readonly interval: Interval };
  readonly stress: { readonly value: number; readonly interval: Interval };
}

export interface DimensionAdvice {
  readonly cols: number;
  /** How many numbers a point has in its neighbourhood (two nearest neighbours, Facco et al. 2017); null where it cannot be said. */
  readonly intrinsic: { readonly value: number; readonly interval: Interval } | null;
  readonly steps: readonly DimensionStep[];
  /** The fewest looked at that keep `keep` of the neighbours for sure: the lower end of the interval. Null where none does. */
  readonly suggested: number | null;
  readonly keep: number;
}

/**
 * How many dimensions does this data need? Nested PCA, each step audited on the same rows. A curved map may need fewer, down to about the intrinsic dimension, and no map fewer than that.
 *
 * @param keep share of neighbours that has to stay, .9
 * @param most dimensions looked at, 256
 * @throws bad-option; what `pca` and `audit` throw; aborted
 */
export async function suggestDimension(
  points: Points,
  {
    engine,
    keep = 0.9,
    most = 256,
    seed = 0,
    ...watch
  }: Watch & {
    readonly engine: EngineInfo;
    readonly keep?: number;
    readonly most?: number;
    readonly seed?: number;
  },
): Promise<DimensionAdvice> {
  if (!(keep > 0 && keep <= 1)) {
    throw new IsometerError("bad-option", `keep is a share of neighbours, got ${keep}`, {
      needed: "above 0, to 1",
    });
  }
  const largest = Math.min(points.cols, most, points.rows - 1);
  const fitted = await pca(points, largest, { engine, ...watch });
  const codes = await project(points, fitted, { engine, ...watch });
  const ladder = stepsTo(largest);
  const audits = await auditAll(
    points,
    ladder.map((dims) => ({ name: `PCA to ${dims}`, latent: firstColumns(codes, dims) })),
    { ...watch, seed, scores: ["neighborRecall", "stress"], ...sampleOf(points.rows) },
  );
  const steps = audits.map(({ scores: { neighborRecall, stress } }, i) => {
    const dims = ladder[i]!;
    const explained = fitted.variances.subarray(0, dims).reduce((sum, part) => sum + part, 0);
    return {
      dims,
      variance: explained / fitted.totalVariance,
      neighborRecall: shortOf(neighborRecall!),
      stress: shortOf(stress!),
    };
  });
  const { twoNN } = audits[0]!.shape.original.intrinsicDimension ?? { twoNN: null };
  return deepFreeze({
    cols: points.cols,
    intrinsic: twoNN && shortOf(twoNN),
    steps,
    suggested: steps.find(({ neighborRecall }) => neighborRecall.interval[0] >= keep)?.dims ?? null,
    keep,
  });
}

const shortOf = ({ value, interval }: { readonly value: number; readonly interval: Interval }) => ({
  value,
  interval,
});

/** Beyond 2,000 rows as many anchors: the steps share them. */
const sampleOf = (rows: number) => (rows > 2000 ? { sample: 1000 } : {});

/** 1, 2, 3, 4, 6, 8, 12, ... and the end. */
function stepsTo(largest: number): number[] {
  const steps = new Set<number>();
  for (let power = 1; power <= largest; power *= 2) {
    steps.add(power);
    if (power > 1 && power * 1.5 <= largest) steps.add(power * 1.5);
  }
  return [...steps, largest].filter((value, i, all) => all.indexOf(value) === i).sort((a, b) => a - b);
}

function firstColumns(
  { data, rows, cols }: { data: Float32Array; rows: number; cols: number },
  dims: number,
) {
  const out = new Float32Array(rows * dims);
  for (let i = 0; i < rows; i++) out.set(data.subarray(i * cols, i * cols + dims), i * dims);
  return { data: out, rows, cols: dims };
}
