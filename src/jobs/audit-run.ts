import { IsometerError, type Warning, type Watch } from "../base/index.ts";
import type { Audit, WitnessPair } from "../measure/result.ts";
import type { AuditOptions, AuditResult, NamedPair, RowNames } from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_OPTIONS, type AuditValues } from "./audit-options.ts";
import { type Baseline, pcaBaseline } from "./baseline.ts";
import type { JobContext } from "./define.ts";
import { checkLimits, parseLimits } from "./gates.ts";
import { nextCommands } from "./next.ts";
import { type AuditInputs, type PairRead, readInputs } from "./read-inputs.ts";
import { deepFreeze, defined, secondsSince } from "./result.ts";
import { AUDIT_STAGES, BASELINE_STAGES, overall } from "./stages.ts";

/** Reads two inputs, measures one against the other and says how each gate ended. */
export async function auditFiles(
  ctx: JobContext,
  inputs: AuditInputs,
  options: AuditValues,
): Promise<AuditResult> {
  const started = ctx.clock();
  if (options.exact && options.sample !== undefined) {
    throw new IsometerError("bad-option", "--sample and --exact exclude each other", {
      hint: "--exact uses every row; --sample N draws N anchors.",
    });
  }
  const limits = parseLimits(options.failUnder, options.failOver);
  const stages = options.baseline === "none" ? AUDIT_STAGES : BASELINE_STAGES;
  const watch = overall(ctx.watch, stages);
  const read = await readInputs(watch, inputs, options);
  const measured = await measure(watch, read, options);
  const warnings = [...read.warnings, ...engineWarnings(measured), ...measured.warnings];
  return deepFreeze({
    schema: "isometer/audit/1",
    job: "audit",
    isometer: ctx.version,
    engine: measured.engine,
    inputs: read.records,
    rows: measured.rows,
    options: resolved(measured, options),
    labels: read.labels && { from: options.labels!, classes: new Set(read.labels).size },
    classes: measured.classes,
    scores: measured.scores,
    witnesses: nameRows(measured.witnesses, read),
    warnings,
    gates: checkLimits(limits, measured.scores),
    next: nextCommands({
      audit: { ...measured, warnings },
      job: { name: "audit", options: AUDIT_OPTIONS },
      inputs: [inputs.original, inputs.latent],
      options: { ...options },
      gated: limits.length > 0,
      care: read.care,
    }),
    seconds: secondsSince(ctx.clock, started),
  });
}

async function measure(watch: Watch, read: PairRead, options: AuditValues): Promise<Audit> {
  watch.onProgress?.({ stage: "preparing", done: 0, total: 1 });
  const { audit } = await import("../measure/index.ts");
  const { metric, latentMetric, nNeighbors, sample, exact, seed, threads, provider } = options;
  try {
    const { baseline, warnings } = await baselineOf(watch, read, options);
    const measured = await audit(read.original, read.latent, {
      ...defined({ metric, latentMetric, nNeighbors, sample, exact, seed, threads, provider }),
      ...(baseline && { baseline }),
      ...watch,
      names: read.names,
      labels: read.labels,
      duplicates: read.duplicates,
    });
    return { ...measured, warnings: [...warnings, ...measured.warnings] };
  } catch (error) {
    throw asFlag(error, AUDIT_OPTIONS);
  }
}

/** What the scores are compared with. Too few rows, or numbers that are none, are left for the audit to refuse. */
async function baselineOf(
  watch: Watch,
  { original, latent }: PairRead,
  options: AuditValues,
): Promise<Baseline> {
  if (options.baseline === "none" || original.rows < 3) return { baseline: null, warnings: [] };
  const { metric, seed, threads, provider } = options;
  const { findEngine } = await import("../engine/index.ts");
  const engine = await findEngine(defined({ threads, provider }));
  return pcaBaseline(original, latent, { metric, seed, engine, watch });
}

/** The slower engine is never used without a word. */
function engineWarnings({ engine, warnings }: Audit): Warning[] {
  if (engine.name !== "onnxruntime-web" || warnings.some(({ code }) => code === "engine-fallback")) return [];
  const message =
    "computed by onnxruntime-web (WebAssembly), several times slower than onnxruntime-node; where that is missing: " +
    "npm install --ignore-scripts onnxruntime-node";
  return [{ code: "engine-fallback", message }];
}

function resolved({ options: measured }: Audit, options: AuditValues): AuditOptions {
  return {
    ...measured,
    rows: options.rows ?? null,
    id: options.id ?? null,
    vector: options.vector ?? null,
    latentVector: options.latentVector ?? null,
    labels: options.labels ?? null,
    imageSize: options.imageSize ?? null,
    imageMode: options.imageMode,
  };
}

/** The worst rows with their ids and labels beside their numbers. */
function nameRows(witnesses: Audit["witnesses"], read: PairRead): AuditResult["witnesses"] {
  const namesOf = (row: number): RowNames => defined({ id: read.ids?.[row], label: read.labels?.[row] });
  const isNamed = read.ids !== null || read.labels !== null;
  const named = (pair: WitnessPair): NamedPair =>
    isNamed ? { ...pair, aNames: namesOf(pair.a), bNames: namesOf(pair.b) } : pair;
  return {
    stretched: witnesses.stretched.map(named),
    shrunk: witnesses.shrunk.map(named),
    points: witnesses.points.map((point) => ({ ...point, ...namesOf(point.row) })),
  };
}
