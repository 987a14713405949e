import type { Unpaired } from "../align/unsupervised.ts";
import { collectRows, deepFreeze, IsometerError, type Matrix } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { AlignUnpairedResult, NextCommand } from "../report/index.ts";
import { ALIGN_OPTIONS, type AlignValues } from "./align-options.ts";
import { asFlag } from "./arguments.ts";
import { shellQuote } from "./command-line.ts";
import type { JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { wantsPage } from "./page.ts";
import { idsOfInputs, withSources } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.05 },
  { stage: "aligning", says: "seeking pairs", share: 0.9 },
];

/** Options that mean nothing where rows are not paired. */
const OF_PAIRS = ["anchors", "gap", "gapMaps", "fixedOrigin", "fixedScale"] as const;

/** Seeks a map between two spaces whose rows nobody paired. */
export async function runUnpaired(
  ctx: JobContext,
  paths: readonly [string, string],
  options: AlignValues,
): Promise<AlignUnpairedResult> {
  const started = ctx.clock();
  checkUnpaired(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const { parseRange } = await import("../data/index.ts");
  const shared = openOptions({ ...options, imageSize: undefined, imageMode: "grey" }, parseRange);
  const ids = idsOfInputs(options.ids, 2);
  const wanted = paths.map((path, i) => ({ path, options: shared, ids: ids[i] }));
  return withSources(wanted, async (sources) => {
    checkObeyed({ ...options, imageSize: undefined }, sources[0]!, sources.slice(1));
    watch.onProgress?.({ stage: "reading", done: 0, total: 1 });
    const [from, to] = [await readFinite(sources[0]!), await readFinite(sources[1]!)];
    const { alignUnpaired } = await import("../align/unsupervised.ts");
    const { sample, seed, threads, provider } = options;
    const means = { ...defined({ sample, threads, provider }), ...watch, seed };
    const found = await alignUnpaired(from, to, means).catch((error: unknown) => {
      throw asFlag(error, ALIGN_OPTIONS);
    });
    const names = await Promise.all(sources.map(namesOf));
    await writeFound(found, options, names);
    const { map, pairs, warnings, seed: _, ...facts } = found;
    return deepFreeze({
      schema: "isometer/align-unpaired/1" as const,
      job: "align" as const,
      isometer: ctx.version,
      ...facts,
      inputs: sources.map((source, i) => inputRecord(i === 0 ? "from" : "to", source)),
      options: { sample: sample ?? null, seed, rows: options.rows ?? null, vector: options.vector ?? null },
      pairs: {
        count: pairs.from.length,
        path: found.found ? (options.pairs ?? null) : null,
        first: someOf(pairs, names),
      },
      map: map && { inputs: map.inputs, outputs: map.outputs, path: options.out ?? null },
      warnings: [
        ...sources.flatMap((source) => source.warnings),
        ...engineWarnings(found.engine),
        ...warnings,
      ],
      next: nextCommands(found, options),
      seconds: secondsSince(ctx.clock, started),
    });
  });
}

function checkUnpaired(ctx: JobContext, options: AlignValues): void {
  const given = OF_PAIRS.find((name) => options[name] !== undefined && options[name] !== false);
  const named =
    given ?? (options.with.length > 0 ? "with" : options.failUnder.length > 0 ? "failUnder" : null);
  if (named !== null) {
    throw new IsometerError(
      "bad-option",
      `--unpaired and ${named} exclude each other: without pairs there is nothing to score`,
      {
        got: named,
        hint: "Leave one of them out.",
      },
    );
  }
  if (wantsPage(ctx)) {
    throw new IsometerError(
      "bad-option",
      "--html shows pairs that are known; a search without them has no page yet",
      {
        hint: "Use --json, and --pairs FILE.",
      },
    );
  }
}

async function readFinite(source: Source): Promise<Matrix> {
  const { checkFinite } = await import("../data/index.ts");
  const rows = await collectRows(source);
  await checkFinite(rows, source.path);
  return rows;
}

/** What a row is called: its id, or its number. */
async function namesOf(source: Source): Promise<(row: number) => string> {
  const ids = await source.ids?.();
  return (row) => ids?.[row] ?? String(row);
}

type Names = readonly ((row: number) => string)[];

const SHOWN = 8;

/** Some pairs, the surest first. */
function someOf({ from, to, confidence }: Unpaired["pairs"], names: Names) {
  return Array.from(from.keys())
    .sort((a, b) => confidence[b]! - confidence[a]! || a - b)
    .slice(0, SHOWN)
    .map((p) => ({ from: names[0]!(from[p]!), to: names[1]!(to[p]!), confidence: confidence[p]! }));
}

async function writeFound({ map, pairs }: Unpaired, { out, pairs: path }: AlignValues, names: Names) {
  if (!map) return;
  const { writeBytes, writeColumns } = await import("../data/index.ts");
  if (out !== undefined) {
    const { saveMap } = await import("../align/index.ts");
    await writeBytes(out, saveMap(map, { "isometer.method": "unpaired" }));
  }
  if (path === undefined) return;
  await writeColumns(path, {
    from: Array.from(pairs.from, names[0]!),
    to: Array.from(pairs.to, names[1]!),
    confidence: pairs.confidence,
  });
}

function nextCommands({ found }: Unpaired, { out }: AlignValues): NextCommand[] {
  if (!found || out === undefined) return [];
  return [
    {
      command: `isometer apply ${shellQuote(out)} MORE.npy --out mapped.npy`,
      why: "the same map for other rows",
    },
  ];
}
