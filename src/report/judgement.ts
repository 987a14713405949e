import type { Score } from "../measure/result.ts";
import { count, duration, plural, score as scoreText, significant } from "./numbers.ts";
import { placesBy, placings } from "./ranking.ts";
import type { JudgedLatent, JudgedTask, JudgementResult } from "./result.ts";
import { gateLines, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  cut,
  cutMiddle,
  type Line,
  line,
  type Span,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** The score that a task is judged and ranked by. */
export function mainScore(task: JudgedTask): { readonly name: string; readonly score: Score } {
  return task.kind === "pairs"
    ? { name: "spearman", score: task.scores.spearman }
    : { name: "tripletAccuracy", score: task.scores.tripletAccuracy };
}

/** Is `a` clearly better than `b`? Not where intervals overlap. */
function clearlyBetter(a: Score, b: Score): boolean {
  return a.interval[0] > b.interval[1];
}

/** Latents by their mean place over the tasks, the first first. */
export function rankJudged(latents: readonly JudgedLatent[]): JudgementResult["ranking"] {
  const keys = latents[0]!.tasks.map(keyOf);
  const byTask = keys.map((_, t) => {
    const scores = latents.map(({ tasks }) => mainScore(tasks[t]!).score);
    return placesBy(latents.length, (i, j) => clearlyBetter(scores[i]!, scores[j]!));
  });
  const places = latents.map(
    (_, i): Record<string, number> => Object.fromEntries(keys.map((key, t) => [key, byTask[t]![i]!])),
  );
  return placings(places, keys)
    .map((placing, i) => ({ name: latents[i]!.name, ...placing, places: places[i]! }))
    .sort((a, b) => a.place - b.place);
}

/** Tasks of pairs and of triplets may have one name. */
function keyOf({ task, kind }: JudgedTask): string {
  return task === kind ? task : `${task} (${kind})`;
}

/** What the intervals do not know, said wherever they stand. */
export const JUDGED_INTERVALS =
  "95 % intervals resample what was judged. Pairs and triplets that share items are not independent, which an interval does not know: " +
  "what it says of other items is too narrow.";

/** How latents agree with judgements, in a sentence each. */
export function judgedWords(result: JudgementResult): string[] {
  const { latents, ranking } = result;
  if (latents.length === 1) return latents[0]!.tasks.map(agreement);
  const firsts = ranking.filter(({ place }) => place === 1).map(({ name }) => name);
  const means = ranking.map(({ name, meanPlace }) => `${name} ${meanPlace.toFixed(2)}`).join(", ");
  const told = `Mean places over ${plural(latents[0]!.tasks.length, "task")}: ${means}.`;
  if (firsts.length > 1) {
    const who = firsts.length === latents.length ? "all" : firsts.join(", ");
    return [`No single winner: ${who} share the first place.`, told];
  }
  const own = (name: string) => latents.find((latent) => latent.name === name)!.tasks;
  const level = ranking
    .slice(1)
    .filter(
      ({ name }) =>
        !own(firsts[0]!).some((task, t) =>
          clearlyBetter(mainScore(task).score, mainScore(own(name)[t]!).score),
        ),
    );
  if (level.length === 0) return [`Nearest to the judgements: ${firsts[0]}.`, told];
  const others = level.map(({ name }) => name).join(", ");
  return [`No clear winner: ${firsts[0]} comes first, but level with it everywhere: ${others}.`, told];
}

function agreement(task: JudgedTask): string {
  const { score } = mainScore(task);
  const [low, high] = score.interval.map((end) => end.toFixed(2));
  const of = task.task === task.kind ? "" : `${task.task}: `;
  const chance = score.interval[0] <= score.null;
  if (task.kind === "pairs") {
    const what = `rank correlation ${score.value.toFixed(2)}, 95 % interval ${low} to ${high}, ${plural(task.n, "pair")}`;
    return chance
      ? `${of}No sign that this latent orders pairs as they were judged (${what}).`
      : `${of}The latent orders pairs as they were judged with a ${what}.`;
  }
  const share = `${(100 * score.value).toFixed(1)} % of ${plural(task.n, "triplet")}, 95 % interval ${low} to ${high} of them`;
  return chance
    ? `${of}No sign that this latent orders triplets as they were judged (${share}; half by chance).`
    : `${of}The latent orders ${share}, as they were judged; half would be chance.`;
}

/** An audit by judgements as a person reads it. */
export function judgementReport(result: JudgementResult, view: View): Line[] {
  const { latents, judgements, options, seconds, inputs } = result;
  const files = judgements.map(({ path, kind, used, rows }) => {
    const some = used === rows ? count(rows) : `${count(used)} of ${count(rows)}`;
    return `${some} ${kind} of ${path}`;
  });
  return [
    BLANK,
    ...judgedWords(result).flatMap((text) => wrap(text, view.width, "", "strong")),
    BLANK,
    ...inputLines(inputs, view),
    BLANK,
    ...latents[0]!.tasks.flatMap((_, t) => taskTable(latents, t, view)),
    ...(latents.length === 1 ? latents[0]!.tasks.flatMap((task) => worstTable(task, view)) : []),
    ...wrap(JUDGED_INTERVALS, view.width, "", "muted"),
    BLANK,
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(
      [...files, options.latentMetric, `seed ${options.seed}`, duration(seconds)],
      " · ",
      view.width,
      "",
      "muted",
    ),
    ...nextLines(result.next, view),
  ];
}

/** Latents side by side on one task: the best marked, those that are level with it too. */
function taskTable(latents: readonly JudgedLatent[], t: number, view: View): Line[] {
  const { task, n, kind } = latents[0]!.tasks[t]!;
  const all = latents.map(({ tasks }) => mainScore(tasks[t]!).score);
  const { name } = mainScore(latents[0]!.tasks[t]!);
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: `${name}  `, align: "right" },
    { head: "95 % interval", align: "left" },
    { head: "chance", align: "right" },
    ...(kind === "pairs" ? [{ head: "pearson", align: "right" } as const] : []),
  ];
  const body = latents.map((latent, i): Span[] => {
    const { value, interval, null: chance } = all[i]!;
    const own = latent.tasks[t]!;
    const mark = markOf(all, i);
    return [
      span(cutMiddle(latent.name, Math.max(8, view.width - 52))),
      span(`${scoreText(value)} ${mark}`, mark === "*" ? "good" : mark === "=" ? "fair" : "plain"),
      span(`[${scoreText(interval[0])}, ${scoreText(interval[1])}]`, "muted"),
      span(String(chance), "muted"),
      ...(own.kind === "pairs" ? [span(scoreText(own.scores.pearson.value))] : []),
    ];
  });
  const legend = latents.length > 1 ? "  * best, = level with it: 95 % intervals overlap" : "";
  const title = task === kind ? `${count(n)} ${kind}` : `${task}, ${count(n)} ${kind}`;
  return [
    line(span(title, "strong"), span(legend, "muted")),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

/** "*" for the best of several, "=" for those level with it. */
export function markOf(all: readonly Score[], i: number): "*" | "=" | " " {
  if (all.length === 1) return " ";
  const best = all.reduce((a, b) => (b.value > a.value ? b : a));
  if (all[i]!.value === best.value) return "*";
  return clearlyBetter(best, all[i]!) ? " " : "=";
}

/** Worst disagreements that a report shows; the JSON has more. */
const SHOWN = 5;

function worstTable(task: JudgedTask, view: View): Line[] {
  if (task.worst.length === 0) return [];
  const name = task.task === task.kind ? "" : ` of ${task.task}`;
  const share = (rank: number) => span(`${Math.round(100 * rank)} %`);
  const title = (about: string) => [
    line(span(`Worst disagreements${name}`, "strong")),
    ...wrap(about, view.width, "  ", "muted"),
  ];
  if (task.kind === "pairs") {
    const columns: Column[] = [
      { head: "given", align: "right" },
      { head: "above", align: "right" },
      { head: "latent", align: "right" },
      { head: "above", align: "right" },
      { head: "pair", align: "left" },
    ];
    const body = task.worst
      .slice(0, SHOWN)
      .map((pair) => [
        span(significant(pair.given)),
        share(pair.givenRank),
        span(significant(pair.latent)),
        share(pair.latentRank),
        span(itemsText(pair.names, " / ")),
      ]);
    return [
      ...title("similarity, and the share of pairs that it is above"),
      ...table(columns, body, { width: view.width }),
      BLANK,
    ];
  }
  const columns: Column[] = [
    { head: "to nearer", align: "right" },
    { head: "to farther", align: "right" },
    { head: "anchor: nearer / farther", align: "left" },
  ];
  const body = task.worst
    .slice(0, SHOWN)
    .map(({ toNearer, toFarther, names: [anchor, ...others] }) => [
      span(significant(toNearer)),
      span(significant(toFarther)),
      span(`${cut(anchor!, 20)}: ${itemsText(others, " / ")}`),
    ]);
  return [...title("similarity in the latent"), ...table(columns, body, { width: view.width }), BLANK];
}

function itemsText(names: readonly string[], between: string): string {
  return names.map((name) => cut(name, 20)).join(between);
}
