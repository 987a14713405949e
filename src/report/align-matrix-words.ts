import type { Score } from "../measure/result.ts";
import {
  AGREEMENT_WORDS,
  type AgreementMeasure,
  type AgreementTable,
  type AlignMatrixResult,
  likeness,
  scoreBetween,
} from "./align-matrix-result.ts";
import { count, percent, plural } from "./numbers.ts";

/** A value with three decimals, and half its interval where it is sampled. */
export function agreementValue({ value, exact, interval: [low, high] }: Score): string {
  const text = value.toFixed(3);
  return exact ? text : `${text} ± ${((high - low) / 2).toFixed(3)}`;
}

/** Two models and how they agree. */
interface Between {
  readonly i: number;
  readonly j: number;
  readonly score: Score;
}

function betweenAll(
  table: AgreementTable,
  measure: AgreementMeasure,
  first: readonly number[],
  second: readonly number[],
): Between[] {
  return first.flatMap((i) =>
    second.flatMap((j) => {
      const score = i === j ? null : scoreBetween(table, i, j, measure);
      return score ? [{ i, j, score }] : [];
    }),
  );
}

/** The most alike of some pairs. */
function closest(measure: AgreementMeasure, pairs: readonly Between[]): Between | null {
  const like = ({ score }: Between) => likeness(measure, score.value);
  return pairs.reduce<Between | null>((best, pair) => (best && like(best) >= like(pair) ? best : pair), null);
}

/** Who agrees most, and who least. */
export function matrixHeadline({ models, rows, ...table }: AlignMatrixResult): string {
  const { by } = table.clustering;
  const all = models.map((_, i) => i);
  const pairs = betweenAll({ models, ...table }, by, all, all).filter(({ i, j }) => i < j);
  const { short } = AGREEMENT_WORDS[by];
  const most = closest(by, pairs);
  const least = pairs.reduce<Between | null>((worst, pair) => {
    const isLess = !worst || likeness(by, pair.score.value) < likeness(by, worst.score.value);
    return isLess ? pair : worst;
  }, null);
  const of = `${plural(models.length, "model")} of ${plural(rows, "item")}`;
  if (!most || !least) return `${of}: no two can be compared.`;
  const name = (i: number) => models[i]!.name;
  const text = ({ i, j, score }: Between) => `${name(i)} and ${name(j)} (${short} ${agreementValue(score)})`;
  return `${of}: ${text(most)} agree most, ${text(least)} least.`;
}

/** A sentence for each cluster: who is in it, how much they agree, and who comes next. */
export function clusterWords(table: AgreementTable): string[] {
  const { clusters } = table.clustering;
  return clusters.map((own, c) => {
    const others = clusters.filter((_, d) => d !== c).flat();
    return own.length === 1 ? aloneWords(own[0]!, others, table) : togetherWords(own, others, table);
  });
}

function togetherWords(own: readonly number[], others: readonly number[], table: AgreementTable): string {
  const { models, clustering } = table;
  const names = listed(own.map((i) => models[i]!.name));
  const inside = (measure: AgreementMeasure) =>
    betweenAll(table, measure, own, own).filter(({ i, j }) => i < j);
  const facts = [
    rangeWords(clustering.by, inside(clustering.by)),
    ...(clustering.by === "neighborRecall" ? [] : [neighborWords(inside("neighborRecall"))]),
  ];
  if (others.length === 0) return `No groups: ${names} agree about alike, ${facts.join(", ")}.`;
  const next = closest(clustering.by, betweenAll(table, clustering.by, own, others));
  return `${names} go together: ${facts.join(", ")}${next ? `; next is ${nextWords(next, table)}` : ""}.`;
}

function aloneWords(own: number, others: readonly number[], table: AgreementTable): string {
  const { models, clustering } = table;
  const next = closest(clustering.by, betweenAll(table, clustering.by, [own], others));
  const alone = `${models[own]!.name} stands alone`;
  if (!next) return `${alone}.`;
  const overlap = scoreBetween(table, own, next.j, "neighborRecall");
  const facts = [
    `closest is ${nextWords(next, table, next.score.null)}`,
    ...(overlap && clustering.by !== "neighborRecall"
      ? [`with ${percent(overlap.value)} of neighbours the same`]
      : []),
  ];
  return `${alone}: ${facts.join(", ")}.`;
}

/** "bert-base (CKA 0.250, chance 0.100)". */
function nextWords({ j, score }: Between, table: AgreementTable, chance?: number): string {
  const { models, clustering } = table;
  const value = `${AGREEMENT_WORDS[clustering.by].short} ${agreementValue(score)}`;
  return `${models[j]!.name} (${value}${chance === undefined ? "" : `, chance ${chance.toFixed(3)}`})`;
}

/** "CKA 0.909 to 0.971 (chance 0.136)". */
function rangeWords(measure: AgreementMeasure, pairs: readonly Between[]): string {
  const values = pairs.map(({ score }) => score.value.toFixed(3));
  const chance = pairs.reduce((sum, { score }) => sum + score.null / pairs.length, 0);
  return `${AGREEMENT_WORDS[measure].short} ${range(values)} (chance ${chance.toFixed(3)})`;
}

function neighborWords(pairs: readonly Between[]): string {
  return `${range(pairs.map(({ score }) => percent(score.value))).replace(" % to", " to")} of neighbours the same`;
}

/** "0.909 to 0.971", or the one text that all are. */
function range(texts: readonly string[]): string {
  const sorted = texts.toSorted((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  return low === high ? low : `${low} to ${high}`;
}

/** Names that a sentence can bear. */
const MOST_NAMES = 8;

/** "a, b and c"; of many the first. */
function listed(all: readonly string[]): string {
  const names =
    all.length > MOST_NAMES ? [...all.slice(0, MOST_NAMES - 1), `${all.length - MOST_NAMES + 1} more`] : all;
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** What chance would give, and how wide intervals are: a line below a table. */
export function chanceWords(table: AgreementTable, measure: AgreementMeasure): string {
  const scores = table.pairs.flatMap((pair) => pair[measure] ?? []);
  const missing = scores.length < table.pairs.length ? "n/a: both have too many dimensions for it. " : "";
  if (scores.length === 0) return missing.trim();
  const chance = `${missing}Chance ${range(scores.map((score) => score.null.toFixed(3)))}.`;
  const sampled = scores.filter(({ exact }) => !exact);
  if (sampled.length === 0) return chance;
  const widest = Math.max(...sampled.map(({ interval: [low, high] }) => (high - low) / 2));
  return `${chance} 95 % intervals reach ${widest.toFixed(3)} to either side at most (${count(sampled[0]!.sampled?.m ?? sampled[0]!.n)} rows drawn).`;
}
