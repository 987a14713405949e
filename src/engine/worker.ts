import { parentPort } from "node:worker_threads";
import type { EngineInfo } from "./info.ts";
import type { Kernel, KernelModule, KernelTools } from "./kernel.ts";
import { borrow, giveBack } from "./pool.ts";
import { openSession, type Session } from "./runtime.ts";
import { openLoops } from "./wasm.ts";

/** Messages to a block worker. `job` tells jobs apart that share the worker. */
export type ToWorker =
  | {
      readonly kind: "open";
      readonly job: number;
      readonly kernel: string;
      readonly setup: unknown;
      readonly engine: EngineInfo;
    }
  | { readonly kind: "run"; readonly job: number; readonly index: number; readonly task: unknown }
  | { readonly kind: "finish"; readonly job: number };

/** Answers of a block worker. Errors keep their stack as text. */
export type FromWorker =
  | { readonly kind: "opened"; readonly job: number }
  | { readonly kind: "result"; readonly job: number; readonly index: number; readonly result: unknown }
  | { readonly kind: "finished"; readonly job: number; readonly state: unknown }
  | { readonly kind: "failed"; readonly job: number; readonly message: string; readonly stack: string };

const jobs = new Map<number, Kernel<unknown, unknown, unknown>>();
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

async function answer(message: ToWorker): Promise<FromWorker> {
  const { job } = message;
  if (message.kind === "open") {
    const module = (await import(message.kernel)) as KernelModule<unknown, unknown, unknown, unknown>;
    const { engine } = message;
    const tools: KernelTools = {
      session: (model) => session(model, engine),
      ownSession: (model) => openSession(model, engine),
      loops: openLoops,
      borrow,
      giveBack,
    };
    jobs.set(job, await module.open(message.setup, tools));
    return { kind: "opened", job };
  }
  const kernel = jobs.get(job)!;
  if (message.kind === "run") {
    return { kind: "result", job, index: message.index, result: await kernel.run(message.task) };
  }
  jobs.delete(job);
  return { kind: "finished", job, state: await kernel.finish() };
}

parentPort!.on("message", async (message: ToWorker) => {
  const reply = await answer(message).catch((error: unknown): FromWorker => {
    jobs.delete(message.job);
    const { message: text, stack } = error instanceof Error ? error : new Error(String(error));
    return { kind: "failed", job: message.job, message: text, stack: stack ?? text };
  });
  parentPort!.postMessage(reply);
});
