#!/usr/bin/env node
import { runCommandLine } from "./run.ts";

/** Stopping that takes longer than this many milliseconds says so. */
const PATIENCE = 400;

/** First Ctrl-C asks the job to stop, the second kills. `settled`: the job has had its last word. */
function interruptible(): { signal: AbortSignal; settled(): void } {
  const controller = new AbortController();
  let impatient: NodeJS.Timeout | undefined;
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    const tell = () => process.stderr.write("isometer: stopping; Ctrl-C again kills\n");
    impatient = setTimeout(tell, PATIENCE).unref();
  });
  return { signal: controller.signal, settled: () => clearTimeout(impatient) };
}

/** The reader of a pipe may leave (`| head`): then there is nothing left to say. */
function quietWhenPipeCloses(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}

quietWhenPipeCloses();
const { signal, settled } = interruptible();
process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: () => process.stdin,
  env: process.env,
  signal,
});
settled();
