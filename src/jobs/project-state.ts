import { IsometerError, type Watch } from "../base/index.ts";
import type { KeptResult, Project, ProjectLabels, ProjectLatent, ProjectOriginal } from "../data/index.ts";
import type {
  AuditResult,
  AuditState,
  ContentProblem,
  ContentState,
  KeptScores,
  OtherResult,
} from "../report/index.ts";
import { AUDIT_DEFAULTS, type AuditValues } from "./audit-options.ts";

/** A project, what its files hold now, and what its results are worth. */
export interface ProjectState {
  readonly contents: readonly ContentState[];
  readonly audits: readonly AuditState[];
  readonly results: readonly OtherResult[];
}

/** What the audit of a latent is of. */
export interface AuditPlan {
  readonly result: string;
  readonly latent: ProjectLatent;
  readonly original: ProjectOriginal;
  readonly labels: ProjectLabels | undefined;
  readonly settings: KeptResult["settings"];
}

/** What a message says of an error. @throws what is no error of Isometer, and `aborted` */
export function problemOf(error: unknown): ContentProblem {
  if (!(error instanceof IsometerError) || error.code === "aborted") throw error;
  return { code: error.code, message: error.message, hint: error.hint ?? null };
}

/** The audits that a project asks for: each latent against its original, with the first labels that this has. */
export function plansOf({ manifest }: Project): AuditPlan[] {
  const { nNeighbors, sample = null, seed } = manifest.audit;
  return manifest.latents.map((latent) => {
    const original = manifest.originals.find(({ name }) => name === latent.of)!;
    const labels = manifest.labels.find(({ of }) => of === original.name);
    const settings = {
      ...{ metric: original.metric, latentMetric: latent.metric, nNeighbors, sample, seed },
      ...{ id: original.id ?? latent.id ?? null, vector: original.vector ?? null },
      ...{ latentVector: latent.vector ?? null, column: labels?.column ?? null },
    };
    return { result: `audit-${latent.name}`, latent, original, labels, settings };
  });
}

/** The options of job `audit` that a plan means. @param labels where its labels are */
export function auditValues({ settings }: AuditPlan, labels: string | undefined): AuditValues {
  const { metric, latentMetric, nNeighbors, sample, seed, id, vector, latentVector, column } = settings;
  const given = {
    ...{ metric, latentMetric, nNeighbors, seed, exact: sample === "exact" },
    sample: typeof sample === "number" ? sample : undefined,
    ...{ id: id ?? undefined, vector: vector ?? undefined, latentVector: latentVector ?? undefined },
    labels: labels !== undefined && column !== null ? `${labels}:${column}` : labels,
  };
  return { ...AUDIT_DEFAULTS, ...(given as Partial<AuditValues>) };
}

/** Reads every file of a project for its fingerprint, and every result that its manifest names. */
export async function stateOf(project: Project, watch: Watch): Promise<ProjectState> {
  const contents = await contentsOf(project, watch);
  const plans = plansOf(project);
  const audits: AuditState[] = [];
  for (const plan of plans) audits.push(await auditState(project, plan, contents));
  const results: OtherResult[] = [];
  for (const { name, job } of project.manifest.results) {
    if (plans.some(({ result }) => result === name && job === "audit")) continue;
    results.push(await otherState(project, name, job, contents));
  }
  return { contents, audits, results };
}

async function contentsOf(project: Project, { signal, onProgress }: Watch): Promise<ContentState[]> {
  const { CONTENT_KINDS, fingerprintOfFiles, isOutside, placesOf } = await import("../data/index.ts");
  const { manifest } = project;
  const total = CONTENT_KINDS.reduce((sum, kind) => sum + manifest[kind].length, 0);
  const contents: ContentState[] = [];
  for (const kind of CONTENT_KINDS) {
    for (const entry of manifest[kind]) {
      onProgress?.({ stage: "reading", done: contents.length, total });
      let fingerprint: string | null = null;
      let problem: ContentProblem | null = null;
      try {
        fingerprint = await fingerprintOfFiles(await placesOf(project, entry), signal);
      } catch (error) {
        problem = problemOf(error);
      }
      const same = fingerprint === entry.fingerprint;
      contents.push({
        ...{ kind, name: entry.name, version: entry.version },
        files: [entry.file].flat(),
        outside: isOutside(entry.file),
        state: problem ? "lost" : same ? "as recorded" : "changed",
        ...{ problem, fingerprint },
        shape: "rows" in entry ? { rows: entry.rows, cols: entry.cols, metric: entry.metric } : null,
        of: "of" in entry ? entry.of : null,
        by: "map" in entry ? (entry.map ?? null) : "method" in entry ? entry.method : null,
      });
    }
  }
  return contents;
}

const nounOf = { originals: "original", latents: "latent", labels: "labels", maps: "map" } as const;

/** "latent pca" */
const called = (kind: ContentState["kind"], name: string) => `${nounOf[kind]} ${name}`;

const contentNamed = (contents: readonly ContentState[], kind: ContentState["kind"], name: string) =>
  contents.find((content) => content.kind === kind && content.name === name);

async function auditState(
  project: Project,
  plan: AuditPlan,
  contents: readonly ContentState[],
): Promise<AuditState> {
  const { latent, original, labels, result } = plan;
  const about = { latent: latent.name, original: original.name, result };
  const kept = await readAudit(project, result);
  const found = typeof kept === "string" || kept === null ? null : kept;
  const measured = { isometer: found?.kept.isometer ?? null, scores: found && scoresOf(found.audit) };
  const needed = [
    contentNamed(contents, "originals", original.name)!,
    contentNamed(contents, "latents", latent.name)!,
    ...(labels ? [contentNamed(contents, "labels", labels.name)!] : []),
  ];
  const lost = needed.flatMap(({ problem }) => problem?.message ?? []);
  if (lost.length > 0) return { ...about, state: "lost", why: lost, ...measured };
  if (!found) {
    return {
      ...about,
      state: "none",
      why: typeof kept === "string" ? [kept] : [],
      ...measured,
    };
  }
  const why = [
    ...staleWords(found.kept, contents),
    ...otherInputs(found.kept, needed, contents),
    ...settingWords(found.kept.settings, plan.settings),
  ];
  return { ...about, state: why.length > 0 ? "stale" : "current", why, ...measured };
}

/** What has happened to the inputs of a result since. */
function staleWords({ inputs }: KeptResult, contents: readonly ContentState[]): string[] {
  return inputs.flatMap(({ kind, name, fingerprint }) => {
    const now = contentNamed(contents, kind, name);
    if (now === undefined) return [`${called(kind, name)} is not in the project any more`];
    if (now.problem) return [now.problem.message];
    return now.fingerprint === fingerprint ? [] : [`${called(kind, name)} has changed`];
  });
}

/** Inputs that a result was not of, and such that it is not of any more. */
function otherInputs(
  { inputs }: KeptResult,
  needed: readonly ContentState[],
  contents: readonly ContentState[],
): string[] {
  type Named = Pick<ContentState, "kind" | "name">;
  const missingFrom = (all: readonly Named[], { kind, name }: Named) =>
    !all.some((other) => other.kind === kind && other.name === name);
  return [
    ...needed
      .filter((each) => missingFrom(inputs, each))
      .map((each) => `${called(each.kind, each.name)} came since`),
    ...inputs
      .filter((each) => missingFrom(needed, each) && !missingFrom(contents, each))
      .map((each) => `${called(each.kind, each.name)} is not used any more`),
  ];
}

function settingWords(was: KeptResult["settings"], is: KeptResult["settings"]): string[] {
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  const word = (value: string | number | null | undefined) =>
    (value ?? null) === null ? "none" : String(value);
  const changed = names.filter((name) => word(was[name]) !== word(is[name]));
  return changed.map((name) => `${name} was ${word(was[name])}, is ${word(is[name])}`);
}

/** A kept audit; in words why it cannot be read, null where there is none. */
async function readAudit(
  project: Project,
  name: string,
): Promise<{ readonly kept: KeptResult; readonly audit: AuditResult } | string | null> {
  const isNamed = project.manifest.results.some((entry) => entry.name === name && entry.job === "audit");
  if (!isNamed) return null;
  const { readKept } = await import("../data/index.ts");
  const { auditSchema } = await import("./schema.ts");
  try {
    const kept = await readKept(project, name);
    if (kept === null) return "its result is there no more";
    const audit = auditSchema.safeParse(kept.result);
    if (!audit.success || kept.job !== "audit") return "its result is of another kind";
    return { kept, audit: kept.result as AuditResult };
  } catch (error) {
    return problemOf(error).message;
  }
}

/** The headline of an audit. In JSON, what is no number is null. */
export function scoresOf({ scores }: AuditResult): KeptScores {
  const value = (score: { readonly value: number | null } | undefined) =>
    Number.isFinite(score?.value) ? score!.value : null;
  return { trustworthiness: value(scores.trustworthiness), stretch: value(scores.stretch) };
}

async function otherState(
  project: Project,
  name: string,
  job: string,
  contents: readonly ContentState[],
): Promise<OtherResult> {
  const { readKept } = await import("../data/index.ts");
  try {
    const kept = await readKept(project, name);
    if (kept === null) return { name, job, state: "lost", why: ["its file is there no more"] };
    const why = staleWords(kept, contents);
    return { name, job, state: why.length > 0 ? "stale" : "current", why };
  } catch (error) {
    return { name, job, state: "lost", why: [problemOf(error).message] };
  }
}
