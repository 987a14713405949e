import { deepFreeze, IsometerError, throwIfAborted, type Watch } from "../base/index.ts";
import { type ConformanceResult, conformanceReport, type GateRecord } from "../report/index.ts";
import type { Check, Conformance } from "../stores/index.ts";
import { shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, type JobContext, number, type Values } from "./define.ts";
import { secondsSince } from "./result.ts";
import { overall } from "./stages.ts";

const OPTIONS = {
  store: common.store,
  recallFloor: number({
    group: common.GROUPS.store,
    about: "recall that an index has to reach against an exact search, 0 to 1",
    placeholder: "R",
    min: 0,
    max: 1,
    default: 0.95,
  }),
  seed: { ...common.seed, group: common.GROUPS.store },
};

/** Checks that a store answers as one should. */
export const conformance = defineJob({
  name: "conformance",
  about: "check that a store gives true distances, filters and recall",
  details: [
    "Stores change distances silently, forget filters, show what was removed. The checks run in a place of their own beside the address, a folder, table or collection that is made for them and taken away again; what " +
      "is in the store is neither read nor changed. The same checks run on every store that Isometer knows.",
    "Exit status 3 when a check fails.",
  ],
  inputs: {},
  options: OPTIONS,
  examples: [
    {
      command: "isometer conformance --store lance:index",
      about: "does this store do what it has to, here?",
    },
    {
      command: "isometer conformance --store qdrant://localhost:6333/docs --json checks.json",
      about: "of a server, in continuous integration",
    },
  ],
  run: (ctx, _, options): Promise<ConformanceResult> => run(ctx, options),
  report: conformanceReport,
});

/** Stores that the checks make: one for each metric, one of shifted and one of doubled vectors. */
const STORES = 4;

async function run(ctx: JobContext, options: Values<typeof OPTIONS>): Promise<ConformanceResult> {
  const started = ctx.clock();
  const { store: address, recallFloor, seed } = options;
  if (address === undefined) {
    throw new IsometerError("bad-option", "conformance needs --store: the store to check", {
      hint: "For instance --store lance:index; stores are made beside it for the checks.",
    });
  }
  const { checkStore, showAddress } = await import("../stores/index.ts");
  const { scratchPlace } = await import("../stores/scratch.ts");
  const watch = overall(ctx.watch, [{ stage: "checking", says: "checking", share: 1 }]);
  const place = await scratchPlace(address);
  try {
    const found = await checkStore(watched(place, watch), { recallFloor, seed });
    await place.remove();
    return resultOf(ctx, found, { address: showAddress(address), scratch: place.shown }, options, started);
  } catch (error) {
    // What went wrong first is told, not what cleaning up after it met.
    await place.remove().catch(() => {});
    throw error;
  }
}

function resultOf(
  ctx: JobContext,
  { kind, checks, passed }: Conformance,
  store: Omit<ConformanceResult["store"], "kind">,
  { recallFloor, seed }: Values<typeof OPTIONS>,
  started: number,
): ConformanceResult {
  return deepFreeze({
    schema: "isometer/conformance/1" as const,
    job: "conformance" as const,
    isometer: ctx.version,
    store: { kind, ...store },
    options: { recallFloor, seed },
    passed,
    checks,
    warnings: [],
    gates: [gateOf(checks)],
    next: [
      {
        command: `isometer audit --store ${shellQuote(store.address)}`,
        why: "recall and latency of the search in the store itself",
      },
    ],
    seconds: secondsSince(ctx.clock, started),
  });
}

/** The same place, which tells how far the checks are and stops them where asked. */
function watched<P extends { create(...args: never[]): unknown }>(place: P, watch: Watch): P {
  let made = 0;
  const create = (...args: never[]) => {
    throwIfAborted(watch.signal);
    watch.onProgress?.({ stage: "checking", done: made++, total: STORES });
    return place.create(...args);
  };
  return { ...place, create };
}

/** All checks together. */
function gateOf(checks: readonly Check[]): GateRecord {
  const passed = checks.filter((check) => check.passed).length;
  return {
    score: "checks passed",
    kind: "under",
    limit: checks.length,
    value: passed,
    passed: passed === checks.length,
  };
}
