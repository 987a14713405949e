import { deepFreeze, IsometerError } from "../base/index.ts";
import type {
  ContentKind,
  ProjectLabels,
  ProjectLatent,
  ProjectManifest,
  ProjectMap,
  ProjectOriginal,
  ProjectStore,
  ProjectWriter,
} from "../data/index.ts";
import { METRICS } from "../neighbors/metric.ts";
import { type InitEntry, type InitResult, initReport, type NextCommand } from "../report/index.ts";
import { shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { choice, defineJob, flag, type JobContext, kebab, list, text, type Values } from "./define.ts";
import {
  checkRows,
  labelsEntry,
  mapEntry,
  onlyOriginal,
  type Parent,
  spaceEntry,
  storeEntry,
} from "./init-contents.ts";
import { type Asked, type Copy, type Placed, placeAll, readAsked } from "./init-places.ts";
import { defined, secondsSince } from "./result.ts";

const INIT_OPTIONS = {
  original: text({
    group: common.GROUPS.data,
    about: "the data that latents are measured against, by its file or (of what is there already) its name",
    placeholder: "[NAME=]FILE",
  }),
  latent: list({
    group: common.GROUPS.data,
    about: "a space made of the original, the same rows; may be given several times",
    placeholder: "[NAME=]FILE",
  }),
  labels: text({
    group: common.GROUPS.data,
    about: "class of each row of the original: a file with one value per row, or a column of a table",
    placeholder: "[NAME=]FILE[:COLUMN]",
  }),
  map: list({
    group: common.GROUPS.data,
    about: "a map that was saved (ONNX); beside one --latent it is the map that made this",
    placeholder: "[NAME=]FILE",
  }),
  store: list({
    group: common.GROUPS.data,
    about: "address of a store of vectors, without password or key",
    placeholder: "[NAME=]ADDRESS",
  }),
  metric: choice({
    group: common.GROUPS.measure,
    about: common.metric.about,
    placeholder: "NAME",
    choices: METRICS,
    otherwise: "euclidean",
  }),
  latentMetric: choice({
    group: common.GROUPS.measure,
    about: common.latentMetric.about,
    placeholder: "NAME",
    choices: METRICS,
    otherwise: "euclidean",
  }),
  id: common.id,
  vector: common.vector,
  latentVector: {
    ...common.vector,
    about: "the same for --latent, where its name differs",
    otherwise: "as --vector",
  },
  name: text({
    group: common.GROUPS.output,
    about: "what the project is called",
    placeholder: "NAME",
    otherwise: "as its folder",
  }),
  copy: flag({ group: common.GROUPS.output, about: "copy files that lie outside of DIR into it" }),
};

type InitValues = Values<typeof INIT_OPTIONS>;

/** Makes a project of a folder, or adds to one. */
export const init = defineJob({
  name: "init",
  about: "make a folder a project, or add files to one",
  details: [
    "A project is a folder with a file isometer.json, which says what belongs together: originals, latents of them, labels, maps, stores, and the results that refresh keeps. " +
      "A person can read and edit it.",
    "Nothing is copied unless --copy says so: files in DIR are named by their path below it, others by their whole path. Every file has a fingerprint (SHA-256), so that refresh and status know what " +
      "has changed. Files that are there already are left as they are; a name that stands for other content is an error. A file that was moved is given again.",
  ],
  inputs: { dir: { about: "the folder; it is made where it is not there" } },
  options: INIT_OPTIONS,
  examples: [
    {
      command: "isometer init words --original vectors.npy --latent pca.npy --latent umap.npy",
      about: "a project of one original and two latents",
    },
    {
      command: "isometer init words --latent small=codes.npy --map reduce.onnx --copy",
      about: "one more latent under another name, and the map that made it, copied into the folder",
    },
  ],
  async run(ctx, { dir }, options): Promise<InitResult> {
    const started = ctx.clock();
    const { emptyManifest, MANIFEST, projectName, writeProject } = await import("../data/index.ts");
    const fresh = emptyManifest(options.name ?? projectName(dir), ctx.version);
    const done = await writeProject(
      dir,
      async (writer) => {
        const made = !(await ctx.exists(`${dir}/${MANIFEST}`));
        const copies: Copy[] = [];
        const touched = await additions({ ctx, writer, options, manifest: await writer.read(), copies });
        for (const { from, to } of copies) await writer.copy(from, to);
        const isChanged =
          made || options.name !== undefined || touched.some(({ state }) => state !== "unchanged");
        const manifest = isChanged
          ? await writer.edit((now) => merged(now, touched, options.name))
          : await writer.read();
        return { made, touched, manifest };
      },
      fresh,
    );
    return deepFreeze({
      schema: "isometer/init/1" as const,
      job: "init" as const,
      isometer: ctx.version,
      project: { path: dir, name: done.manifest.name },
      made: done.made,
      options: { copy: options.copy },
      entries: await Promise.all(done.touched.map(entryRecord)),
      warnings: [],
      next: nextOf(dir, done.manifest),
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: initReport,
});

/** An entry that a command is about. */
type Touched = { readonly state: InitEntry["state"] } & (
  | { readonly kind: "originals"; readonly entry: ProjectOriginal }
  | { readonly kind: "latents"; readonly entry: ProjectLatent }
  | { readonly kind: "labels"; readonly entry: ProjectLabels }
  | { readonly kind: "maps"; readonly entry: ProjectMap }
  | { readonly kind: "stores"; readonly entry: ProjectStore }
);

interface Task {
  readonly ctx: JobContext;
  readonly writer: ProjectWriter;
  readonly options: InitValues;
  readonly manifest: ProjectManifest;
  /** What is to be copied when all is known to be right. */
  readonly copies: Copy[];
}

async function additions(task: Task): Promise<Touched[]> {
  const { options } = task;
  const original = await givenOriginal(task);
  const maps = await givenMaps(task);
  const latents: Touched[] = [];
  const placed = await placeGiven(task, "latents", options.latent);
  const by = maps.length === 1 && placed.length === 1 ? maps[0]!.entry.name : undefined;
  for (const each of placed) latents.push(await latentTouched(task, each, original, by));
  const labels = options.labels === undefined ? [] : [await givenLabels(task, options.labels, original)];
  const own: Touched[] = original ? [original.touched] : [];
  const touched = [...own, ...maps, ...latents, ...labels, ...(await givenStores(task))];
  checkUsed(options, touched);
  return touched;
}

/** Refuses settings that nothing of the command obeys: one that is silently ignored misleads. @throws bad-option */
function checkUsed(options: InitValues, touched: readonly Touched[]): void {
  const spaces = touched.filter(({ kind }) => kind === "originals" || kind === "latents");
  const latents = touched.filter(({ kind }) => kind === "latents");
  const has = (key: string) => (entry: Touched) => key in entry.entry;
  const isUsed = {
    metric: options.original !== undefined,
    latentMetric: latents.length > 0,
    id: spaces.some(has("id")),
    vector: spaces.some(has("vector")),
    latentVector: latents.some(has("vector")),
  };
  for (const [name, used] of Object.entries(isUsed)) {
    const value = options[name as keyof typeof isUsed];
    if (value === undefined || used) continue;
    throw new IsometerError("bad-option", `--${kebab(name)} ${value} is about no file of this command`, {
      got: value,
      hint: name.endsWith("etric")
        ? `Give the ${name === "metric" ? "original" : "latent"} too, by its file or its name.`
        : `Leave --${kebab(name)} out.`,
    });
  }
}

async function placeGiven(
  { ctx, writer, manifest, copies, options: { copy } }: Task,
  kind: ContentKind,
  given: readonly string[],
): Promise<Placed[]> {
  const asked: Asked[] = [];
  for (const text of given) asked.push(await readAsked(text, ctx.exists, writer, manifest[kind]));
  const placed = await placeAll(writer, manifest, asked, {
    kind,
    copy,
    ...defined({ signal: ctx.watch.signal }),
  });
  for (const each of placed) copies.push(...each.copies);
  return placed;
}

/** The original that was given. */
async function givenOriginal(task: Task): Promise<(Parent & { readonly touched: Touched }) | undefined> {
  const { manifest, options } = task;
  const { original: given, metric, vector, id } = options;
  if (given === undefined) return undefined;
  const [placed] = await placeGiven(task, "originals", [given]);
  const there = manifest.originals.find(({ name }) => name === placed!.name);
  const entry = await spaceEntry(placed!, there, { metric, vector, id });
  return {
    entry,
    path: placed!.path,
    touched: { kind: "originals", entry, state: stateOf(placed!, there, entry) },
  };
}

/** The original that what is given belongs to, or belonged to before. */
async function parentOf(
  { writer, manifest }: Task,
  given: Parent | undefined,
  there: { readonly of: string } | undefined,
): Promise<Parent> {
  if (given) return given;
  const known = there && manifest.originals.find(({ name }) => name === there.of);
  const entry = known ?? onlyOriginal(manifest, writer.path);
  return { entry, path: await pathOf(writer, entry) };
}

async function pathOf(writer: ProjectWriter, entry: ProjectOriginal): Promise<string> {
  const { placesOf } = await import("../data/index.ts");
  return (await placesOf(writer, entry)).join(",");
}

async function latentTouched(
  task: Task,
  placed: Placed,
  given: Parent | undefined,
  map: string | undefined,
): Promise<Touched> {
  const { manifest, options } = task;
  const { latentMetric: metric, latentVector, vector, id } = options;
  const there = manifest.latents.find(({ name }) => name === placed.name);
  const { entry: original } = await parentOf(task, given, there);
  const space = await spaceEntry(placed, there, { metric, vector: latentVector ?? vector, id });
  const made = map ?? there?.map;
  const entry: ProjectLatent = { ...space, of: original.name, ...(made !== undefined && { map: made }) };
  checkRows(entry, original);
  return { kind: "latents", entry, state: stateOf(placed, there, entry) };
}

async function givenMaps(task: Task) {
  const touched: (Touched & { readonly kind: "maps" })[] = [];
  for (const placed of await placeGiven(task, "maps", task.options.map)) {
    const there = task.manifest.maps.find(({ name }) => name === placed.name);
    const entry = await mapEntry(placed);
    touched.push({ kind: "maps", entry, state: stateOf(placed, there, entry) });
  }
  return touched;
}

async function givenLabels(task: Task, given: string, original: Parent | undefined): Promise<Touched> {
  const { ctx, manifest } = task;
  const match = /^(.+):([^:]+)$/s.exec(given);
  const isWhole = match === null || (await ctx.exists(given.replace(/^[^=/\\]+=/, "")));
  const isNamed = manifest.labels.some(({ name }) => name === given) && !(await ctx.exists(given));
  const [placed] = await placeGiven(task, "labels", [isWhole ? given : match[1]!]);
  const there = manifest.labels.find(({ name }) => name === placed!.name);
  const column = isNamed ? there!.column : isWhole ? undefined : match[2]!;
  const entry = await labelsEntry(placed!, column, await parentOf(task, original, there));
  return { kind: "labels", entry, state: stateOf(placed!, there, entry) };
}

async function givenStores({ writer, manifest, options: { store } }: Task): Promise<Touched[]> {
  const touched: Touched[] = [];
  for (const given of store) {
    const entry = await storeEntry(writer, given);
    const there = manifest.stores.find(({ name }) => name === entry.name);
    if (there && there.address !== entry.address) {
      throw new IsometerError("file-exists", `${entry.name} is the name of another store: ${there.address}`, {
        got: entry.name,
        hint: `Name it apart: --store NAME=${entry.address}`,
      });
    }
    touched.push({ kind: "stores", entry, state: there ? "unchanged" : "added" });
  }
  return touched;
}

/** What became of a file that is in its place: other settings make a changed entry. */
function stateOf({ state }: Placed, there: object | undefined, entry: object): InitEntry["state"] {
  const sorted = (value: object) =>
    JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return state === "unchanged" && there && sorted(there) !== sorted(entry) ? "changed" : state;
}

/** A manifest with entries in the places of those of their names, or behind all others. */
function merged(now: ProjectManifest, touched: readonly Touched[], name = now.name): ProjectManifest {
  const next: ProjectManifest = { ...now, name };
  for (const { kind, entry } of touched) {
    const list: readonly { readonly name: string }[] = next[kind];
    const at = list.findIndex((other) => other.name === entry.name);
    Object.assign(next, { [kind]: at < 0 ? [...list, entry] : list.with(at, entry) });
  }
  return next;
}

async function entryRecord({ kind, entry, state }: Touched): Promise<InitEntry> {
  const { isOutside } = await import("../data/index.ts");
  const files = "file" in entry ? [entry.file].flat() : [entry.address];
  return { kind, name: entry.name, files, state, outside: "file" in entry && isOutside(entry.file) };
}

function nextOf(dir: string, { originals, latents }: ProjectManifest): NextCommand[] {
  const project = shellQuote(dir);
  if (originals.length === 0)
    return [
      { command: `isometer init ${project} --original FILE --latent FILE`, why: "what the project is about" },
    ];
  if (latents.length === 0)
    return [
      { command: `isometer init ${project} --latent FILE`, why: "a space that was made of the original" },
    ];
  return [
    { command: `isometer refresh ${project}`, why: "audits what has none yet, and keeps the results" },
    { command: `isometer status ${project}`, why: "what is there, and what of it is up to date" },
  ];
}
