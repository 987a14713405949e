import { setImmediate } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import type { EngineInfo } from "./info.ts";
import type { Kernel, KernelModule } from "./kernel.ts";
import { borrow, giveBack } from "./pool.ts";
import { openSession, type Session } from "./runtime.ts";
import { openLoops, openSharedLoops } from "./wasm.ts";

/** A job for a block worker. Tasks are taken by whoever is free: `next` is shared by all workers of the job, and counts those taken. */
export interface WorkerJob {
  readonly job: number;
  readonly kernel: string;
  readonly setup: unknown;
  readonly engine: EngineInfo;
  readonly tasks: readonly unknown[];
  /** One number on shared memory. Set to the number of tasks or more: no further task is begun. */
  readonly next: Int32Array;
}

/** Answers of a block worker; `job` tells jobs apart that share it. Errors keep their stack as text. */
export type FromWorker =
  | { readonly kind: "result"; readonly job: number; readonly index: number; readonly result: unknown }
  | { readonly kind: "finished"; readonly job: number; readonly state: unknown }
  | { readonly kind: "failed"; readonly job: number; readonly message: string; readonly stack: string };

const sessions = new Map<string, Promise<Session>>();

/** One session per model and worker, however many jobs use it. */
function session(model: Uint8Array, engine: EngineInfo): Promise<Session> {
  const key = `${engine.name} ${engine.provider} ${Buffer.from(model).toString("latin1")}`;
  let opened = sessions.get(key);
  if (!opened) {
    opened = openSession(model, engine);
    sessions.set(key, opened);
  }
  return opened;
}

const send = (message: FromWorker) => parentPort!.postMessage(message);

async function openKernel({ kernel, setup, engine }: WorkerJob): Promise<Kernel<unknown, unknown, unknown>> {
  const module = (await import(kernel)) as KernelModule<unknown, unknown, unknown, unknown>;
  return module.open(setup, {
    session: (model) => session(model, engine),
    ownSession: (model) => openSession(model, engine),
    loops: openLoops,
    sharedLoops: openSharedLoops,
    borrow,
    giveBack,
  });
}

/** Takes tasks until none is left. The main thread need not answer in between: it may be at work itself. */
async function serve(work: WorkerJob): Promise<void> {
  const { job, tasks, next } = work;
  try {
    const kernel = await openKernel(work);
    for (let index = take(next); index < tasks.length; index = take(next)) {
      send({ kind: "result", job, index, result: await kernel.run(tasks[index]) });
      // Other jobs have their turn.
      await setImmediate();
    }
    send({ kind: "finished", job, state: await kernel.finish() });
  } catch (error) {
    Atomics.store(next, 0, tasks.length);
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    send({ kind: "failed", job, message, stack: stack ?? message });
  }
}

const take = (next: Int32Array) => Atomics.add(next, 0, 1);

parentPort!.on("message", serve);
