import { count, percent, plural, score, significant } from "./numbers.ts";
import type { StoreAuditResult } from "./store-audit-result.ts";

/** "nprobes 50, refineFactor 2"; what it is called where nothing is set. */
export function settingName(tuning: Readonly<Record<string, number>>): string {
  const parts = Object.entries(tuning).map(([name, value]) => `${name} ${value}`);
  return parts.length > 0 ? parts.join(", ") : "defaults";
}

/** Milliseconds with two digits that count, or all of the whole part. */
export function millisecondsText(value: number): string {
  return `${value >= 100 ? count(Math.round(value)) : significant(value, 2)} ms`;
}

/** What the index keeps of an exact search, in a sentence. */
export function storeAuditHeadline({ store, settings, options, items }: StoreAuditResult): string {
  const { recall } = settings[0]!;
  const k = options.nNeighbors;
  if (store.index === null) {
    return recall.value === 1
      ? `This store has no index: every answer is exact, recall@${k} is 1.`
      : `This store has no index, and yet recall@${k} is ${score(recall.value)}: something is wrong with it.`;
  }
  return `Recall@${k} is ${score(recall.value)} (${rangeText(recall.interval)}): of the ${k} nearest of ${plural(items, "item")}, the index ${store.index.kind} finds ${percent(recall.value)}.`;
}

const rangeText = ([low, high]: readonly [number, number]) => `${score(low)} to ${score(high)}`;

/** What to do about the index, a sentence each. */
export function storeAuditWords(result: StoreAuditResult): string[] {
  const { advice, settings, unknownToExact } = result;
  const { poor, short, excess } = settings[0]!;
  const words: string[] = [];
  if (unknownToExact > 0) {
    words.push(
      `Do not trust these numbers: the search that the store calls exact missed ${plural(unknownToExact, "item")} that are nearer than what it found. isometer conformance tells more.`,
    );
  }
  if (poor.value > 0) {
    words.push(
      `${percent(poor.value)} of queries find less than ${percent(0.9)} of their neighbours; hits are ${percent(excess.value)} farther than they should be, on average over all queries.`,
    );
  }
  if (short.value > 0) words.push(`${percent(short.value)} of queries are given fewer hits than there are.`);
  switch (advice.index) {
    case "none-needed":
    case "would-help":
      return [...words, ...withoutIndex(result)];
    case "rebuild":
      words.push(
        `${percent(advice.outside)} of the items are not in the index, and every query is compared with them one by one: ${result.store.indexKinds.length > 0 ? "build it anew, isometer ingest with --index does" : "the server adds them by itself, so wait, or look at what it says"}.`,
      );
  }
  return [...words, ...targetWords(result)];
}

function withoutIndex({ advice, exact, items, store }: StoreAuditResult): string[] {
  const time = `95 % of queries take less than ${millisecondsText(exact.p95.value)} over ${plural(items, "item")}`;
  if (advice.index === "none-needed") return [`None is needed at this size: ${time}.`];
  const how =
    store.indexKinds.length > 0
      ? `build one, ${store.indexKinds.join(" or ")}: isometer ingest with --index does, and this audit then tells what it loses`
      : "this kind of store has none, LanceDB (lance:DIR) has";
  return [`An index would help: ${time}; ${how}.`];
}

function targetWords(result: StoreAuditResult): string[] {
  const { advice, settings, exact, queries, options } = result;
  const words = advice.targets.flatMap(({ recall, setting }) => {
    if (setting === null) return [];
    const { tuning, latency } = settings[setting]!;
    const name = settingName(tuning);
    return `Recall of ${recall} is had for sure with ${name === "defaults" ? "the defaults" : name}, ${millisecondsText(latency.p50.value)} at the median.`;
  });
  const missed = advice.targets.filter(({ setting }) => setting === null);
  const best = settings.reduce((a, b) => (b.recall.value > a.recall.value ? b : a));
  if (missed.length > 0) {
    words.push(
      `No setting that was tried has a recall of ${missed.map(({ recall }) => recall).join(" or ")} for sure; the best, ${settingName(best.tuning)}, has ${score(best.recall.value)} at ${millisecondsText(best.latency.p50.value)}.`,
    );
  }
  const more = tooFewFor(result);
  if (more) {
    words.push(
      `${plural(queries.count, "query", "queries")} cannot show a recall of ${more.recall}: ${count(more.queries)} can${queries.from === null ? `, --sample ${more.queries}` : ""}.`,
    );
  }
  const needed =
    advice.targets.findLast(({ setting }) => setting !== null)?.setting ?? settings.indexOf(best);
  const { p50 } = settings[needed]!.latency;
  if (exact.p50.value <= p50.value) {
    words.push(
      `An exact search takes ${millisecondsText(exact.p50.value)} at the median, no more than that: at this size the index gains nothing at k = ${options.nNeighbors}.`,
    );
  } else if (missed.length > 0) {
    words.push(`An exact search takes ${millisecondsText(exact.p50.value)} at the median.`);
  }
  return words;
}

/** The first target that some setting reaches, and that so few queries cannot show. */
export function tooFewFor({
  advice,
  settings,
  queries,
}: Pick<StoreAuditResult, "advice" | "settings" | "queries">): {
  readonly recall: number;
  readonly queries: number;
} | null {
  const best = Math.max(...settings.map(({ recall }) => recall.value));
  const found = advice.targets.find(
    ({ recall, setting, queries: needed }) => setting === null && best >= recall && needed > queries.count,
  );
  return found ?? null;
}
