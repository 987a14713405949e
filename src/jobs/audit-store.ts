import { deepFreeze, IsometerError, type Watch } from "../base/index.ts";
import { type NextCommand, type StoreAuditResult, tooFewFor } from "../report/index.ts";
import type { Queries, StoreAudit } from "../spaces/store-audit/index.ts";
import type { Filter, Store } from "../stores/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_OPTIONS, type AuditValues } from "./audit-options.ts";
import { leaveStorePage } from "./audit-store-page.ts";
import { commandLine } from "./command-line.ts";
import { type JobContext, kebab } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkLimits, parseLimits } from "./gates.ts";
import { defined, secondsSince } from "./result.ts";
import { overall } from "./stages.ts";
import { storeFilter } from "./where.ts";

/** The scores that gates may name: recall, and the milliseconds that 95 % of queries stay below. */
const NAMES = ["recall", "p95"] as const;

/** Options that an audit of a store obeys. */
const OBEYED: readonly (keyof AuditValues)[] = [
  ...(["store", "queries", "where", "nNeighbors", "sample", "seed", "vector"] as const),
  ...(["failUnder", "failOver", "threads", "provider"] as const),
];

/** Queries when nothing is said: enough to show a recall of .99, for which it takes 381 that find everything. */
const QUERIES = 400;

/** Measures the search of a store against its own exact search. */
export async function auditStoreAt(
  ctx: JobContext,
  address: string,
  options: AuditValues,
): Promise<StoreAuditResult> {
  const started = ctx.clock();
  const limits = parseLimits(options.failUnder, options.failOver, NAMES, (name) => name === "p95");
  checkOptionsFit(options);
  const { findEngine } = await import("../engine/index.ts");
  const { openStore, showAddress } = await import("../stores/index.ts");
  const { threads, provider } = options;
  const engine = await findEngine(defined({ threads, provider }));
  const store = await openStore(address, { engine, readOnly: true });
  try {
    const measured = await measure(ctx, store, options);
    const { index, nNeighbors, queries, ...found } = measured.audit;
    const shown = showAddress(address);
    const { recall, latency } = found.settings[0]!;
    const { kind, schema, indexKinds } = store;
    const result = deepFreeze({
      schema: "isometer/audit-store/1" as const,
      job: "audit" as const,
      isometer: ctx.version,
      engine,
      store: { kind, address: shown, ...schema, index, indexKinds },
      queries: { from: options.queries ?? null, count: queries },
      ...found,
      options: resolved(options, nNeighbors, measured.sample),
      warnings: engineWarnings(engine),
      gates: checkLimits(limits, { recall, p95: latency.p95 }),
      next: nextCommands(shown, measured.audit, options),
      seconds: secondsSince(ctx.clock, started),
    });
    leaveStorePage(ctx);
    return result;
  } catch (error) {
    throw asFlag(error, AUDIT_OPTIONS);
  } finally {
    await store.close();
  }
}

/** Options that are about a store, where there is none. @throws bad-option */
export function checkNoStoreOptions({ queries, where }: AuditValues): void {
  const given = queries === undefined ? (where.length > 0 ? "where" : undefined) : "queries";
  if (given === undefined) return;
  throw new IsometerError("bad-option", `--${given} is about a store, and none was given`, {
    hint: `Give --store ADDRESS, or leave --${given} out.`,
  });
}

/** What is about files has nothing to say here: an option that is silently ignored misleads. */
function checkOptionsFit(options: AuditValues): void {
  const names = Object.keys(AUDIT_OPTIONS) as (keyof AuditValues)[];
  const given = names.find(
    (name) =>
      !OBEYED.includes(name) && JSON.stringify(options[name]) !== JSON.stringify(AUDIT_OPTIONS[name].default),
  );
  if (given !== undefined) {
    throw new IsometerError(
      "bad-option",
      `--${kebab(given)} is about an original and a latent, not about a store`,
      {
        hint: `Leave --${kebab(given)} out.`,
      },
    );
  }
  if (options.queries === undefined && options.vector !== undefined) {
    throw new IsometerError("bad-option", "--vector is for --queries, and none were given", {
      hint: "Leave --vector out.",
    });
  }
  if (options.queries !== undefined && options.sample !== undefined) {
    throw new IsometerError("bad-option", "--sample and --queries exclude each other", {
      hint: "--sample N draws items of the store as queries; --queries FILE are queries of your own.",
    });
  }
}

async function measure(
  ctx: JobContext,
  store: Store,
  options: AuditValues,
): Promise<{ readonly audit: StoreAudit; readonly sample: number | null }> {
  const { auditStore } = await import("../spaces/store-audit/index.ts");
  const watch = overall(ctx.watch, [
    { stage: "drawing", says: "drawing queries", share: 0.1 },
    { stage: "exact", says: "searching exactly", share: 0.4 },
    { stage: "defaults", says: "searching", share: 0.1 },
    { stage: "settings", says: "trying settings", share: 0.4 },
  ]);
  const filter = await storeFilter(store, options.where);
  const queries = await queriesOf(store, filter, options, watch);
  const audit = await auditStore(store, queries, {
    ...watch,
    ...(filter && { filter }),
    nNeighbors: options.nNeighbors,
    clock: ctx.clock,
    seed: options.seed,
  });
  return { audit, sample: options.queries === undefined ? (options.sample ?? QUERIES) : null };
}

async function queriesOf(
  store: Store,
  filter: Filter | undefined,
  { queries: path, vector, sample = QUERIES, seed }: AuditValues,
  watch: Watch,
): Promise<Queries> {
  if (path === undefined) {
    const { drawQueries } = await import("../spaces/store-audit/index.ts");
    const items = await store.count(filter);
    return drawQueries(store, sample, { ...watch, seed, items, ...(filter && { filter }) });
  }
  const { openSource } = await import("../data/index.ts");
  const { collectRows } = await import("../base/index.ts");
  const source = await openSource(path, defined({ vector }));
  try {
    const vectors = await collectRows(source);
    return { vectors, own: new Array<null>(vectors.rows).fill(null), population: Number.POSITIVE_INFINITY };
  } finally {
    await source.close();
  }
}

function resolved(
  options: AuditValues,
  nNeighbors: number,
  sample: number | null,
): StoreAuditResult["options"] {
  const { queries = null, where, vector = null, seed } = options;
  return { nNeighbors, sample, queries, where, vector, seed };
}

/** More queries where those were too few to tell; else a gate that keeps what was reached. */
function nextCommands(address: string, audit: StoreAudit, options: AuditValues): NextCommand[] {
  const again = (more: Partial<AuditValues>) =>
    commandLine({ name: "audit", options: AUDIT_OPTIONS }, [], { ...options, store: address, ...more });
  if (audit.index === null) return [];
  const { settings, advice } = audit;
  const short = tooFewFor({ settings, advice, queries: { from: null, count: audit.queries } });
  if (short && options.queries === undefined && audit.items > short.queries) {
    return [
      {
        command: again({ sample: short.queries }),
        why: `enough queries to show a recall of ${short.recall}`,
      },
    ];
  }
  if (options.failUnder.length > 0 || options.failOver.length > 0) return [];
  const floor = Math.floor(100 * audit.settings[0]!.recall.interval[0]) / 100;
  return [
    {
      command: again({ failUnder: [`recall=${floor}`] }),
      why: "a gate for continuous integration: exit status 3 below this",
    },
  ];
}
