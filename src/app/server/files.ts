import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file of the folder, or a folder of it that holds nothing but files. */
export interface ServedFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly changed: number;
}

const MOST = 5000;
const DEEPEST = 6;

/**
 * The files of a folder and of those below it, in order of names; hidden ones, links and what is neither file nor folder are left out.
 *
 * @returns `complete` false: there are more than 5,000, or some lie more than six folders deep
 */
export async function listFiles(
  folder: string,
): Promise<{ files: readonly ServedFile[]; complete: boolean }> {
  const files: ServedFile[] = [];
  let complete = true;
  const walk = async (below: string, depth: number): Promise<void> => {
    for (const entry of await entriesOf(join(folder, below))) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (files.length >= MOST) complete = false;
      else if (entry.isDirectory()) {
        if (depth < DEEPEST) await walk(path, depth + 1);
        else complete = false;
      } else if (entry.isFile()) {
        const found = await stat(join(folder, path)).catch(() => null);
        if (found) files.push({ path, bytes: found.size, changed: found.mtimeMs });
      }
    }
  };
  await walk("", 0);
  return { files, complete };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
