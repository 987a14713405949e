import type { Progress } from "../../base/index.ts";
import { duration } from "../../report/numbers.ts";
import type { Host } from "./host.ts";
import { timeLeft } from "./time-left.ts";

/** A progress display: a listener for a job, and a way to clear it. */
export interface ProgressBar {
  readonly onProgress?: (progress: Progress) => void;
  /** Makes room for a line above the bar. */
  readonly clear: () => void;
  readonly stop: () => void;
}

const SILENT: ProgressBar = { clear: () => undefined, stop: () => undefined };

/** To the start of the line, and nothing behind it. */
const CLEAR_LINE = "\r\u001b[K";

/** One bar for the whole job, with percentage and time left, on stderr when that is a terminal; else nothing. Ctrl-C clears it. */
export async function progressBar({ stderr, env, signal }: Host): Promise<ProgressBar> {
  if (stderr.isTTY !== true || env.TERM === "dumb") return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar({
    format: "  {stage} {bar} {percent}  {left}{detail}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 8,
    stream: process.stderr,
  });
  const left = timeLeft();
  let state: "new" | "shown" | "over" = "new";
  const stop = () => {
    if (state === "shown") bar.stop();
    state = "over";
  };
  signal.addEventListener("abort", stop, { once: true });
  return {
    onProgress({ stage, done, total, detail }) {
      if (state === "over" || total <= 0) return;
      const seconds = left(stage, done / total, performance.now() / 1000);
      const words = {
        stage: stage.padEnd(25),
        percent: `${Math.floor((100 * done) / total)} %`.padStart(5),
        left: seconds === undefined ? "" : `about ${duration(Math.max(1, Math.round(seconds)))} left`,
        detail: detail ? `  ${detail}` : "",
      };
      const thousandths = Math.floor((1000 * done) / total);
      if (state === "new") bar.start(1000, thousandths, words);
      else bar.update(thousandths, words);
      state = "shown";
    },
    clear() {
      if (state === "shown") stderr.write(CLEAR_LINE);
    },
    stop() {
      signal.removeEventListener("abort", stop);
      stop();
    },
  };
}
