import { lstat } from "node:fs/promises";
import { dirname, isAbsolute, join, win32 } from "node:path";
import { IsometerError } from "../../base/index.ts";
import { isOutside, openProject, resolveInside } from "../../data/index.ts";

/**
 * Refuses values that lead out of the folder, whatever they mean: whole paths, "..", addresses of other machines, links that leave it.
 *
 * A value may hold several names and more ("codes.npy,more.npy", "pairs.csv:a,b,c", "lance:index"): every part, and every beginning, is looked at.
 *
 * @throws bad-value
 */
export async function confine(folder: string, values: unknown): Promise<void> {
  for (const text of textsOf(values)) {
    if (text.includes("\0") || text.includes("://")) throw refused(text);
    for (const name of namesIn(text)) {
      if (isAbsolute(name) || win32.isAbsolute(name) || name.split(/[\\/]/).includes(".."))
        throw refused(text);
      await insideAsFarAsThere(folder, name);
    }
  }
}

/** Refuses a project whose manifest names files elsewhere: its jobs would read them. What is no project is for the job to say. @throws bad-value */
export async function confineProject(folder: string, dir: string): Promise<void> {
  const project = await openProject(join(folder, dir)).catch(() => null);
  if (project === null) return;
  const { originals, latents, labels, maps } = project.manifest;
  for (const { file } of [...originals, ...latents, ...labels, ...maps]) {
    if (isOutside(file)) throw refused([file].flat().join(","));
    for (const path of [file].flat()) await insideAsFarAsThere(project.path, path);
  }
}

function* textsOf(values: unknown): Generator<string> {
  if (typeof values === "string") yield values;
  else if (typeof values === "object" && values !== null) {
    for (const value of Object.values(values)) yield* textsOf(value);
  }
}

/** What stands between ends and separators, and what stands before each separator. */
function namesIn(text: string): Set<string> {
  const ends = [...text.matchAll(/[,:=|#]/g)].map(({ index }) => index);
  const names = [text, ...ends.map((end) => text.slice(0, end)), ...text.split(/[,:=|#]/)];
  return new Set(names.map((name) => name.trim()).filter((name) => name !== ""));
}

/** Follows links in what there is of a path: a file that is to be written may lie behind one. */
async function insideAsFarAsThere(folder: string, name: string): Promise<void> {
  for (let path = name; path !== "." && path !== ""; path = dirname(path)) {
    const there = await lstat(join(folder, path)).catch(() => null);
    if (there) return void (await resolveInside({ path: folder }, path));
  }
}

function refused(text: string): IsometerError {
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new IsometerError("bad-value", `${JSON.stringify(short)} leads out of the folder that is served`, {
    got: short,
    hint: "Name files by their path below the folder, such as latents/pca.npy.",
  });
}
