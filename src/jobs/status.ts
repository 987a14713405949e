import { deepFreeze } from "../base/index.ts";
import { type NextCommand, type StatusResult, statusReport } from "../report/index.ts";
import { shellQuote } from "./command-line.ts";
import { defineJob } from "./define.ts";
import { type ProjectState, stateOf } from "./project-state.ts";
import { secondsSince } from "./result.ts";

/** Says what is in a project. It changes nothing, and is never locked out. */
export const status = defineJob({
  name: "status",
  about: "what is in a project, and which of its results are stale",
  details: [
    "Reads every file of the project once for its fingerprint (SHA-256), whatever its time stamps say. Stale results and lost files do not change the exit status; a folder that is no project does.",
  ],
  inputs: { dir: { about: "a project, made by isometer init" } },
  options: {},
  examples: [{ command: "isometer status words", about: "what is there, and what to do next" }],
  async run(ctx, { dir }): Promise<StatusResult> {
    const started = ctx.clock();
    const { openProject } = await import("../data/index.ts");
    const project = await openProject(dir);
    const { name, isometer, stores } = project.manifest;
    const state = await stateOf(project, ctx.watch);
    return deepFreeze({
      schema: "isometer/status/1" as const,
      job: "status" as const,
      isometer: ctx.version,
      project: { path: dir, name, madeBy: isometer },
      contents: state.contents,
      stores,
      audits: state.audits,
      results: state.results,
      warnings: [],
      next: nextOf(dir, state),
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: statusReport,
});

/** What to do, the first of: find what is lost, measure what is stale, add what is missing; else what to look at. */
function nextOf(dir: string, { contents, audits }: ProjectState): NextCommand[] {
  const project = shellQuote(dir);
  const next: NextCommand[] = [];
  const flags = { originals: "original", latents: "latent", labels: "labels", maps: "map" };
  const lost = contents.find(({ state }) => state === "lost");
  if (lost) {
    next.push({
      command: `isometer init ${project} --${flags[lost.kind]} ${lost.name}=FILE`,
      why: `says where ${lost.name} is now: the same content is taken in its new place`,
    });
  }
  const due = audits.filter(({ state }) => state === "stale" || state === "none").length;
  const changed = contents.filter(({ state }) => state === "changed").length;
  if (due > 0)
    next.push({ command: `isometer refresh ${project}`, why: "audits what is stale or was not measured" });
  else if (changed > 0)
    next.push({ command: `isometer refresh ${project}`, why: "takes what has changed as a new version" });
  if (next.length > 0 || audits.length > 0) return next;
  const isEmpty = !contents.some(({ kind }) => kind === "originals");
  return [
    {
      command: `isometer init ${project} ${isEmpty ? "--original FILE --latent FILE" : "--latent FILE"}`,
      why: isEmpty ? "what the project is about" : "a space that was made of the original",
    },
  ];
}
