import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { codeOf, temporaryIn } from "./node-folder-lock.ts";

/** Writes a file that is either whole or as it was, also where the power fails. @throws bad-option where it cannot be written */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = temporaryIn(dirname(path));
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw writeFailed(path, error);
  }
}

/** Makes the new name last. Not every system lets folders be opened. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, "r").catch(() => null);
  try {
    await opened?.sync().catch(() => {});
  } finally {
    await opened?.close();
  }
}

/** What the file system says, in words. */
export function writeFailed(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof IsometerError || code === "") return error;
  const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes(code);
  return new IsometerError(
    "bad-option",
    `${shown(path)} cannot be written: ${isFull ? `there is no room left (${code})` : code}`,
    {
      got: path,
      hint: isFull
        ? "Nothing that was kept is lost. Free some space and run the command again."
        : "Check that the folder is there and may be written to, or name another.",
      cause: error,
    },
  );
}
