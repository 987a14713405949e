import { Worker } from "node:worker_threads";
import { IsometerError, throwIfAborted, type Watch } from "../base/index.ts";
import type { EngineInfo } from "./info.ts";
import { kernelUrl } from "./kernel.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** A job for the block workers: tasks over one set-up, run by a kernel. */
export interface BlockJob<Task> extends Watch {
  readonly engine: EngineInfo;
  /** Address of the kernel's built module, from `kernelUrl`. */
  readonly kernel: string;
  /** Plain data for every worker; big arrays on shared memory. */
  readonly setup: unknown;
  readonly tasks: readonly Task[];
  /** Name of the work, for progress. */
  readonly stage: string;
}

/**
 * Runs a job on `engine.threads` block workers, one task at a time each, and gives back every task's
 * result in task order and every worker's final state.
 *
 * Which worker runs which task depends on the clock; results do not, so whatever is merged in
 * task order, or by an operation without rounding, is the same on any number of threads.
 *
 * @throws aborted when the signal fires (after the tasks in flight); engine-failed when a kernel throws
 */
export async function runBlocks<Task, Result, State>(
  job: BlockJob<Task>,
): Promise<{ results: Result[]; states: State[] }> {
  throwIfAborted(job.signal);
  const count = Math.max(1, Math.min(job.engine.threads, job.tasks.length));
  const id = nextJob++;
  const results = new Array<Result>(job.tasks.length);
  const states: State[] = [];
  let next = 0;
  let done = 0;
  let stopped = false;
  const stop = () => stopped || job.signal?.aborted === true;

  const serve = async (worker: BlockWorker) => {
    await worker.ask({ kind: "open", job: id, kernel: job.kernel, setup: job.setup, engine: job.engine });
    while (next < job.tasks.length && !stop()) {
      const index = next++;
      const reply = await worker.ask({ kind: "run", job: id, index, task: job.tasks[index] });
      results[index] = (reply as { result: Result }).result;
      job.onProgress?.({ stage: job.stage, done: ++done, total: job.tasks.length });
    }
    const reply = await worker.ask({ kind: "finish", job: id });
    states.push((reply as { state: State }).state);
  };
  const outcomes = await Promise.allSettled(
    borrowWorkers(count).map((worker) =>
      serve(worker).catch((error: unknown) => {
        stopped = true;
        throw error;
      }),
    ),
  );
  throwIfAborted(job.signal);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return { results, states };
}

/** A worker thread and the questions that it has not answered yet. */
interface BlockWorker {
  ask(message: ToWorker): Promise<FromWorker>;
}

/** Workers live as long as the process (unreferenced while idle): starting one costs as much as a small audit. */
const pool: BlockWorker[] = [];
let nextJob = 0;

function borrowWorkers(count: number): BlockWorker[] {
  while (pool.length < count) pool.push(startWorker());
  return pool.slice(0, count);
}

function startWorker(): BlockWorker {
  const worker = new Worker(new URL(kernelUrl("./worker.js", import.meta.url)));
  const waiting = new Map<string, { resolve(reply: FromWorker): void; reject(error: Error): void }>();
  const settle = (key: string) => {
    const question = waiting.get(key);
    waiting.delete(key);
    if (waiting.size === 0) worker.unref();
    return question;
  };
  worker.unref();
  worker.on("message", (reply: FromWorker) => {
    const question = settle(String(reply.job));
    if (reply.kind !== "failed") return question?.resolve(reply);
    const cause = Object.assign(new Error(reply.message), { stack: reply.stack });
    question?.reject(
      new IsometerError("engine-failed", `a block worker failed: ${reply.message}`, { cause }),
    );
  });
  const die = (error: unknown) => {
    if (pool.includes(self)) pool.splice(pool.indexOf(self), 1);
    for (const key of [...waiting.keys()]) {
      settle(key)?.reject(new IsometerError("engine-failed", "a block worker stopped", { cause: error }));
    }
  };
  worker.on("error", die);
  worker.on("exit", (code) => die(new Error(`exit code ${code}`)));
  const self: BlockWorker = {
    ask(message) {
      worker.ref();
      return new Promise((resolve, reject) => {
        waiting.set(String(message.job), { resolve, reject });
        worker.postMessage(message);
      });
    },
  };
  return self;
}
