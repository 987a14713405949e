import { setImmediate } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import type { EngineInfo } from "./info.ts";
import type { Kernel, KernelModule, KernelTools } from "./kernel.ts";
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

/** A session that jobs of this worker share, and how many of them have it now. */
interface Kept {
  readonly session: Promise<Session>;
  users: number;
}

/** Sessions by engine, threads and model, those asked for last at the end. So many that nobody uses are kept: compiling takes as long as a small job. */
const sessions = new Map<string, Kept>();
const IDLE_SESSIONS = 12;

/** The sessions of one job: one per model and worker, however many jobs use it. */
function openSessions(engine: EngineInfo) {
  const own = new Set<Kept>();
  return {
    session(model: Uint8Array, threads = 1): Promise<Session> {
      const key = `${engine.name} ${engine.provider} ${threads} ${Buffer.from(model).toString("latin1")}`;
      const kept = sessions.get(key) ?? { session: openSession(model, engine, threads), users: 0 };
      sessions.delete(key);
      sessions.set(key, kept);
      if (!own.has(kept)) kept.users++;
      own.add(kept);
      return kept.session;
    },
    async release(): Promise<void> {
      for (const kept of own) kept.users--;
      const idle = [...sessions].filter(([, { users }]) => users === 0);
      for (const [key, { session }] of idle.slice(0, Math.max(0, idle.length - IDLE_SESSIONS))) {
        sessions.delete(key);
        await session.then((opened) => opened.close()).catch(() => {});
      }
    },
  };
}

const send = (message: FromWorker) => parentPort!.postMessage(message);

async function openKernel(
  { kernel, setup, engine }: WorkerJob,
  session: KernelTools["session"],
): Promise<Kernel<unknown, unknown, unknown>> {
  const module = (await import(kernel)) as KernelModule<unknown, unknown, unknown, unknown>;
  return module.open(setup, {
    session,
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
  const { session, release } = openSessions(work.engine);
  try {
    const kernel = await openKernel(work, session);
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
  } finally {
    await release();
  }
}

const take = (next: Int32Array) => Atomics.add(next, 0, 1);

parentPort!.on("message", serve);
