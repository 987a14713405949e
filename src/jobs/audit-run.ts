import { IsometerError, type Watch } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { NamedLatent } from "../measure/index.ts";
import type { Audit, ScoreName, WitnessPair } from "../measure/result.ts";
import {
  type AuditOptions,
  type AuditResult,
  bestValue,
  type Compared,
  entrantsOf,
  type NamedPair,
  type PointsRecord,
  type RowNames,
} from "../report/index.ts";
import { type Achievable, smacofMap } from "./achievable.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_OPTIONS, type AuditValues } from "./audit-options.ts";
import { type Baseline, NO_BASELINE, pcaBaseline } from "./baseline.ts";
import type { JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { estimateText } from "./estimate.ts";
import { checkLimits, type Limit, parseLimits } from "./gates.ts";
import { distinctNames } from "./latent-names.ts";
import { nextCommands } from "./next.ts";
import { checkPageOptions, leavePage, wantsPage } from "./page.ts";
import { checkPoints, pointsWarnings, writePoints } from "./points.ts";
import { type AuditInputs, type InputsRead, idsOfPair, readInputs } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { auditStages, overall } from "./stages.ts";

/** An audit of each latent, by the same anchors; of several, under the shortest names that tell them apart. */
export async function auditEach(
  ctx: JobContext,
  inputs: AuditInputs,
  options: AuditValues,
  names?: readonly string[],
): Promise<Compared[]> {
  const started = ctx.clock();
  if (options.exact && options.sample !== undefined) {
    throw new IsometerError("bad-option", "--sample and --exact exclude each other", {
      hint: "--exact uses every row; --sample N draws N anchors.",
    });
  }
  checkPageOptions(ctx, options);
  const limits = parseLimits(options.failUnder, options.failOver);
  // A latent that is given twice is told before a long read.
  distinctNames(inputs.latent);
  await checkPoints(ctx, options, inputs.latent.length);
  const watch = overall(ctx.watch, auditStages(options));
  const read = await readInputs(watch, inputs, options, (sources) => tellEstimate(ctx, sources, options));
  try {
    const measured = await measure(watch, read, options, wantsPage(ctx));
    const seconds = secondsSince(ctx.clock, started);
    const points = measured[0]!.points
      ? await writePoints(options.points!, measured[0]!.points, read, watch)
      : null;
    const results = measured.map((audit, i) =>
      resultOf({ ctx, audit, read, points, latent: i, inputs, options, limits, seconds }),
    );
    const baselines = new Set(measured.flatMap(({ options: { baseline } }) => baseline ?? []));
    const known = names ?? distinctNames(inputs.latent, [...baselines]);
    const compared = withBest(results.map((audit, i) => ({ name: known[i]!, audit })));
    if (wantsPage(ctx)) {
      for (const [i, { name, audit }] of compared.entries())
        await leavePage(ctx, audit, measured[i]!, read, name);
    }
    return compared;
  } finally {
    await read.close();
  }
}

/** Says what long work will take. */
async function tellEstimate(
  { tell }: JobContext,
  [original, ...latents]: readonly Source[],
  options: AuditValues,
): Promise<void> {
  if (!tell) return;
  const { findEngine } = await import("../engine/index.ts");
  const { defaultAnchors, EXACT_ROWS } = await import("../measure/index.ts");
  const { threads, provider, sample, exact } = options;
  const engine = await findEngine(defined({ threads, provider }));
  const { rows, cols } = original!;
  const usual = exact || rows <= EXACT_ROWS ? rows : defaultAnchors(rows);
  const sizes = {
    rows,
    original: cols,
    latents: latents.map((latent) => latent.cols),
    anchors: sample ?? usual,
    threads: engine.threads,
  };
  const text = estimateText(sizes, options);
  if (text) tell(text);
}

interface Part {
  readonly ctx: JobContext;
  readonly audit: Audit;
  readonly read: InputsRead;
  readonly points: PointsRecord | null;
  /** Which of the latents. */
  readonly latent: number;
  readonly inputs: AuditInputs;
  readonly options: AuditValues;
  readonly limits: readonly Limit[];
  readonly seconds: number;
}

/** What is about a page or a table that is written once: not for another command. */
const NOT_AGAIN = { text: undefined, imageShape: undefined, points: undefined, force: false };

function resultOf({ ctx, audit, read, points, latent, inputs, options, limits, seconds }: Part): AuditResult {
  const { original, latents, labels } = read;
  const own = latents[latent]!;
  // Of both files, then of joining them, then of their rows.
  const ofInputs = original.warnings.flatMap((part, i) => [...part, ...own.warnings[i]!]);
  const warnings = [
    ...ofInputs,
    ...engineWarnings(audit.engine),
    ...audit.warnings,
    ...pointsWarnings(audit, options.points),
  ];
  return {
    schema: "isometer/audit/1",
    job: "audit",
    isometer: ctx.version,
    engine: audit.engine,
    inputs: [original.record, own.record],
    rows: audit.rows,
    options: resolved(audit, options),
    labels: labels && { from: options.labels!, classes: new Set(labels).size },
    classes: audit.classes,
    scores: audit.scores,
    shape: audit.shape,
    holdout: audit.holdout ? { from: options.holdout!, ...audit.holdout } : null,
    points,
    witnesses: nameRows(audit.witnesses, read),
    warnings,
    gates: checkLimits(limits, audit.scores),
    next: nextCommands({
      audit,
      job: { name: "audit", options: AUDIT_OPTIONS },
      inputs: [inputs.original, inputs.latent[latent]!],
      options: { ...options, ids: idsOfPair(options.ids, latent), ...NOT_AGAIN },
      gated: limits.length > 0,
      care: original.care ?? own.care,
    }),
    seconds,
  };
}

/** Every score with the best of its kind; with null where there is but one latent. */
function withBest(compared: readonly Compared[]): Compared[] {
  const entrants = entrantsOf(compared);
  return compared.map(({ name, audit }) => {
    const scores = Object.fromEntries(
      Object.entries(audit.scores).map(([key, score]) => {
        const best = compared.length === 1 ? null : bestValue(key as ScoreName, entrants);
        return [key, { ...score, best }];
      }),
    );
    return { name, audit: { ...audit, scores } };
  });
}

async function measure(
  watch: Watch,
  read: InputsRead,
  options: AuditValues,
  picture: boolean,
): Promise<readonly Audit[]> {
  watch.onProgress?.({ stage: "preparing", done: 0, total: 1 });
  const { auditAll } = await import("../measure/index.ts");
  const { metric, latentMetric, nNeighbors, graphNeighbors, sample, exact, seed, threads, provider } =
    options;
  const { original, latents, labels } = read;
  try {
    const references = await referencesOf(watch, read, options);
    const named = latents.map(({ name, points, duplicates }): NamedLatent => {
      const { baseline, achievable } = references.get(points.cols)!;
      return {
        name,
        latent: points,
        metric: latentMetric,
        duplicates,
        ...(baseline && { baseline }),
        ...(achievable && { achievable }),
      };
    });
    const covariance = [...references.values()].find((each) => each.covariance)?.covariance;
    const audits = await auditAll(original.points, named, {
      ...defined({ metric, nNeighbors, graphNeighbors, sample, exact, seed, threads, provider }),
      ...watch,
      original: { name: original.name, duplicates: original.duplicates, covariance: covariance ?? null },
      labels,
      picture,
      holdout: read.holdout,
      points: options.points !== undefined,
    });
    return audits.map((audit, i) => {
      const { warnings } = references.get(latents[i]!.points.cols)!;
      return { ...audit, warnings: [...warnings, ...audit.warnings] };
    });
  } catch (error) {
    throw asFlag(error, AUDIT_OPTIONS);
  }
}

type References = Baseline & Achievable;

/** What scores are compared with, by the latent's dimension. Too few rows, or numbers that are none, are left for the audit to refuse. */
async function referencesOf(
  watch: Watch,
  { original, latents }: InputsRead,
  options: AuditValues,
): Promise<Map<number, References>> {
  const { metric, seed, threads, provider } = options;
  const { findEngine } = await import("../engine/index.ts");
  const engine = await findEngine(defined({ threads, provider }));
  const how = { metric, seed, engine, watch };
  const enough = original.points.rows >= 3;
  const found = new Map<number, References>();
  for (const { points } of latents) {
    if (found.has(points.cols)) continue;
    // Side by side: SMACOF takes one thread.
    const [{ baseline, covariance, warnings }, fitted] = await Promise.all([
      options.baseline === "pca" && enough ? pcaBaseline(original.points, points, how) : NO_BASELINE,
      options.achievable === "smacof" && enough
        ? smacofMap(original.points, points, how)
        : { achievable: null, warnings: [] },
    ]);
    const { achievable } = fitted;
    found.set(points.cols, { baseline, covariance, achievable, warnings: [...warnings, ...fitted.warnings] });
  }
  return found;
}

function resolved({ options: measured }: Audit, options: AuditValues): AuditOptions {
  return {
    ...measured,
    rows: options.rows ?? null,
    id: options.id ?? null,
    ...(options.ids.length > 0 && { ids: options.ids }),
    vector: options.vector ?? null,
    latentVector: options.latentVector ?? null,
    labels: options.labels ?? null,
    holdout: options.holdout ?? null,
    points: options.points ?? null,
    imageSize: options.imageSize ?? null,
    imageMode: options.imageMode,
  };
}

/** The worst rows with their ids and labels beside their numbers. */
function nameRows(witnesses: Audit["witnesses"], read: InputsRead): AuditResult["witnesses"] {
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
