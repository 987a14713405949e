import { throwIfAborted } from "../../base/index.ts";

/** Lets other requests of this thread have their turn. @throws aborted */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((next) => setTimeout(next));
  throwIfAborted(signal);
}
