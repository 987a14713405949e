import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep, win32 } from "node:path";
import { IsometerError, throwIfAborted } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { missingFile } from "./node-open.ts";

/** Anything with a folder. */
interface InFolder {
  readonly path: string;
}

/**
 * The true path of a file, or of a folder of files, inside a project. A server reads nothing of a project that this did not return.
 *
 * @param path as the manifest has it: "latents/pca.npy"
 * @throws bad-value for a whole path, for one with "..", and where links lead out of the folder; missing-file; not-a-file for pipes and devices
 */
export async function resolveInside({ path: folder }: InFolder, path: string): Promise<string> {
  const isWhole = isAbsolute(path) || win32.isAbsolute(path);
  if (path === "" || path.includes("\0") || isWhole || path.split(/[\\/]/).includes("..")) {
    throw outside(path, folder);
  }
  const root = await realPath(folder);
  const real = await realPath(join(folder, path));
  if (!isBelow(root, real)) throw outside(path, folder);
  const found = await stat(real);
  if (found.isDirectory()) {
    for (const entry of await readdir(real, { withFileTypes: true })) {
      const isOut = entry.isSymbolicLink() && !isBelow(root, await realPath(join(real, entry.name)));
      if (isOut) throw outside(`${path}/${entry.name}`, folder);
    }
  } else if (!found.isFile()) {
    throw new IsometerError("not-a-file", `${shown(path)} is no file and no folder`, { got: path });
  }
  return real;
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw await missingFile(path);
    throw new IsometerError("bad-value", `${shown(path)} cannot be read: ${code}`, { got: path, cause });
  }
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(path: string, folder: string): IsometerError {
  return new IsometerError("bad-value", `${shown(path)} leads out of ${shown(folder)}`, {
    got: path,
    hint: "Inside of a project, files have a path below its folder, and links stay below it.",
  });
}

/** Whether the manifest names a file that lies elsewhere. */
export function isOutside(file: string | readonly string[]): boolean {
  return [file].flat().some((path) => isAbsolute(path));
}

/**
 * Where the files of an entry are, to be opened by whoever may read all that the user may: whole paths as they are, others inside the project.
 *
 * @throws as `resolveInside`, missing-file
 */
export async function placesOf(
  project: InFolder,
  { file }: { readonly file: string | readonly string[] },
): Promise<readonly string[]> {
  return Promise.all(
    [file].flat().map(async (path) => {
      if (!isAbsolute(path)) {
        await resolveInside(project, path);
        return join(project.path, path);
      }
      await realPath(path);
      return path;
    }),
  );
}

/** A path as a manifest has it: below the folder where it lies there, else whole; of a link that leads out of the folder the place where it leads. */
export async function storedPath({ path: folder }: InFolder, path: string): Promise<string> {
  const whole = resolve(path);
  const trueRoot = await realPath(folder);
  for (const root of [resolve(folder), trueRoot]) {
    if (!isBelow(root, whole)) continue;
    const real = await realpath(whole).catch(() => null);
    if (real !== null && !isBelow(trueRoot, real)) return real;
    return relative(root, whole).split(sep).join("/");
  }
  return whole;
}

/**
 * SHA-256 of what files hold: of one file as `sha256sum` has it, of several that of their sums in order, of a folder that of the names and sums of its files.
 *
 * @throws missing-file, not-a-file, aborted
 */
export async function fingerprintOfFiles(paths: readonly string[], signal?: AbortSignal): Promise<string> {
  const sums: string[] = [];
  for (const path of paths) sums.push(await sumOf(path, signal));
  return `sha256:${sums.length === 1 ? sums[0]! : sumOfText(sums.join("\n"))}`;
}

async function sumOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw await missingFile(path);
  if (found.isFile()) return sumOfFile(path, signal);
  if (!found.isDirectory()) {
    throw new IsometerError("not-a-file", `${shown(path)} is no file and no folder`, { got: path });
  }
  const lines: string[] = [];
  for (const name of (await readdir(path)).sort()) {
    const inside = join(path, name);
    if (name.startsWith(".") || !(await stat(inside).catch(() => null))?.isFile()) continue;
    lines.push(`${await sumOfFile(inside, signal)} ${name}`);
  }
  return sumOfText(lines.join("\n"));
}

const sumOfText = (text: string) => createHash("sha256").update(text).digest("hex");

async function sumOfFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      throwIfAborted(signal);
      hash.update(chunk as Uint8Array);
    }
  } catch (cause) {
    if (cause instanceof IsometerError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new IsometerError("bad-value", `${shown(path)} cannot be read: ${code}`, { got: path, cause });
  }
  return hash.digest("hex");
}
