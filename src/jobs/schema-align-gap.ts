import { z } from "zod";
import { GAP_REPAIRS } from "../align/gap-result.ts";
import { engine, interval, natural, real, warning } from "./schema-parts.ts";

const estimate = z.strictObject({
  value: real,
  interval: interval.describe("95 % interval, for items yet to come"),
  n: natural.describe("items that were looked at"),
});
const figure = estimate.extend({ null: real.describe("chance; null where there is none") });

const partnerSearch = z.strictObject({
  top1: figure.describe("share whose nearest row of the other side is the partner"),
  recall: figure.describe("share whose partner is among the k nearest"),
  mrr: figure.describe("mean of 1 / the partner's place"),
});
const partnerChanges = z.strictObject({ top1: estimate, recall: estimate, mrr: estimate });

const figures = z.strictObject({
  gap: figure
    .extend({ plain: real.describe("without the correction for few rows, as it is published") })
    .describe("distance between the means of both sides, rows scaled to length 1; 0 = no gap"),
  separability: figure.describe("held-out accuracy of a linear classifier; .5 = inseparable"),
  matchedCosine: figure.describe("mean cosine of the two rows of an item"),
  unmatchedCosine: figure.describe("mean cosine of rows of different items"),
  forward: partnerSearch.describe("rows of the first side look for partners on the second"),
  backward: partnerSearch,
});

const changes = z
  .strictObject({
    recall: estimate.describe("of recall@k, both ways taken together"),
    gap: estimate,
    separability: estimate,
    matchedCosine: estimate,
    unmatchedCosine: estimate,
    forward: partnerChanges,
    backward: partnerChanges,
  })
  .describe("after less before, of the same items");

const repairName = z.enum(GAP_REPAIRS);

/** The gap between two sides of one space, before and after repair: part of the JSON of job `align`. */
export const modalityGap = z.strictObject({
  rows: natural,
  cols: natural,
  items: natural.describe("items that means, maps and classifiers come from"),
  queries: natural.describe("items whose partners were sought, each among all rows"),
  folds: natural,
  nNeighbors: z.int().min(1).describe("k of recall@k"),
  seed: z.int(),
  before: figures,
  repairs: z.array(
    z.strictObject({
      repair: repairName,
      after: figures.describe("on items that the repair was not fitted to"),
      change: changes,
      closes: z.boolean().describe("the gap is surely smaller"),
      keepsRecall: z
        .boolean()
        .describe("recall, both ways taken together, surely falls by less than a point"),
      findsPartners: z.boolean().describe("recall is surely more than a point above chance, both ways"),
      converged: z.boolean(),
    }),
  ),
  recommended: repairName
    .nullable()
    .describe("the stiffest repair that closes the gap, keeps recall and finds partners"),
  engine,
  warnings: z.array(warning),
});
