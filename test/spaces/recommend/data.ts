import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { rng } from "../../../src/base/index.ts";
import { type Events, type Interactions, interactionsFrom } from "../../../src/spaces/recommend/index.ts";
import { columnsOf } from "../../../src/spaces/recommend/interactions.ts";
import { sharedData } from "../../shared-data.ts";

/** Two crowds of 40 users, each of whom takes 12 of the 30 items of their crowd (with chance `loyalty`, else of the other one), in random order. */
export function twoCrowds(seed: number, loyalty = 0.9): Interactions {
  const random = rng(seed);
  const events = { users: [] as number[], items: [] as number[] };
  for (let user = 0; user < 80; user++) {
    const taken = new Set<number>();
    while (taken.size < 12) {
      const crowd = random.uniform() < loyalty ? user % 2 : 1 - (user % 2);
      taken.add(2 * random.integer(30) + crowd);
    }
    for (const item of taken) {
      events.users.push(user);
      events.items.push(item);
    }
  }
  return interactionsFrom(events);
}

/** MovieLens (ml-latest-small, 2016): who rated what, and when. Every rating counts as one. */
export function movieLens(): Events {
  const path = sharedData("recommendation/ml-latest-small-2016/ratings.csv.gz");
  const rows = gunzipSync(readFileSync(path)).toString().trim().split("\n").slice(1);
  const fields = rows.map((row) => row.split(","));
  return {
    users: fields.map((f) => f[0]!),
    items: fields.map((f) => f[1]!),
    times: fields.map((f) => Number(f[3])),
  };
}

/** The full matrix, users by items. */
export function dense({ byUser, userIds, itemIds }: Interactions): number[][] {
  return userIds.map((_, u) => {
    const line = itemIds.map(() => 0);
    columnsOf(byUser, u).forEach((item, p) => {
      line[item] = byUser.weights[byUser.starts[u]! + p]!;
    });
    return line;
  });
}
