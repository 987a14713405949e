import { checkInputs } from "../../jobs/arguments.ts";
import { JOBS } from "../../jobs/index.ts";
import { checkOptions } from "../../jobs/validate.ts";
import { documentsOf, jobContext, packageVersion } from "../cli/context.ts";
import { checkTargets, jsonText, writtenFiles } from "../cli/outputs.ts";
import { render } from "../cli/print.ts";
import { failureOf } from "./failure.ts";
import type { Order, RunPositions, Said } from "./messages.ts";

/*
 * The process that runs one job for the server, in the folder that is served: a job that takes all memory, or hangs, takes nobody along.
 */

/** Columns of a report. */
const WIDTH = 100;
/** Between two words about progress, in milliseconds. */
const PACE = 50;

const controller = new AbortController();
const say = (said: Said) => new Promise<void>((sent) => process.send!(said, () => sent()));

const positions = watchedPositions();

process.on("message", (order: Order) => {
  if (order.kind === "stop") controller.abort();
  else if (order.kind === "watch") positions.watch();
  else void run(order);
});
// Without the server there is nobody to tell.
process.on("disconnect", () => process.exit(1));

async function run({ job: name, inputs, options, documents: wanted }: Extract<Order, { kind: "run" }>) {
  try {
    const job = JOBS.find((known) => known.name === name)!;
    const checked = checkOptions(job.options, options);
    const named = checkInputs(job, inputs, checked);
    await checkTargets(writtenFiles(job, checked), inputs);
    const documents = documentsOf(Object.fromEntries(wanted.map((document) => [document, "-"])));
    const watch = { onProgress: paced(), signal: controller.signal };
    const tell = (text: string) => void say({ kind: "note", text });
    const context = jobContext(watch, packageVersion(), documents, tell);
    const { tell: onPositions, isAwaited: wantsPositions } = positions;
    const result = await job.run({ ...context, onPositions, wantsPositions }, named, checked);
    const texts = await Promise.all(
      wanted.map(async (document) => {
        const text = await job.documents![document]!.write(result, documents.evidence.get(document));
        return [document, text] as const;
      }),
    );
    const report = render(job.report(result, { width: WIDTH }), false);
    await positions.sent();
    await say({ kind: "done", json: jsonText(result), report, documents: Object.fromEntries(texts) });
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code === "internal") process.stderr.write(`${(error as Error).stack ?? error}\n`);
    await positions.sent();
    await say({ kind: "failed", error: failure });
  }
  process.exit(0);
}

/** Positions of a fit for whoever watches: the latest, and not before those before it have gone. */
function watchedPositions() {
  let isWatched = false;
  let sending: Promise<void> | null = null;
  let latest: RunPositions | null = null;
  const send = async () => {
    while (latest) {
      const now = latest;
      latest = null;
      await say({ kind: "positions", positions: now });
    }
    sending = null;
  };
  const wake = () => {
    if (isWatched && latest) sending ??= send();
  };
  return {
    watch() {
      isWatched = true;
      wake();
    },
    tell(places: Float32Array, iteration: number, rows: Int32Array | null = null) {
      latest = {
        places: places as Float32Array<ArrayBuffer>,
        iteration,
        rows: rows as Int32Array<ArrayBuffer> | null,
      };
      wake();
    },
    isAwaited: () => isWatched && sending === null,
    sent: async () => sending,
  };
}

/** Progress, but not a word for each of a million steps; ends of stages always. */
function paced() {
  let last = 0;
  return (progress: Parameters<NonNullable<import("../../base/index.ts").Watch["onProgress"]>>[0]) => {
    const now = performance.now();
    if (now - last < PACE && progress.done < progress.total) return;
    last = now;
    void say({ kind: "progress", progress });
  };
}
