/** The child's end of the benchmark: see ../harness.mjs. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** Highest resident memory of this process so far, in bytes. */
export function peakBytes() {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

const answer = (value) => process.stdout.write(`${JSON.stringify({ isometerBench: value })}\n`);

/**
 * Does `run` once for every line "run", and `finish` for the last one. Only `run` is timed.
 *
 * @template T
 * @param {{ version: string, run: () => Promise<T> | T, finish: (last: T) => Record<string, number | string> | Promise<Record<string, number | string>> }} contestant
 */
export async function serve({ version, run, finish }) {
  answer({ version, peakBytes: peakBytes() });
  let last;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "run") {
      const start = performance.now();
      last = await run();
      answer({ seconds: (performance.now() - start) / 1000 });
    } else if (line === "finish") {
      const peak = peakBytes();
      answer({ peakBytes: peak, quality: await finish(last) });
      break;
    }
  }
  process.exit(0);
}
