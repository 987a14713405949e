import type { Progress } from "../../base/index.ts";
import type { Host } from "./host.ts";

/** A progress display: a listener for a job, and a way to clear it. */
export interface ProgressBar {
  readonly onProgress?: (progress: Progress) => void;
  readonly stop: () => void;
}

const SILENT: ProgressBar = { stop: () => undefined };

/** A bar with percentage and time left on stderr when that is a terminal; else nothing. */
export async function progressBar({ stderr, env }: Host): Promise<ProgressBar> {
  if (stderr.isTTY !== true || env.TERM === "dumb") return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar({
    format: "  {stage} {bar} {percentage} %  {eta_formatted} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 8,
    etaBuffer: 50,
    stream: process.stderr,
  });
  let stage: string | undefined;
  return {
    onProgress(progress) {
      if (progress.stage !== stage) {
        if (stage !== undefined) bar.stop();
        stage = progress.stage;
        bar.start(progress.total, progress.done, { stage: stage.padEnd(20) });
      } else {
        bar.update(progress.done);
      }
    },
    stop() {
      if (stage !== undefined) bar.stop();
    },
  };
}
