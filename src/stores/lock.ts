import { setTimeout } from "node:timers/promises";
import { IsometerError } from "../base/index.ts";
import { lockFolder } from "../data/node-folder-lock.ts";
import { guarded } from "./flat-log.ts";

/** How long a write waits for others: half a minute. */
const [MOST_WAITS, WAIT_MS] = [1500, 20];

/** Keeps other writers out of a store until it is released. Taken over from a process that is no more. @throws store-locked, store-failed */
export async function lockStore(folder: string): Promise<() => Promise<void>> {
  const lock = await guarded(folder, () => lockFolder(folder, "lock"));
  return () => lock.release();
}

/** Does work while nobody else of ours writes to a store; waits for them first. @throws store-locked, store-failed */
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
      return await lockStore(folder);
    } catch (error) {
      const isHeld = error instanceof IsometerError && error.code === "store-locked";
      if (!isHeld || turn === MOST_WAITS) throw error;
      await setTimeout(WAIT_MS);
    }
  }
}
