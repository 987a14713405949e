import { z } from "zod";
import { PROVIDERS } from "../engine/info.ts";
import type { ScoreName } from "../measure/result.ts";
import { METRICS } from "../neighbors/metric.ts";
import { SCORE_NAMES } from "../report/index.ts";

/*
 * Parts of the JSON that results become. JSON has no NaN and no infinity: such numbers are null there.
 */

export const real = z.number().nullable();
export const interval = z.tuple([real, real]);
export const natural = z.int().min(0);

export const sampled = z.strictObject({
  kind: z.enum(["anchors", "landmarks", "pairs", "triplets", "walks"]),
  m: natural,
});

export const score = z.strictObject({
  value: real,
  interval: interval.describe("95 % interval; [value, value] when exact"),
  n: natural,
  unit: z.enum(["points", "pairs", "triplets"]),
  exact: z.boolean(),
  sampled: sampled.optional(),
  best: z
    .strictObject({ name: z.string(), value: real })
    .nullable()
    .optional()
    .describe(
      "the best of the latents and baselines that were audited together; null where there was one latent",
    ),
  ideal: z.number().describe("where an isometry scores"),
  baseline: z
    .strictObject({ name: z.string(), value: real })
    .nullable()
    .describe("the same score of another latent, usually PCA to as many dimensions"),
  achievable: z
    .strictObject({ name: z.string(), m: natural, value: real, here: real })
    .optional()
    .describe(
      "what a map fitted to the distances between m rows scores there; `here` is this latent on the same rows",
    ),
  null: real.describe("chance: the expected score once the rows of the latent are shuffled"),
});

export const band = z.strictObject({
  value: real,
  quantiles: z.array(real),
  n: natural,
  interval,
  null: real,
});

export const stretch = score.extend({
  quantiles: z.array(real).describe("stretch at `levels`, scale taken out"),
  levels: z.array(z.number()),
  scale: z.strictObject({ median: real, leastSquares: real }),
  within: z.strictObject({ "0.1": real, "0.25": real, "0.5": real }),
  certificate: z
    .strictObject({
      pairs: natural,
      confidence: z.literal(0.95),
      atMost: z.strictObject({ "0.1": z.number(), "0.25": z.number(), "0.5": z.number() }),
    })
    .nullable()
    .describe(
      "with this confidence at most this share of pairs is stretched or shrunk by more than e; null when exact, and for a group of rows",
    ),
  torn: natural,
  collapsed: natural,
  near: band.describe("the k nearest neighbours in the original"),
  middle: band.describe("pairs of the lower two thirds of the original distances"),
  far: band.describe("pairs of the upper third"),
});

export const distortion = score.extend({
  expansion: real,
  contraction: real,
  covering: z.strictObject({ "0.99": real, "0.95": real, "0.9": real }),
});

export const curve = score.extend({ sizes: z.array(natural), qnx: z.array(real), rnx: z.array(real) });

export const kl = score.extend({ sigmas: z.strictObject({ "0.01": real, "0.1": real, "1": real }) });

export const rtd = score.extend({
  published: real.describe("the sum of bars with lengths in units of their .9-quantile, as in the paper"),
});

export const topographic = score.extend({
  product: real.describe(
    "the product itself: below 0 neighbours are torn apart, above 0 false ones are shown",
  ),
});

export const ofBoth = score.extend({ original: real.describe("the same score of the original") });

export const estimate = z.strictObject({
  value: real,
  interval: interval.describe(
    "95 % interval; [value, value] when exact, but for the intrinsic dimension, of which all rows are a sample",
  ),
  n: natural,
  exact: z.boolean(),
  sampled: sampled.optional(),
});

export const listed = <T extends z.ZodType>(item: T) =>
  z.strictObject({ count: natural, first: z.array(item).max(100) });

export const shape = z.strictObject({
  intrinsicDimension: z
    .strictObject({
      twoNN: estimate.nullable().describe("Facco et al. 2017, maximum likelihood without the largest 10 %"),
      mle: estimate.nullable().describe("Levina & Bickel 2004, averaged as MacKay & Ghahramani"),
      duplicates: natural.describe("anchors that have an equal row"),
    })
    .nullable(),
  hubness: estimate.nullable().describe("skewness of how many rows have a row among their k nearest"),
  effectiveRank: estimate.nullable().describe("exp of the entropy of the singular values"),
  participationRatio: estimate.nullable().describe("(sum of variances)^2 / sum of squared variances"),
  anisotropy: estimate.nullable().describe("mean cosine of two different rows"),
  zeroRows: natural,
  concentration: estimate.nullable().describe("standard deviation over mean of the distances"),
  components: natural
    .nullable()
    .describe("connected components of the graph of the k nearest; null when sampled"),
  collapse: z.strictObject({
    constant: z.boolean(),
    deadDimensions: listed(natural),
    duplicateDimensions: listed(z.tuple([natural, natural])).nullable(),
  }),
});

export const names = z.strictObject({ id: z.string().optional(), label: z.string().optional() });

export const pair = z.strictObject({
  a: natural,
  b: natural,
  original: real,
  latent: real,
  stretch: real,
  aNames: names.optional(),
  bNames: names.optional(),
});

export const point = names.extend({ row: natural, trustworthiness: real, continuity: real, recall: real });

export const warning = z.strictObject({
  code: z.string(),
  message: z.string(),
  rows: z.array(natural).optional(),
  count: natural.optional(),
});

export const engine = z.strictObject({
  name: z.enum(["onnxruntime-node", "onnxruntime-web"]),
  version: z.string(),
  provider: z.enum(PROVIDERS as [string, ...string[]]),
  threads: z.int().min(1),
});

export const input = z.strictObject({
  role: z.string(),
  path: z.string(),
  format: z.string(),
  dtype: z.string(),
  rows: natural,
  cols: natural,
});

export const next = z.array(z.strictObject({ command: z.string(), why: z.string() }));
export const gates = z.array(
  z.strictObject({
    latent: z.string().optional(),
    score: z.string(),
    kind: z.enum(["under", "over"]),
    limit: z.number(),
    value: real,
    passed: z.boolean(),
  }),
);
export const metricName = z.enum(METRICS as [string, ...string[]]);
export const textOrNull = z.string().nullable();

export const scores = z.strictObject({
  trustworthiness: score.optional(),
  continuity: score.optional(),
  neighborRecall: score.optional(),
  lcmc: score.optional(),
  mrreFalse: score.optional(),
  mrreMissing: score.optional(),
  distancePearson: score.optional(),
  distanceSpearman: score.optional(),
  stretch: stretch.optional(),
  stress: score.optional(),
  stressNormalized: score.optional(),
  stressNonMetric: score.optional(),
  sammon: score.optional(),
  distortion: distortion.optional(),
  distanceKendall: score.optional(),
  tripletAccuracy: score.optional(),
  firstNeighborRank: score.optional(),
  aucLogRnx: curve.optional(),
  densityCorrelation: score.optional(),
  klDensity: kl.optional(),
  rtdLite: rtd.optional(),
  mstOverlap: score.optional(),
  linearCka: score.optional(),
  procrustes: score.optional(),
  steadiness: score.optional(),
  cohesiveness: score.optional(),
  neighborhoodHit: ofBoth.optional(),
  knnAccuracy: ofBoth.optional(),
  silhouette: ofBoth.optional(),
  labelTrustworthiness: score.optional(),
  labelContinuity: score.optional(),
  topographicProduct: topographic.optional(),
  neighborDissimilarity: score.optional(),
  localProcrustes: score.optional(),
  densityDistance: score.optional(),
  classTrustworthiness: score.optional(),
  classContinuity: score.optional(),
  distanceConsistency: ofBoth.optional(),
  daviesBouldin: ofBoth.optional(),
  calinskiHarabasz: ofBoth.optional(),
  clusterAgreement: ofBoth.optional(),
} satisfies Record<ScoreName, z.ZodType>);

export const holdout = z.strictObject({
  from: z.string(),
  rows: natural.describe("rows held out"),
  anchors: natural.describe("anchors of each group, compared with all rows"),
  heldOut: scores,
  seen: scores,
  worse: z
    .array(z.enum(SCORE_NAMES as [string, ...string[]]))
    .describe("scores that are worse for rows held out: the two intervals do not meet"),
});

export const points = z
  .strictObject({ path: z.string(), rows: natural, columns: z.array(z.string()) })
  .describe("the table that --points wrote");
