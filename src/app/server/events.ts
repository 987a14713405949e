import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { hasEnded, type Run, type Runs } from "./runs.ts";

/** Between two signs of life, in milliseconds: proxies close what is silent. */
const HEARTBEAT = 15_000;

/**
 * What becomes of a run, as server-sent events named `run`, the present state first. The stream ends with the run.
 *
 * A slow client misses steps, never the last one: only the newest state waits for it.
 */
export function events(c: Context, runs: Runs, { id }: Run): Response {
  return streamSSE(c, async (stream) => {
    let waiting: Run | undefined;
    let wake = () => {};
    const unfollow = runs.follow(id, (run) => {
      waiting = run;
      wake();
    });
    stream.onAbort(() => wake());
    try {
      for (;;) {
        if (stream.aborted) return;
        if (waiting) {
          const run: Run = waiting;
          waiting = undefined;
          await stream.writeSSE({ event: "run", data: JSON.stringify(run) });
          if (hasEnded(run)) return;
          continue;
        }
        const timer = setTimeout(() => wake(), HEARTBEAT);
        await new Promise<void>((woken) => {
          wake = woken;
        });
        clearTimeout(timer);
        if (!waiting && !stream.aborted) await stream.write(": waiting\n\n");
      }
    } finally {
      unfollow();
    }
  });
}
