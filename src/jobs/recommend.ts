import { deepFreeze, IsometerError, type Watch } from "../base/index.ts";
import type { TextColumns } from "../data/index.ts";
import {
  type NextCommand,
  type RecommendedItem,
  type RecommendedList,
  type RecommendResult,
  recommendReport,
} from "../report/index.ts";
import type { AlsModel, Interactions, Recommendation, Taste } from "../spaces/recommend/index.ts";
import { asFlag } from "./arguments.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, flag, integer, type JobContext, list, number, text, type Values } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

const OPTIONS = {
  user: list({
    group: common.GROUPS.method,
    about: "users to recommend to, as RATINGS calls them",
    placeholder: "ID",
  }),
  liked: text({
    group: common.GROUPS.method,
    about: "items that somebody likes who is not among the users, with commas between",
    placeholder: "ID,ID",
  }),
  evaluate: flag({
    group: common.GROUPS.measure,
    about:
      "hold out the last fifth of what each user took, and say how well lists foresee it, beside what is popular and item neighbours",
  }),
  top: integer({
    group: common.GROUPS.method,
    about: "items of a list",
    placeholder: "K",
    min: 1,
    max: 1000,
    default: 10,
    aliases: ["k"],
  }),
  nFactors: integer({
    group: common.GROUPS.method,
    about: "dimensions of the space of users and items",
    placeholder: "D",
    min: 1,
    max: 512,
    default: 32,
    aliases: ["factors"],
  }),
  alpha: number({
    group: common.GROUPS.method,
    about: "how much more sure a rating makes: 1 + alpha rating",
    min: 0,
    default: 1,
  }),
  regularization: number({
    group: common.GROUPS.method,
    about: "weight of the lengths of all vectors, above 0",
    min: 1e-6,
    default: 10,
  }),
  iterations: integer({
    group: common.GROUPS.method,
    about: "sweeps at most",
    min: 1,
    max: 1000,
    default: 15,
  }),
  itemDistances: number({
    group: common.GROUPS.method,
    about: "keep items as far apart as few users share them, this strongly; 0: not at all",
    placeholder: "W",
    min: 0,
    default: 0,
  }),
  diversity: number({
    group: common.GROUPS.method,
    about: "from 0, the best scores, to 1, items unlike each other",
    min: 0,
    max: 1,
    default: 0,
  }),
  names: text({
    group: common.GROUPS.data,
    about:
      "what items are called: a table of ids and names; with other columns name the two behind it: movies.csv:movieId,title",
    placeholder: "FILE",
  }),
  seed: common.seed,
  threads: common.threads,
  provider: common.provider,
};

type RecommendValues = Values<typeof OPTIONS>;

/** What else somebody might like, and why. */
export const recommend = defineJob({
  name: "recommend",
  about: "what else somebody might like, and why",
  details: [
    "RATINGS is a table with a line for each time a user took an item: user, item, and where known a weight (rating, count) and a time. Other columns: name the two to four behind the file, as in " +
      "ratings.csv:userId,movieId,rating,timestamp.",
    "Users and items get places in one space (implicit alternating least squares). A taste is a place there, also for somebody who likes a few items alone; the reasons of a recommendation are the nearest liked items.",
  ],
  inputs: { ratings: { about: "csv, tsv, parquet or jsonl, also compressed" } },
  options: OPTIONS,
  examples: [
    {
      command: "isometer recommend ratings.csv --user 42 --names movies.csv:movieId,title",
      about: "ten films for user 42, and why",
    },
    {
      command: "isometer recommend ratings.csv --liked 1,260,1196",
      about: "for somebody new who likes three",
    },
    { command: "isometer recommend ratings.csv --evaluate", about: "is it better than what is popular?" },
  ],
  run: (ctx, { ratings }, options): Promise<RecommendResult> => run(ctx, ratings, options),
  report: recommendReport,
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.1 },
  { stage: "fitting", says: "fitting", share: 0.6 },
  { stage: "evaluating", says: "evaluating", share: 0.3 },
];

async function run(ctx: JobContext, path: string, options: RecommendValues): Promise<RecommendResult> {
  const started = ctx.clock();
  const liked = options.liked?.split(",").map((id) => id.trim()) ?? [];
  if (options.user.length === 0 && liked.length === 0 && !options.evaluate) {
    throw new IsometerError("bad-option", "nobody to recommend to", {
      hint: "Give --user ID, or --liked ID,ID, or --evaluate.",
    });
  }
  const watch = overall(ctx.watch, STAGES);
  watch.onProgress?.({ stage: "reading", done: 0, total: 1 });
  const table = await readRatings(path);
  const names = await readNames(options.names);
  const rooms = await import("../spaces/recommend/index.ts");
  const interactions = rooms.interactionsFrom(eventsOf(table));
  watch.onProgress?.({ stage: "fitting", done: 0, total: 1 });
  try {
    const model = await rooms.fitAls(interactions, alsOptions(options, watch));
    const lists = [
      ...options.user.map((id) => forUser(rooms, model, interactions, id, names, options)),
      ...(liked.length > 0 ? [forLiked(rooms, model, interactions, liked, names, options)] : []),
    ];
    const evaluation = options.evaluate ? await evaluated(rooms, interactions, options, watch) : null;
    return deepFreeze({
      schema: "isometer/recommend/1" as const,
      job: "recommend" as const,
      isometer: ctx.version,
      engine: model.engine,
      inputs: [inputOf(table, interactions)],
      options: resolved(liked, options),
      model: { converged: model.converged, iterations: model.iterations, loss: model.loss.at(-1)! },
      lists,
      evaluation,
      warnings: [...model.warnings, ...engineWarnings(model.engine)],
      next: nextCommands(path, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

/** The columns of a table of interactions, those that are needed first. */
const COLUMNS = ["user", "item", "rating", "time"] as const;

/** All four columns, or three, or two: as many as are named, or as the table has. */
async function readRatings(spec: string): Promise<TextColumns> {
  const { readTextColumns } = await import("../data/index.ts");
  let first: unknown;
  for (const count of [4, 3, 2]) {
    try {
      return await readTextColumns(spec, COLUMNS.slice(0, count), "ratings");
    } catch (error) {
      first ??= error;
      const { code } = error as IsometerError;
      if (!["ambiguous-column", "unknown-column", "bad-option"].includes(code)) throw error;
    }
  }
  throw first;
}

function eventsOf({ path, columns, values }: TextColumns) {
  const [users, items, ratings, times] = values;
  const numbers = (texts: readonly string[], column: string, read: (value: string) => number) =>
    Float64Array.from(texts, (value, i) => {
      const own = read(value);
      if (Number.isFinite(own)) return own;
      throw new IsometerError("bad-value", `${path}: row ${i} has ${JSON.stringify(value)} for ${column}`, {
        got: value,
        needed: "a number",
      });
    });
  const time = (value: string) => (Number.isFinite(Number(value)) ? Number(value) : Date.parse(value));
  return {
    users: users!,
    items: items!,
    ...(ratings && { weights: numbers(ratings, columns[2]!, Number) }),
    ...(times && { times: numbers(times, columns[3]!, time) }),
  };
}

async function readNames(spec: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (spec === undefined) return new Map();
  const { readTextColumns } = await import("../data/index.ts");
  const { values } = await readTextColumns(spec, ["id", "name"], "names");
  return new Map(values[0]!.map((id, i) => [id, values[1]![i]!]));
}

function alsOptions(options: RecommendValues, { signal }: Watch) {
  const { nFactors, alpha, regularization, iterations, itemDistances, seed, threads, provider } = options;
  return {
    ...defined({ threads, provider, signal }),
    nFactors,
    alpha,
    regularization,
    iterations,
    itemDistances,
    seed,
  };
}

type Rooms = typeof import("../spaces/recommend/index.ts");

/** @throws bad-value for somebody who is not there */
function placeOf(ids: Interactions["userIds"], wanted: string, what: string): number {
  const place = ids.findIndex((id) => String(id) === wanted);
  if (place >= 0) return place;
  throw new IsometerError("bad-value", `there is no ${what} ${wanted}`, {
    got: wanted,
    hint: `The first is ${String(ids[0])}.`,
  });
}

function forUser(
  rooms: Rooms,
  model: AlsModel,
  { byUser, userIds }: Interactions,
  id: string,
  names: ReadonlyMap<string, string>,
  options: RecommendValues,
): RecommendedList {
  const user = placeOf(userIds, id, "user");
  const own = [byUser.starts[user]!, byUser.starts[user + 1]!] as const;
  const taste = rooms.tasteOf(model, byUser.columns.subarray(...own), byUser.weights.subarray(...own));
  return listOf(rooms, model, taste, id, names, options);
}

function forLiked(
  rooms: Rooms,
  model: AlsModel,
  { itemIds }: Interactions,
  liked: readonly string[],
  names: ReadonlyMap<string, string>,
  options: RecommendValues,
): RecommendedList {
  const items = liked.map((id) => placeOf(itemIds, id, "item"));
  return listOf(rooms, model, rooms.tasteOf(model, items), null, names, options);
}

function listOf(
  rooms: Rooms,
  model: AlsModel,
  taste: Taste,
  user: string | null,
  names: ReadonlyMap<string, string>,
  { top, diversity }: RecommendValues,
): RecommendedList {
  const found = rooms.recommend(model, taste, { k: top, diversity });
  const nameOf = (id: string | number) => names.get(String(id)) ?? null;
  const item = ({ id, score, novelty, reasons }: Recommendation): RecommendedItem => ({
    id: String(id),
    name: nameOf(id),
    score,
    novelty,
    reasons: reasons.map((own) => ({ id: String(own.id), name: nameOf(own.id), distance: own.distance })),
  });
  return {
    user,
    liked: taste.liked.length,
    items: found.items.map(item),
    diversity: found.diversity,
    novelty: found.novelty,
  };
}

/** A model of what came before, beside what is popular and what has no space. */
async function evaluated(
  rooms: Rooms,
  interactions: Interactions,
  options: RecommendValues,
  watch: Watch,
): Promise<RecommendResult["evaluation"]> {
  watch.onProgress?.({ stage: "evaluating", done: 0, total: 1 });
  const split = rooms.splitByTime(interactions);
  const model = await rooms.fitAls(split.train, alsOptions(options, watch));
  const means = { k: options.top, seed: options.seed, ...defined({ signal: watch.signal }) };
  const all = [
    rooms.alsRecommender(model),
    rooms.itemKnn(split.train),
    rooms.popularityRecommender(split.train),
  ].map((recommender) => rooms.evaluateRecommender(recommender, split, means));
  const recommenders = all.map((own, i) => {
    const { name, recallAtK, ndcgAtK, coverage } = own;
    if (i === 0) return { name, recallAtK, ndcgAtK, coverage, ahead: null };
    const compared = rooms.compareEvaluations(all[0]!, own);
    return {
      name,
      recallAtK,
      ndcgAtK,
      coverage,
      ahead: { recallAtK: compared.recallAtK, ndcgAtK: compared.ndcgAtK },
    };
  });
  return { k: options.top, users: all[0]!.users.length, recommenders };
}

function inputOf(
  { path, columns }: TextColumns,
  { byUser, userIds, itemIds }: Interactions,
): RecommendResult["inputs"][number] {
  return { path, columns, users: userIds.length, items: itemIds.length, interactions: byUser.columns.length };
}

function resolved(liked: readonly string[], options: RecommendValues): RecommendResult["options"] {
  const { user, top, nFactors, alpha, regularization, iterations, itemDistances, diversity, seed } = options;
  return {
    users: user,
    liked,
    top,
    nFactors,
    alpha,
    regularization,
    iterations,
    itemDistances,
    diversity,
    seed,
  };
}

/** What to type next. */
function nextCommands(path: string, options: RecommendValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "recommend", options: OPTIONS }, [path], { ...options, ...more });
  if (options.evaluate) return [];
  return [
    {
      command: again({ user: [], liked: undefined, evaluate: true }),
      why: "how well such lists foresee what users took later",
    },
  ];
}
