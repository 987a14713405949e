import { cp, lstat, mkdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { z } from "zod";
import { deepFreeze, IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { clearTemporary, lockFolder, temporaryIn } from "./node-folder-lock.ts";
import {
  CONTENT_KINDS,
  type ContentKind,
  checkManifest,
  fieldError,
  MANIFEST,
  type ProjectManifest,
  parseJson,
  RESULTS,
  readManifest,
  readSmall,
} from "./node-project-manifest.ts";
import { fingerprintOfFiles } from "./node-project-paths.ts";
import { writeFailed, writeWhole } from "./node-write-whole.ts";

/** A project as it was when it was read. */
export interface Project {
  /** Its folder, as given. */
  readonly path: string;
  readonly manifest: ProjectManifest;
}

/** A result that a project keeps, and of what it is. */
export interface KeptResult {
  readonly schema: "isometer/kept/1";
  readonly name: string;
  readonly job: string;
  /** Version that made it. */
  readonly isometer: string;
  /** What it is of: it is stale as soon as one of them has another fingerprint. */
  readonly inputs: readonly KeptInput[];
  /** What else it depends on: another value makes it stale. */
  readonly settings: Readonly<Record<string, string | number | null>>;
  /** The result of the job, as its own schema has it. */
  readonly result: unknown;
}

export interface KeptInput {
  readonly kind: ContentKind;
  readonly name: string;
  readonly version: number;
  readonly fingerprint: string;
}

/** What may be done by the one who writes to a project. Every call is one step: whoever is killed leaves it done, or not begun. */
export interface ProjectWriter {
  readonly path: string;
  /** The manifest as it is now, with what a person has edited since. */
  read(): Promise<ProjectManifest>;
  /** Writes it anew. What `change` returns is checked first. */
  edit(change: (manifest: ProjectManifest) => ProjectManifest): Promise<ProjectManifest>;
  /** Writes a result, then names it in the manifest. */
  keep(result: KeptResult): Promise<void>;
  /** Copies a file or a folder into the project, to a path that `copyPath` made. @throws file-exists where something else is there */
  copy(from: string, to: string): Promise<void>;
}

/** No result is larger. */
const MOST_RESULT_BYTES = 2 ** 27;

const keptSchema = z.strictObject({
  schema: z.literal("isometer/kept/1"),
  name: z.string(),
  job: z.string(),
  isometer: z.string(),
  inputs: z.array(
    z.strictObject({
      kind: z.enum(CONTENT_KINDS),
      name: z.string(),
      version: z.int().min(1),
      fingerprint: z.string(),
    }),
  ),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  result: z.unknown(),
});

/** What a project is called that was given no name: its folder. */
export function projectName(path: string): string {
  return basename(resolve(path)) || "project";
}

/** Opens a project to read it: never locked, and whole also while it is written to. @throws what `readManifest` throws */
export async function openProject(path: string): Promise<Project> {
  return deepFreeze({ path, manifest: await readManifest(path) });
}

/**
 * Opens a project to write to it, alone, and closes it whatever happens.
 *
 * @param fresh the manifest to start from where there is none; without it there must be one
 * @throws store-locked while another process writes; missing-file, bad-value ... of the manifest; bad-option where nothing can be written
 */
export async function writeProject<T>(
  path: string,
  work: (writer: ProjectWriter) => Promise<T>,
  fresh?: ProjectManifest,
): Promise<T> {
  if (fresh === undefined) await readManifest(path);
  const made = fresh && (await makeFolder(path));
  let isDone = false;
  try {
    const lock = await lockFolder(path, "isometer.lock").catch((error) => {
      throw writeFailed(path, error);
    });
    try {
      const done = await work(writerOf(path, () => lock.check(), fresh));
      isDone = true;
      return done;
    } finally {
      await lock.release();
    }
  } finally {
    // A folder that was made for nothing; one that is not empty stays.
    if (made && !isDone) await rmdir(path).catch(() => {});
  }
}

/** @returns whether it was not there */
async function makeFolder(path: string): Promise<boolean> {
  try {
    return (await mkdir(path, { recursive: true })) !== undefined;
  } catch (error) {
    throw writeFailed(path, error);
  }
}

/** A folder in that of a project, cleared of what killed writers left. @throws not-a-file for a link: it may lead anywhere */
async function ownFolder(project: string, name: string): Promise<string> {
  const path = join(project, name);
  await checkOwn(path);
  await makeFolder(path);
  await clearTemporary(path);
  return path;
}

async function checkOwn(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null || found.isDirectory()) return;
  throw new IsometerError("not-a-file", `${shown(path)} is no folder of its own`, {
    got: path,
    hint: "Remove it, or put a folder in its place.",
  });
}

function writerOf(path: string, check: () => Promise<void>, fresh?: ProjectManifest): ProjectWriter {
  const where = join(path, MANIFEST);
  const read = async () => {
    if (fresh !== undefined && !(await isThere(where))) return fresh;
    return readManifest(path);
  };
  const edit: ProjectWriter["edit"] = async (change) => {
    const next = checkManifest(change(await read()), where);
    await check();
    await writeWhole(where, `${JSON.stringify(next, null, 2)}\n`);
    return next;
  };
  return {
    path,
    read,
    edit,
    async keep(result) {
      await ownFolder(path, RESULTS);
      await check();
      await writeWhole(resultPath(path, result.name), `${JSON.stringify(result, null, 2)}\n`);
      const { name, job } = result;
      const { results } = await read();
      if (!results.some((other) => other.name === name && other.job === job)) {
        await edit((manifest) => ({
          ...manifest,
          results: [...manifest.results.filter((other) => other.name !== name), { name, job }],
        }));
      }
    },
    copy: (from, to) => copyInto(path, check, from, to),
  };
}

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Where a copy of a file belongs, as the manifest has it: "latents/pca.npy", "labels/y.csv.gz". */
export function copyPath(from: string, kind: ContentKind, name: string): string {
  const last = extname(from);
  const ending = /^\.gz$/i.test(last) ? `${extname(basename(from, last))}${last}` : last;
  return `${kind}/${name}${ending}`;
}

async function copyInto(folder: string, check: () => Promise<void>, from: string, to: string): Promise<void> {
  const target = join(folder, to);
  const parent = await ownFolder(folder, dirname(to));
  if (await isThere(target)) {
    // Left by a command that was killed before it could name it.
    if ((await fingerprintOfFiles([target])) === (await fingerprintOfFiles([from]))) return;
    throw new IsometerError("file-exists", `${shown(target)} is there already, and holds something else`, {
      got: target,
      hint: "Choose another name, as in NAME=FILE.",
    });
  }
  const temporary = temporaryIn(parent);
  try {
    await cp(from, temporary, { recursive: true, dereference: true, errorOnExist: true, force: false });
    await check();
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true, recursive: true });
    throw writeFailed(target, error);
  }
}

const resultPath = (folder: string, name: string) => join(folder, RESULTS, `${name}.json`);

/**
 * A result that the manifest names; null where its file is gone.
 *
 * @throws not-a-file, too-large, bad-format, bad-value with the name of the field
 */
export async function readKept({ path }: Project, name: string): Promise<KeptResult | null> {
  const where = resultPath(path, name);
  await checkOwn(dirname(where));
  const text = await readSmall(where, MOST_RESULT_BYTES);
  if (text === null) return null;
  const checked = keptSchema.safeParse(parseJson(text, where));
  if (!checked.success) throw fieldError(checked.error, where);
  return deepFreeze(checked.data);
}
