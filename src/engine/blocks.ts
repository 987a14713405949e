import { setMaxListeners } from "node:events";
import { Worker } from "node:worker_threads";
import { IsometerError, sharedInt32, throwIfAborted, type Watch } from "../base/index.ts";
import type { EngineInfo } from "./info.ts";
import { kernelUrl } from "./kernel.ts";
import type { FromWorker, WorkerJob } from "./worker.ts";

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
  const { tasks, signal, onProgress, stage, kernel, setup, engine } = job;
  throwIfAborted(signal);
  const count = Math.max(1, Math.min(engine.threads, tasks.length));
  const results = new Array<Result>(tasks.length);
  let done = 0;
  const next = sharedInt32(1);
  const work: WorkerJob = { job: nextJob++, kernel, setup, engine, tasks, next };
  const keep = (index: number, result: unknown) => {
    results[index] = result as Result;
    // Who asked to stop has heard enough.
    if (signal?.aborted) return;
    onProgress?.({ stage, done: ++done, total: tasks.length });
  };
  const stop = () => Atomics.store(next, 0, tasks.length);
  if (signal) setMaxListeners(0, signal);
  signal?.addEventListener("abort", stop);
  const outcomes = await Promise.allSettled(borrowWorkers(count).map((worker) => worker.serve(work, keep)));
  signal?.removeEventListener("abort", stop);
  throwIfAborted(signal);
  const states = outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value as State;
  });
  return { results, states };
}

/** A worker thread and the jobs that it has not ended yet. */
interface BlockWorker {
  /** Takes part in a job: each result of its tasks goes to `keep`. Gives the state that it ends with. */
  serve(work: WorkerJob, keep: (index: number, result: unknown) => void): Promise<unknown>;
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
  const jobs = new Map<number, { hear(message: FromWorker): void; fail(error: unknown): void }>();
  worker.unref();
  worker.on("message", (message: FromWorker) => jobs.get(message.job)?.hear(message));
  const die = (error: unknown) => {
    if (pool.includes(self)) pool.splice(pool.indexOf(self), 1);
    const stopped = new IsometerError("engine-failed", "a block worker stopped", { cause: error });
    for (const { fail } of [...jobs.values()]) fail(stopped);
  };
  worker.on("error", die);
  worker.on("exit", (code) => die(new Error(`exit code ${code}`)));
  const self: BlockWorker = {
    serve(work, keep) {
      worker.ref();
      const ended = () => {
        jobs.delete(work.job);
        if (jobs.size === 0) worker.unref();
      };
      return new Promise((resolve, reject) => {
        const fail = (error: unknown) => {
          ended();
          Atomics.store(work.next, 0, work.tasks.length);
          reject(error);
        };
        const hear = (message: FromWorker) => {
          if (message.kind === "failed") return fail(workerError(message));
          if (message.kind === "finished") {
            ended();
            return resolve(message.state);
          }
          try {
            keep(message.index, message.result);
          } catch (error) {
            fail(error);
          }
        };
        jobs.set(work.job, { hear, fail });
        try {
          worker.postMessage(work);
        } catch (error) {
          fail(error);
        }
      });
    },
  };
  return self;
}

function workerError({
  message,
  stack,
}: {
  readonly message: string;
  readonly stack: string;
}): IsometerError {
  const cause = Object.assign(new Error(message), { stack });
  return new IsometerError("engine-failed", `a block worker failed: ${message}`, { cause });
}
