import { z } from "zod";
import { engine, interval, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const userScore = z.strictObject({
  value: real,
  interval,
  null: real.describe("the same when each user is given another user's list"),
  n: natural,
});
const difference = z.strictObject({ value: real, interval });
const reason = z.strictObject({
  id: z.string(),
  name: textOrNull,
  distance: real.describe("chord between the two items, 0 to 2"),
});

/** The JSON of job `recommend`, "isometer/recommend/1". */
export const recommendSchema = z.strictObject({
  schema: z.literal("isometer/recommend/1"),
  job: z.literal("recommend"),
  isometer: z.string(),
  engine,
  inputs: z.array(
    z.strictObject({
      path: z.string(),
      columns: z.array(z.string()),
      users: natural,
      items: natural,
      interactions: natural,
    }),
  ),
  options: z.strictObject({
    users: z.array(z.string()),
    liked: z.array(z.string()),
    top: natural,
    nFactors: natural,
    alpha: z.number(),
    regularization: z.number(),
    iterations: natural,
    itemDistances: z.number(),
    diversity: z.number(),
    seed: z.int(),
  }),
  model: z.strictObject({ converged: z.boolean(), iterations: natural, loss: real }),
  lists: z.array(
    z.strictObject({
      user: textOrNull,
      liked: natural,
      items: z.array(
        z.strictObject({
          id: z.string(),
          name: textOrNull,
          score: real,
          novelty: real.describe("bits: 0 for what everybody has"),
          reasons: z.array(reason).describe("the nearest liked items"),
        }),
      ),
      diversity: real.describe("mean chord between two of the list"),
      novelty: real,
    }),
  ),
  evaluation: z
    .strictObject({
      k: natural,
      users: natural,
      recommenders: z.array(
        z.strictObject({
          name: z.string(),
          recallAtK: userScore,
          ndcgAtK: userScore,
          coverage: userScore,
          ahead: z
            .strictObject({ recallAtK: difference, ndcgAtK: difference })
            .nullable()
            .describe("the first less this one, user by user"),
        }),
      ),
    })
    .nullable(),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
