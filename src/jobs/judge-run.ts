import { deepFreeze, IsometerError, type Warning } from "../base/index.ts";
import type { TextColumns } from "../data/index.ts";
import type { Source } from "../data/source.ts";
import {
  type GateRecord,
  type JudgedLatent,
  type JudgedTask,
  type JudgementResult,
  mainScore,
  rankJudged,
} from "../report/index.ts";
import { AUDIT_OPTIONS, type AuditValues } from "./audit-options.ts";
import { commandLine } from "./command-line.ts";
import { type JobContext, kebab } from "./define.ts";
import { type Limit, parseLimits } from "./gates.ts";
import { type JudgedItems, matchJudgements, type Task } from "./judge-match.ts";
import { distinctNames, shortNames } from "./latent-names.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { idsOfInputs, withSources } from "./read-inputs.ts";
import { secondsSince } from "./result.ts";

/** The scores that gates may name. */
const NAMES = ["spearman", "pearson", "tripletAccuracy"] as const;

type JudgedName = (typeof NAMES)[number];

/** Options that are about an original. */
const OF_AN_ORIGINAL = ["metric", "nNeighbors", "sample", "exact", "baseline", "rows", "labels"] as const;

/** Measures latents against judgements of pairs and triplets. */
export async function judgeFiles(
  ctx: JobContext,
  paths: readonly string[],
  options: AuditValues,
): Promise<JudgementResult> {
  const started = ctx.clock();
  const limits = parseLimits(options.failUnder, options.failOver, NAMES);
  checkOptionsFit(options);
  const { parseRange, readTextColumns } = await import("../data/index.ts");
  const names = distinctNames(paths);
  const { pairs, triplets } = options;
  const files: (TextColumns & { readonly kind: Task["kind"] })[] = [];
  if (pairs !== undefined) {
    files.push({ kind: "pairs", ...(await readTextColumns(pairs, ["a", "b", "similarity"], "pairs")) });
  }
  if (triplets !== undefined) {
    const wanted = ["anchor", "nearer", "farther"];
    files.push({ kind: "triplets", ...(await readTextColumns(triplets, wanted, "triplets")) });
  }
  const ids = idsOfInputs(options.ids, paths.length);
  const shared = openOptions(options, parseRange);
  const { latentVector } = options;
  const how = latentVector === undefined ? shared : { ...shared, vector: latentVector };
  const wanted = paths.map((path, i) => ({ path, options: how, ids: ids[i] }));
  return withSources(wanted, async (sources) => {
    checkObeyed(options, null, sources);
    const items = await readItems(ctx, sources, options);
    const { tasks, records, warnings } = matchJudgements(files, items);
    const latents = await judgeAll(names, items, tasks, options);
    return deepFreeze({
      schema: "isometer/judgement/1",
      job: "audit",
      isometer: ctx.version,
      inputs: sources.map((source) => inputRecord("latent", source)),
      judgements: records,
      options: {
        latentMetric: options.latentMetric,
        seed: options.seed,
        pairs: pairs ?? null,
        triplets: triplets ?? null,
        ids: options.ids,
        id: options.id ?? null,
        vector: options.vector ?? null,
        latentVector: latentVector ?? null,
      },
      latents,
      ranking: latents.length > 1 ? rankJudged(latents) : [],
      warnings: [...items.flatMap((item) => item.warnings), ...warnings],
      gates: gatesOf(limits, latents),
      next: nextOf(paths, latents, items, options),
      seconds: secondsSince(ctx.clock, started),
    });
  });
}

/** What is about an original has nothing to say here: an option that is silently ignored misleads. */
function checkOptionsFit(options: AuditValues): void {
  const given = OF_AN_ORIGINAL.find((name) => options[name] !== AUDIT_OPTIONS[name].default);
  if (given === undefined) return;
  throw new IsometerError(
    "bad-option",
    `--${kebab(given)} is about an original, which --pairs and --triplets replace`,
    {
      hint: given === "metric" ? "Give --latent-metric." : `Leave --${kebab(given)} out.`,
    },
  );
}

/** The latents in memory, checked, with what their rows are called. */
async function readItems(
  { watch }: JobContext,
  sources: readonly Source[],
  { latentMetric }: AuditValues,
): Promise<(JudgedItems & { readonly warnings: readonly Warning[] })[]> {
  const { idPlaces, inspectPoints } = await import("../data/index.ts");
  const { collectRows, throwIfAborted } = await import("../base/index.ts");
  const names = shortNames(sources.map(({ path }) => path));
  const items: (JudgedItems & { readonly warnings: readonly Warning[] })[] = [];
  for (const [i, source] of sources.entries()) {
    throwIfAborted(watch.signal);
    watch.onProgress?.({ stage: "reading", done: i, total: sources.length });
    const matrix = await collectRows(source);
    const { warnings } = await inspectPoints(matrix, names[i]!, latentMetric);
    const ids = await source.ids?.();
    items.push({
      name: names[i]!,
      matrix,
      rowOf: ids ? idPlaces(ids, names[i]!) : null,
      warnings: [...source.warnings, ...warnings],
    });
  }
  return items;
}

async function judgeAll(
  names: readonly string[],
  items: readonly JudgedItems[],
  tasks: readonly Task[],
  { latentMetric, seed }: AuditValues,
): Promise<JudgedLatent[]> {
  const { judgePairs, judgeTriplets } = await import("../measure/index.ts");
  return items.map(({ name, matrix }, latent) => ({
    name: names[latent]!,
    tasks: tasks.map((task): JudgedTask => {
      const how = { metric: latentMetric, seed, name };
      const [first, second, third] = task.rows[latent]!;
      const named = <T extends { readonly index: number }>(worst: readonly T[]) =>
        worst.map((one) => ({ ...one, index: task.index[one.index]!, names: task.names[one.index]! }));
      const base = { task: task.name, n: task.index.length };
      if (task.kind === "pairs") {
        const { worst, ...scores } = judgePairs(
          matrix,
          { a: first!, b: second!, similarity: task.similarity },
          how,
        );
        return { ...base, kind: "pairs", scores, worst: named(worst) };
      }
      const { worst, ...scores } = judgeTriplets(
        matrix,
        { anchor: first!, nearer: second!, farther: third! },
        how,
      );
      return { ...base, kind: "triplets", scores, worst: named(worst) };
    }),
  }));
}

/** Every limit on every task that has its score, of every latent. @throws bad-option where no task has it */
function gatesOf(limits: readonly Limit<JudgedName>[], latents: readonly JudgedLatent[]): GateRecord[] {
  const one = latents.length === 1;
  return limits.flatMap(({ score, kind, limit }) => {
    const found = latents.flatMap(({ name, tasks }) =>
      tasks.flatMap(({ task, scores }): GateRecord[] => {
        const value = (scores as Partial<Record<JudgedName, { readonly value: number }>>)[score]?.value;
        if (value === undefined) return [];
        const passed = value >= limit;
        const named = tasks.length === 1 ? score : `${score} (${task})`;
        return [{ ...(one ? {} : { latent: name }), score: named, kind, limit, value, passed }];
      }),
    );
    if (found.length > 0) return found;
    const missing = score === "tripletAccuracy" ? "triplets" : "pairs";
    throw new IsometerError("bad-option", `--fail-${kind} ${score} needs --${missing}`, {
      hint: `Give --${missing} FILE.`,
    });
  });
}

/** The same by cosine, for wide vectors that were compared by another distance; else a gate that keeps what one latent reached. */
function nextOf(
  paths: readonly string[],
  latents: readonly JudgedLatent[],
  items: readonly JudgedItems[],
  options: AuditValues,
): JudgementResult["next"] {
  const again = (more: Partial<AuditValues>) =>
    commandLine({ name: "audit", options: AUDIT_OPTIONS }, paths, { ...options, ...more });
  if (options.latentMetric !== "cosine" && items.some(({ matrix }) => matrix.cols > 3)) {
    const why = "the same by cosine, as word and text vectors are mostly compared";
    return [{ command: again({ latentMetric: "cosine" }), why }];
  }
  if (latents.length > 1 || options.failUnder.length > 0) return [];
  const least = new Map<string, number>();
  for (const task of latents[0]!.tasks) {
    const { name, score } = mainScore(task);
    least.set(name, Math.min(least.get(name) ?? 1, score.interval[0]));
  }
  const failUnder = [...least].map(([name, low]) => `${name}=${Math.floor(low * 100) / 100}`);
  return [
    { command: again({ failUnder }), why: "a gate for continuous integration: exit status 3 below this" },
  ];
}
