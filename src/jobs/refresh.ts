import { deepFreeze, IsometerError, type Warning } from "../base/index.ts";
import type { KeptResult, Project, ProjectManifest, ProjectWriter } from "../data/index.ts";
import {
  type AuditResult,
  type AuditState,
  type ContentState,
  type NextCommand,
  type Refreshed,
  type RefreshResult,
  refreshReport,
} from "../report/index.ts";
import { auditFiles } from "./audit-compare.ts";
import { shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, flag, type JobContext, type Values } from "./define.ts";
import { type AuditPlan, auditValues, plansOf, problemOf, scoresOf, stateOf } from "./project-state.ts";
import { defined, secondsSince } from "./result.ts";
import { part } from "./stages.ts";

const REFRESH_OPTIONS = {
  again: flag({ group: common.GROUPS.measure, about: "audit everything, also what is up to date" }),
  threads: common.threads,
  provider: common.provider,
};

type RefreshValues = Values<typeof REFRESH_OPTIONS>;

/** Brings the results of a project up to date. */
export const refresh = defineJob({
  name: "refresh",
  about: "audit what is new or stale in a project, keep the results",
  details: [
    "Every latent of the project is audited against its original, with the metrics and the settings (audit) of isometer.json. A result is stale as soon as one of its files, by its fingerprint, or one of its settings is " +
      "another; what is up to date is left as it is. Files that have changed are taken as a new version of their name.",
    "Each result is written whole to results/NAME.json when it is done: a command that is stopped keeps what it has. One command writes to a project at a time.",
  ],
  inputs: { dir: { about: "a project, made by isometer init" } },
  options: REFRESH_OPTIONS,
  examples: [
    { command: "isometer refresh words", about: "audit what was not, and what has changed since" },
    { command: "isometer refresh words --again", about: "audit everything anew" },
  ],
  async run(ctx, { dir }, options): Promise<RefreshResult> {
    const started = ctx.clock();
    const { writeProject } = await import("../data/index.ts");
    const done = await writeProject(dir, (writer) => refreshAll(ctx, writer, options));
    return deepFreeze({
      schema: "isometer/refresh/1" as const,
      job: "refresh" as const,
      isometer: ctx.version,
      project: { path: dir, name: done.manifest.name },
      options: { again: options.again },
      taken: done.taken,
      audits: done.audits,
      warnings: done.warnings,
      next: nextOf(dir, done.audits),
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: refreshReport,
});

async function refreshAll(ctx: JobContext, writer: ProjectWriter, options: RefreshValues) {
  const found: Project = { path: writer.path, manifest: await writer.read() };
  const state = await stateOf(found, ctx.watch);
  const { manifest, contents, taken } = await takeAll(writer, found, state.contents);
  const project: Project = { path: writer.path, manifest };
  const plans = plansOf(project);
  const isDue = ({ state: its }: AuditState) => its !== "current" || options.again;
  const due = state.audits.filter(isDue).length;
  const audits: Refreshed[] = [];
  const failed: { readonly latent: string; readonly error: IsometerError }[] = [];
  const warnings = new Map<string, Warning>();
  let turn = 0;
  for (const [i, plan] of plans.entries()) {
    const { state: its, why, ...about } = state.audits[i]!;
    const { latent, original, result } = about;
    if (!isDue(state.audits[i]!)) {
      audits.push({ latent, original, result, state: "current", why, scores: about.scores });
      continue;
    }
    const watch = part(ctx.watch, latent, turn++, due);
    try {
      checkThere(writer.path, contents, inputsOf(plan));
      const audit = await measure({ ...ctx, watch }, writer, project, plan, contents, options);
      for (const warning of audit.warnings)
        if (warning.code === "engine-fallback") warnings.set(warning.message, warning);
      const reason = its === "current" ? ["--again"] : why;
      audits.push({ latent, original, result, state: "measured", why: reason, scores: scoresOf(audit) });
    } catch (error) {
      const isOfLatent = error instanceof IsometerError && !["aborted", "store-locked"].includes(error.code);
      if (!isOfLatent) throw error;
      failed.push({ latent, error });
    }
  }
  if (failed.length > 0) throw failedError(writer.path, failed, plans.length);
  return { manifest, taken, audits, warnings: [...warnings.values()] };
}

/** Audits that did not come about, once all others are kept. */
function failedError(
  dir: string,
  failed: readonly { readonly latent: string; readonly error: IsometerError }[],
  all: number,
): IsometerError {
  const { latent, error } = failed[0]!;
  const others = failed.slice(1).map((other) => other.latent);
  const also = others.length > 0 ? `; not audited either: ${others.join(", ")}` : "";
  const kept = all - failed.length;
  return new IsometerError(error.code, `${latent} could not be audited: ${asSetting(error.message)}${also}`, {
    ...defined({ got: error.got, needed: error.needed }),
    hint: [
      error.hint && asSetting(error.hint),
      kept > 0 ? `The others are up to date: isometer status ${shellQuote(dir)}.` : undefined,
    ]
      .filter((text) => text !== undefined)
      .join(" "),
    cause: error,
  });
}

/** A complaint about an option of audit as one about the setting that stands for it. */
function asSetting(message: string): string {
  return message
    .replaceAll("--n-neighbors", "audit.nNeighbors in isometer.json")
    .replaceAll("--sample", "audit.sample in isometer.json");
}

/**
 * Takes what files hold now as the next version of their names. Contents that cannot be opened are left as they were, with their problem.
 */
async function takeAll(writer: ProjectWriter, project: Project, contents: readonly ContentState[]) {
  const updates = new Map<string, object>();
  const taken: RefreshResult["taken"][number][] = [];
  const looked: ContentState[] = [];
  for (const content of contents) {
    const { kind, name, fingerprint, version } = content;
    if (content.state !== "changed") {
      looked.push(content);
      continue;
    }
    try {
      const shape = await shapeNow(project, kind, name);
      updates.set(`${kind}/${name}`, { fingerprint, version: version + 1, ...shape });
      taken.push({ kind, name, version: version + 1 });
      looked.push(content);
    } catch (error) {
      looked.push({ ...content, problem: problemOf(error) });
    }
  }
  const updated = <T extends { readonly name: string }>(kind: string, entries: readonly T[]): T[] =>
    entries.map((entry) => ({ ...entry, ...updates.get(`${kind}/${entry.name}`) }));
  const change = (now: ProjectManifest): ProjectManifest => ({
    ...now,
    originals: updated("originals", now.originals),
    latents: updated("latents", now.latents),
    labels: updated("labels", now.labels),
    maps: updated("maps", now.maps),
  });
  const manifest = updates.size > 0 ? await writer.edit(change) : project.manifest;
  return { manifest, contents: looked, taken };
}

/** Rows and columns of a space as its file has them now; of what is no space nothing. @throws what opening throws */
async function shapeNow(project: Project, kind: ContentState["kind"], name: string) {
  const { openSource, placesOf } = await import("../data/index.ts");
  const entry = project.manifest[kind].find((each) => each.name === name)!;
  if (!("rows" in entry)) return {};
  const path = (await placesOf(project, entry)).join(",");
  const { rows, cols, close } = await openSource(path, defined({ vector: entry.vector, id: entry.id }));
  await close();
  return { rows, cols };
}

function inputsOf({ original, latent, labels }: AuditPlan) {
  return [
    { kind: "originals" as const, entry: original },
    { kind: "latents" as const, entry: latent },
    ...(labels ? [{ kind: "labels" as const, entry: labels }] : []),
  ];
}

/** @throws what reading a file threw, with what to do about it */
function checkThere(
  dir: string,
  contents: readonly ContentState[],
  inputs: ReturnType<typeof inputsOf>,
): void {
  for (const { kind, entry } of inputs) {
    const { problem } = contentOf(contents, kind, entry.name);
    if (!problem) continue;
    const isLost = problem.code === "missing-file";
    const flag = { originals: "original", latents: "latent", labels: "labels" }[kind];
    throw new IsometerError(problem.code, problem.message, {
      hint: isLost
        ? `If it was moved, say where it is: isometer init ${shellQuote(dir)} --${flag} ${entry.name}=FILE.`
        : (problem.hint ?? `${shellQuote(dir)}: look into the files of ${entry.name}.`),
    });
  }
}

function contentOf(
  contents: readonly ContentState[],
  kind: ContentState["kind"],
  name: string,
): ContentState {
  return contents.find((content) => content.kind === kind && content.name === name)!;
}

/** Audits a latent as the project asks, and keeps the result. */
async function measure(
  ctx: JobContext,
  writer: ProjectWriter,
  project: Project,
  plan: AuditPlan,
  contents: readonly ContentState[],
  { threads, provider }: RefreshValues,
): Promise<AuditResult> {
  const { fingerprintOfFiles, placesOf } = await import("../data/index.ts");
  const inputs = inputsOf(plan);
  const places = await Promise.all(inputs.map(({ entry }) => placesOf(project, entry)));
  const opened = places.map((paths) => paths.join(","));
  const [first, second, third] = opened;
  const { documents: _, ...plain } = ctx;
  const values = { ...auditValues(plan, third), threads, provider };
  const audit = (await auditFiles(plain, { original: first!, latent: [second!] }, values)) as AuditResult;
  const keptInputs: KeptResult["inputs"][number][] = [];
  for (const [i, { kind, entry }] of inputs.entries()) {
    const { name, version } = entry;
    const { fingerprint } = contentOf(contents, kind, name);
    if ((await fingerprintOfFiles(places[i]!)) !== fingerprint) throw writtenTo(name);
    keptInputs.push({ kind, name, version, fingerprint });
  }
  await writer.keep({
    schema: "isometer/kept/1",
    name: plan.result,
    job: "audit",
    isometer: ctx.version,
    inputs: keptInputs,
    settings: plan.settings,
    result: movable(audit, plan, opened),
  });
  return audit;
}

function writtenTo(name: string): IsometerError {
  return new IsometerError("bad-value", `${name} was written to while it was measured`, {
    got: name,
    hint: "Run the command again when its files are complete.",
  });
}

/**
 * An audit with the paths that the manifest has, in words too: a folder that is moved keeps its results. Commands of the day are left out.
 *
 * @param opened where the inputs were opened, in their order
 */
function movable(audit: AuditResult, plan: AuditPlan, opened: readonly string[]): AuditResult {
  const stored = inputsOf(plan).map(({ entry }) => [entry.file].flat().join(","));
  const column = plan.labels?.column;
  const from = plan.labels ? [stored[2]!, ...(column === undefined ? [] : [column])].join(":") : null;
  const inWords = (text: string) =>
    opened.reduce((words, path, i) => words.replaceAll(path, stored[i]!), text);
  return {
    ...audit,
    inputs: audit.inputs.map((input, i) => ({ ...input, path: stored[i]! })),
    options: { ...audit.options, labels: from },
    labels: audit.labels && { ...audit.labels, from: from! },
    warnings: audit.warnings.map((warning) => ({ ...warning, message: inWords(warning.message) })),
    next: [],
  };
}

function nextOf(dir: string, audits: readonly Refreshed[]): NextCommand[] {
  const project = shellQuote(dir);
  if (audits.length === 0)
    return [{ command: `isometer init ${project} --latent FILE`, why: "there is nothing to audit yet" }];
  return [{ command: `isometer status ${project}`, why: "what is there, and what of it is up to date" }];
}
