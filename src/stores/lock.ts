import { randomUUID } from "node:crypto";
import { link, open, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { IsometerError } from "../base/index.ts";
import { guarded } from "./flat-log.ts";

const LOCK = "lock";
/** How long a write waits for others: half a minute. */
const [MOST_WAITS, WAIT_MS] = [1500, 20];

/** Keeps other writers out until it is released. Taken over from a process that is no more. @throws store-locked, store-failed */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  for (let turn = 0; ; turn++) {
    if (await guarded(folder, () => isTaken(path))) return () => rm(path, { force: true });
    const holder = await readFile(path, "utf8").catch(() => "");
    if (turn > 0 || !isGone(holder)) {
      throw new IsometerError("store-locked", `${folder} is being written to by another process`, {
        got: holder,
        hint: `Wait until it has finished. If no such process runs, remove ${path}.`,
      });
    }
    await rm(path, { force: true });
  }
}

/** Takes a lock that nobody has. A link is there with what it says, or not at all: whoever is killed leaves none that is empty. */
async function isTaken(path: string): Promise<boolean> {
  const own = JSON.stringify({ pid: process.pid, host: hostname() });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, own);
    await link(draft, path).catch((error) =>
      isRefusal(error) ? writeNew(path, own) : Promise.reject(error),
    );
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Some file systems have no links. */
const isRefusal = (error: NodeJS.ErrnoException) => ["EPERM", "ENOTSUP", "ENOSYS"].includes(error.code ?? "");

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  await file.writeFile(text);
  await file.close();
}

/** Is the process that holds a lock known to be no more? */
function isGone(holder: string): boolean {
  try {
    const { pid, host } = JSON.parse(holder) as { pid: number; host: string };
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Does work while nobody else of ours writes to a folder; waits for them first. @throws store-locked, store-failed */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const release = await waitedFor(folder);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function waitedFor(folder: string): Promise<() => Promise<void>> {
  for (let turn = 1; ; turn++) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      const isHeld = error instanceof IsometerError && error.code === "store-locked";
      if (!isHeld || turn === MOST_WAITS) throw error;
      await setTimeout(WAIT_MS);
    }
  }
}
