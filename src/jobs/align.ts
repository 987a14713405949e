import type { Aligned } from "../align/index.ts";
import { type AlignMethodName, METHOD_NAMES, methodNamed, USUAL_METHODS } from "../align/method-table.ts";
import { deepFreeze, IsometerError, nearestName, rng, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { Scores } from "../measure/result.ts";
import {
  type AlignMatrixResult,
  type AlignResult,
  type AlignUnpairedResult,
  alignMatrixReport,
  alignReport,
  alignUnpairedReport,
  type NextCommand,
} from "../report/index.ts";
import { runMatrix, writeMatrixPage } from "./align-matrix.ts";
import { ALIGN_OPTIONS, type AlignValues } from "./align-options.ts";
import { runUnpaired } from "./align-unpaired.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkLimits, parseLimits } from "./gates.ts";
import { type InputRead, type InputsRead, readInputs } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { rowNumber } from "./row-numbers.ts";
import { AUDIT_STAGES, overall, type Stage } from "./stages.ts";

/** Whether a map between two spaces would do, or how many spaces agree. */
export const align = defineJob({
  name: "align",
  about: "bring two spaces into one frame: migrate, or re-embed?",
  details: [
    "FROM and TO hold the same items, joined by --id or row by row: old and new embeddings, images and their captions. Widths may differ. Maps from FROM to TO are fitted to anchors, from " +
      "stiff to flexible, and scored on rows that they never saw: does a mapped query find among the vectors of TO what its own vector there finds?",
    "The verdict: migrate where the recall of the stiffest map that is at most a point below the best surely clears --target; unrelated where true pairs serve no better than shuffled ones; else re-embed.",
    "Three spaces or more: how far each two agree (linear CKA, mutual neighbours, Procrustes), and which go together.",
  ],
  inputs: {
    from: { about: "the space that is mapped: any file that audit reads" },
    to: {
      about: "the space that it is mapped to: the same items; more than one: all are compared",
      several: true,
    },
  },
  options: ALIGN_OPTIONS,
  examples: [
    {
      command: "isometer align new.parquet old.parquet --id doc --out new-to-old.onnx",
      about: "can new queries search the old index?",
    },
    {
      command: "isometer align old.npy new.npy --anchors 2000 --target 0.9",
      about: "would 2,000 re-embedded documents be enough?",
    },
    {
      command: "isometer align a.npy b.npy c.npy d.npy --html models.html",
      about: "which of four models agree?",
    },
  ],
  run: (ctx, { from, to }, options): Promise<AlignResult | AlignMatrixResult | AlignUnpairedResult> =>
    to.length > 1
      ? runMatrix(ctx, [from, ...to], options)
      : options.unpaired
        ? runUnpaired(ctx, [from, to[0]!], options)
        : run(ctx, [from, to[0]!], options),
  report: (result, view) => {
    if (result.schema === "isometer/align/1") return alignReport(result, view);
    if (result.schema === "isometer/align-unpaired/1") return alignUnpairedReport(result, view);
    return alignMatrixReport(result, view);
  },
  documents: {
    html: {
      about: "the same with figures as one HTML file that needs no network",
      write: async (result, evidence) => {
        if (result.schema === "isometer/align-matrix/1") return writeMatrixPage(result, evidence);
        if (result.schema === "isometer/align-unpaired/1")
          throw new IsometerError("internal", "a search without pairs has no page");
        const { alignPage } = await import("../report/html/index.ts");
        return alignPage(result, evidence as { readonly date: string } | undefined);
      },
    },
  },
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.05 },
  { stage: "checking", says: "checking rows", share: 0.02 },
  { stage: "clusters", says: "finding regions", share: 0.03 },
  { stage: "aligning", says: "fitting and scoring maps", share: 0.8 },
  { stage: "modality gap", says: "measuring the gap", share: 0.3 },
  ...AUDIT_STAGES.filter(
    ({ stage }) => stage !== "reading" && stage !== "checking" && stage !== "clusters",
  ).map((part) => ({ ...part, share: part.share / 10 })),
];

/** The scores that gates may name. */
const GATED = ["recall", "top1", "mrr", "corpusRecall"] as const;

async function run(
  ctx: JobContext,
  paths: readonly [string, string],
  options: AlignValues,
): Promise<AlignResult> {
  const started = ctx.clock();
  const limits = parseLimits(options.failUnder, [], GATED, () => false);
  const methods = methodsOf(options.with);
  await refuseExisting(ctx, options);
  checkOptions(options);
  const watch = overall(ctx.watch, STAGES);
  const { metric, rows, id, ids, vector } = options;
  const values = { ...AUDIT_DEFAULTS, metric, latentMetric: metric, rows, id, ids, vector };
  let isById = false;
  const read = await readInputs(
    watch,
    { original: paths[0], latent: [paths[1]] },
    values,
    async (sources) => {
      isById = sources.every((source) => source.ids !== undefined);
    },
  );
  try {
    const { aligned, distortion } = await measure(watch, read, options, methods);
    const gap = options.gap ? await gapOf(read, watch, options) : null;
    const { alignment, fitted } = aligned;
    const { regions, worst, warnings, ...facts } = alignment;
    const name = (row: number) => (read.ids ? read.ids[row]! : String(rowNumber(read.numbers, row)));
    const result: AlignResult = {
      schema: "isometer/align/1",
      job: "align",
      isometer: ctx.version,
      inputs: sidesOf(read).map(({ record }, i) => ({ ...record, role: i === 0 ? "from" : "to" })),
      joined: isById ? "id" : "order",
      ...facts,
      options: resolved(options),
      regions: regions.map(({ worst: lost, ...own }) => ({ ...own, worst: lost.map(name) })),
      worst: worst.map(({ row, recall }) => ({ name: name(row), recall })),
      distortion,
      gap,
      map: { inputs: fitted.from.inputs, outputs: fitted.from.outputs, path: options.out ?? null },
      warnings: [
        ...sidesOf(read).flatMap((side) => side.warnings.flat()),
        ...engineWarnings(alignment.engine),
        ...warnings,
      ],
      gates: checkLimits(limits, alignment.heldOut),
      next: nextCommands(alignment, paths, options),
      seconds: 0,
    };
    if (options.out !== undefined) await writeMap(options.out, aligned, result);
    ctx.documents?.evidence.set("html", { date: ctx.documents.date });
    return deepFreeze({ ...result, seconds: secondsSince(ctx.clock, started) });
  } finally {
    await read.close();
  }
}

/** The methods that were asked for; undefined: the usual. @throws bad-option */
function methodsOf(asked: readonly string[]): readonly AlignMethodName[] | undefined {
  const names = asked
    .flatMap((text) => text.split(","))
    .flatMap((name) => (name === "auto" ? USUAL_METHODS : [name]));
  const wrong = names.find((name) => !METHOD_NAMES.includes(name as AlignMethodName));
  if (wrong !== undefined) {
    const near = nearestName(wrong, METHOD_NAMES);
    throw new IsometerError("bad-option", `--with knows no method ${JSON.stringify(wrong)}`, {
      got: wrong,
      hint: near ? `Did you mean ${near}?` : `Methods: ${METHOD_NAMES.join(", ")}.`,
    });
  }
  return names.length > 0 ? (names as AlignMethodName[]) : undefined;
}

/** The files of --gap-maps. */
const gapFiles = (prefix: string) => [`${prefix}-from.onnx`, `${prefix}-to.onnx`] as const;

async function refuseExisting(ctx: JobContext, { out, gapMaps, force }: AlignValues): Promise<void> {
  if (force) return;
  for (const path of [
    ...(out === undefined ? [] : [out]),
    ...(gapMaps === undefined ? [] : gapFiles(gapMaps)),
  ]) {
    if (!(await ctx.exists(path))) continue;
    throw new IsometerError("file-exists", `${path} exists already`, {
      got: path,
      hint: "Choose another name, or overwrite it with --force.",
    });
  }
}

const sidesOf = (read: InputsRead): readonly [InputRead, InputRead] => [read.original, read.latents[0]!];

async function measure(
  watch: Watch,
  read: InputsRead,
  options: AlignValues,
  methods: readonly AlignMethodName[] | undefined,
): Promise<{ readonly aligned: Aligned; readonly distortion: Scores | null }> {
  const { align: alignSpaces } = await import("../align/index.ts");
  const { findEngine } = await import("../engine/index.ts");
  const { metric, nNeighbors, queries, target, seed, threads, provider, search, fixedOrigin, fixedScale } =
    options;
  const engine = await findEngine(defined({ threads, provider }));
  const [from, to] = sidesOf(read);
  try {
    const wantsNetwork = methods?.some((name) => methodNamed(name).isTrained);
    const train = wantsNetwork ? (await import("../learn/train-regression.ts")).trainRegression : undefined;
    const aligned = await alignSpaces(from.points, to.points, {
      ...defined({ threads, provider, methods, train, anchors: await anchorsOf(options.anchors) }),
      ...watch,
      metric,
      nNeighbors,
      queries,
      target,
      seed,
      search,
      fixedOrigin,
      fixedScale,
      regions: await regionsOf(to, engine, watch, options),
    });
    return { aligned, distortion: await distortionOf(aligned, to, watch, options) };
  } catch (error) {
    throw asFlag(error, ALIGN_OPTIONS);
  }
}

/** How many anchors are drawn, or which rows they are. */
async function anchorsOf(spec: string | undefined): Promise<number | Float64Array | undefined> {
  if (spec === undefined) return undefined;
  if (/^\d+$/.test(spec)) return Number(spec);
  const { readRowNumbers } = await import("../data/index.ts");
  return readRowNumbers(spec);
}

async function regionsOf(
  { points, name }: InputRead,
  engine: EngineInfo,
  watch: Watch,
  { metric, seed }: AlignValues,
): Promise<Int32Array> {
  const { findClusters } = await import("../measure/clusters.ts");
  const { makeSpace } = await import("../neighbors/index.ts");
  const space = await makeSpace(points, metric, { engine, name });
  const found = await findClusters(space, rng(seed).split("regions"), { engine, watch, stage: "clusters" });
  return found.rows;
}

/** An audit of rows where maps that never saw them put them, against where they are. */
async function distortionOf(
  { heldOut, fitted }: Aligned,
  to: InputRead,
  watch: Watch,
  options: AlignValues,
): Promise<Scores | null> {
  if (fitted.to) return null;
  const { metric, nNeighbors, seed, threads, provider } = options;
  const { auditAll } = await import("../measure/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const [audit] = await auditAll(
    gatherPoints(to.points, heldOut.rows),
    [{ name: "mapped", latent: heldOut.mapped, metric }],
    {
      ...defined({ threads, provider }),
      ...watch,
      metric,
      nNeighbors: Math.min(nNeighbors, Math.max(1, Math.floor((heldOut.rows.length - 1) / 2) - 1)),
      seed,
    },
  );
  return audit!.scores;
}

function checkOptions({ gap, gapMaps, pairs }: AlignValues): void {
  if (pairs !== undefined) {
    throw new IsometerError("bad-option", "--pairs writes what --unpaired found, and rows are paired here", {
      got: pairs,
      hint: "Add --unpaired, or leave it out.",
    });
  }
  if (gap || gapMaps === undefined) return;
  throw new IsometerError("bad-option", "--gap-maps writes what closes a gap, and none is looked at", {
    got: gapMaps,
    hint: "Add --gap, or leave it out.",
  });
}

/** The gap between two modalities, and its repair written where that was asked for. */
async function gapOf(read: InputsRead, watch: Watch, options: AlignValues): Promise<AlignResult["gap"]> {
  const { modalityGap, saveMap } = await import("../align/index.ts");
  const { heldMatrix } = await import("../engine/index.ts");
  const [from, to] = sidesOf(read).map(({ points }) => heldMatrix(points));
  const { nNeighbors, seed, threads, provider, gapMaps } = options;
  const means = { ...defined({ threads, provider }), ...watch, nNeighbors, seed };
  const { gap, maps } = await modalityGap(from!, to!, means).catch((error: unknown) => {
    throw asFlag(error, ALIGN_OPTIONS);
  });
  if (gapMaps === undefined || maps === null) return { ...gap, maps: null };
  const { writeBytes } = await import("../data/index.ts");
  const paths = gapFiles(gapMaps);
  const metadata = { "isometer.repair": gap.recommended ?? "" };
  await writeBytes(paths[0], saveMap(maps.from, metadata));
  await writeBytes(paths[1], saveMap(maps.to, metadata));
  return { ...gap, maps: paths };
}

function resolved(options: AlignValues): AlignResult["options"] {
  const { metric, nNeighbors, anchors = null, queries, target, seed, ids, fixedOrigin, fixedScale } = options;
  const { rows = null, id = null, vector = null, search } = options;
  return {
    metric,
    nNeighbors,
    with: options.with,
    anchors,
    queries,
    target,
    search,
    fixedOrigin,
    fixedScale,
    seed,
    rows,
    id,
    ids,
    vector,
  };
}

async function writeMap(path: string, { save, alignment }: Aligned, result: AlignResult): Promise<void> {
  const { writeBytes } = await import("../data/index.ts");
  const { recall, corpusRecall, top1, mrr } = alignment.heldOut;
  const held = { recall: recall.value, corpusRecall: corpusRecall?.value, top1: top1.value, mrr: mrr.value };
  const metadata = {
    "isometer.version": result.isometer,
    "isometer.method": alignment.method,
    "isometer.options": JSON.stringify(result.options),
    "isometer.verdict": alignment.verdict,
    "isometer.scores": JSON.stringify(held),
  };
  await writeBytes(path, save(metadata));
}

/** What to type next, at most three commands. */
function nextCommands(
  { verdict, heldOut }: Aligned["alignment"],
  paths: readonly [string, string],
  options: AlignValues,
): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "align", options: ALIGN_OPTIONS }, paths, {
      ...options,
      gapMaps: undefined,
      force: false,
      ...more,
    });
  const next: NextCommand[] = [];
  if (verdict === "unrelated") return next;
  if (options.out === undefined) {
    next.push({ command: again({ out: "align.onnx" }), why: "the map, fitted to all pairs" });
  } else {
    next.push({
      command: `isometer apply ${shellQuote(options.out)} MORE.npy --out mapped.npy`,
      why: "the same map for other rows",
    });
  }
  if (verdict === "re-embed" && options.with.length === 0) {
    next.push({
      command: again({ with: ["auto", "residual"], out: undefined }),
      why: "a small network on top may keep more; takes a minute or more",
    });
  }
  if (options.failUnder.length === 0) {
    const floor = Math.floor(heldOut.recall.interval[0] * 100) / 100;
    next.push({
      command: again({ failUnder: [`recall=${floor}`], out: undefined }),
      why: "a gate for continuous integration: exit status 3 below what was found now",
    });
  }
  return next;
}
