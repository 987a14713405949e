import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IsometerError } from "../base/index.ts";

/** A folder to write to. */
export interface Folder {
  readonly path: string;
  /** The path of a file in it. */
  file(name: string): string;
  /** Removes it, where it was a temporary one. */
  close(): Promise<void>;
}

/** The folder at `path`, made where it is not there; without one a temporary folder. @throws bad-option where it cannot be made */
export async function openFolder(path: string | undefined): Promise<Folder> {
  if (path === undefined) {
    const own = await mkdtemp(join(tmpdir(), "isometer-"));
    return folderOf(own, () => rm(own, { recursive: true, force: true }));
  }
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new IsometerError("bad-option", `the folder ${path} cannot be made`, {
      got: path,
      hint: "Name another one.",
      cause,
    });
  }
  return folderOf(path, async () => {});
}

function folderOf(path: string, close: () => Promise<void>): Folder {
  return { path, file: (name) => join(path, name), close };
}
