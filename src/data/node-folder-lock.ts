import { createHash, randomUUID } from "node:crypto";
import { link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";

/** What killed writers leave in the folders of projects and stores: no other command writes such names. */
const TEMPORARY = /^(\.isometer-[0-9a-f-]{36}\.tmp|(isometer\.)?lock\.takeover-[0-9a-f]{32})$/;

export const temporaryIn = (folder: string): string => join(folder, `.isometer-${randomUUID()}.tmp`);

/** Who writes. The token tells two writers of one process apart. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/** A folder that nobody else writes to. */
export interface Lock {
  /** @throws store-locked where another writer has taken it over */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Tries to get a lock that is let go again and again, at most. */
const MOST_TURNS = 100;

/**
 * Keeps other writers out of a folder, by a file of this name in it. The lock of a process that is gone is taken over, and what killed writers left in the folder is removed.
 *
 * The file of the lock comes into being whole (a link to one that is written), so that a writer that is killed can always be told from one that lives. A lock that is left over is removed
 * by one alone, or a second writer that is late could remove the one that the first has just made: see `claimRight`.
 *
 * @throws store-locked while another process writes, and what the file system throws
 */
export async function lockFolder(folder: string, name: "isometer.lock" | "lock"): Promise<Lock> {
  const path = join(folder, name);
  const own = JSON.stringify({ pid: process.pid, host: hostname(), token: randomUUID() } satisfies Holder);
  for (let turn = 0; !(await claim(folder, path, own)); turn++) {
    const held = await textOf(path);
    // Let go in between: once more.
    if (held === null && turn < MOST_TURNS) continue;
    if (held === null || !isGone(held) || turn >= MOST_TURNS) throw lockedError(folder, path, held ?? "");
    await removeLeft(folder, path, held, own);
  }
  const lock: Lock = {
    async check() {
      const held = await textOf(path);
      if (held !== own) throw lockedError(folder, path, held ?? "");
    },
    async release() {
      if ((await textOf(path)) === own) await rm(path, { force: true });
    },
  };
  await clearTemporary(folder).catch(async (error) => {
    await lock.release();
    throw error;
  });
  return lock;
}

/** Removes the lock of a process that is gone. @throws store-locked while another does */
async function removeLeft(folder: string, path: string, held: string, own: string): Promise<void> {
  const right = await claimRight(folder, path, held, own);
  if (right === null) return;
  try {
    if ((await textOf(path)) === held) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/**
 * The right to remove what a process that is gone has left: a file named after what that says, which is like nothing that will ever be written again. Where who had the right is gone too, it
 * passes on in the same way. So nobody ever removes, or moves, a file that may be of somebody who lives. Null: let go in between.
 */
async function claimRight(folder: string, path: string, held: string, own: string): Promise<string | null> {
  for (let left = held; ; ) {
    const digest = createHash("sha256").update(left).digest("hex").slice(0, 32);
    const right = `${path}.takeover-${digest}`;
    if (await claim(folder, right, own)) return right;
    const other = await textOf(right);
    if (other === null) return null;
    if (!isGone(other)) throw lockedError(folder, path, other);
    left = other;
  }
}

/** Makes the file of a lock, unless there is one. */
async function claim(folder: string, path: string, own: string): Promise<boolean> {
  const temporary = temporaryIn(folder);
  try {
    await writeFile(temporary, own, { flag: "wx" });
    return await linkOnce(temporary, path, own);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function linkOnce(temporary: string, path: string, own: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    // It is held; or its holder, who begins, took our temporary file for one of a killed writer.
    if (["EEXIST", "ENOENT"].includes(codeOf(error))) return false;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
  }
  try {
    // Some file systems have no links: a lock that is empty for a moment is better than none.
    await writeFile(path, own, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

const textOf = (path: string) => readFile(path, "utf8").catch(() => null);
export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "";

function holderOf(held: string): Partial<Holder> {
  try {
    return (JSON.parse(held) as Partial<Holder> | null) ?? {};
  } catch {
    return {};
  }
}

/** Is the process that holds a lock known to be no more? */
function isGone(held: string): boolean {
  const { pid, host } = holderOf(held);
  if (host !== hostname() || !Number.isSafeInteger(pid) || pid! <= 0) return false;
  try {
    process.kill(pid!, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

function lockedError(folder: string, path: string, held: string): IsometerError {
  const { pid, host } = holderOf(held);
  const who = pid === undefined ? "another process" : `process ${pid} on ${host}`;
  return new IsometerError("store-locked", `${shown(folder)} is being written to by ${shown(who)}`, {
    got: held,
    hint: `Wait until it has finished. If no such process runs, remove ${path}.`,
  });
}

/** Removes what killed writers left. Only for who holds the lock. */
export async function clearTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true, recursive: true });
  }
}
