import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { IsometerError, type Progress } from "../../base/index.ts";
import type { Failure, RunPositions, Said } from "./messages.ts";

export type RunState = "queued" | "running" | "done" | "failed" | "cancelled";

/** A job that was asked for, as clients see it. */
export interface Run {
  readonly id: string;
  readonly job: string;
  readonly inputs: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: RunState;
  readonly progress: Progress | null;
  /** What the job had to tell before long work. */
  readonly notes: readonly string[];
  /** Names of the texts that there are of the result. */
  readonly documents: readonly string[];
  /** Why it failed; of one that was cancelled, what it left. */
  readonly error: Failure | null;
}

/** What is left of a run that is done. */
export interface Outcome {
  readonly json: string;
  readonly report: string;
  readonly documents: Readonly<Record<string, string>>;
}

/** What a run needs to start. */
export type RunRequest = Pick<Run, "job" | "inputs" | "options" | "documents">;

export interface Runs {
  /** @throws too-large when too many wait already */
  submit(request: RunRequest): Run;
  list(): readonly Run[];
  get(id: string): Run | undefined;
  outcome(id: string): Outcome | undefined;
  /** Where the rows of its fit were last; from the first time on that somebody asks. */
  positions(id: string): RunPositions | undefined;
  /** Stops it; what is done stays done. A job that says so writes first what it has: who asks again ends it at once. */
  cancel(id: string): Run | undefined;
  /** Hears of every change until the run has ended; the present state at once. Gives a way to stop hearing. */
  follow(id: string, hear: (run: Run) => void): () => void;
  close(): Promise<void>;
}

export interface RunsOptions {
  /** The working folder of every job. */
  readonly folder: string;
  /** Jobs at a time. Default 1: each takes all cores. */
  readonly atOnce?: number;
  /** Most that may wait. Default 64. */
  readonly waiting?: number;
  /** Ended runs that are kept, the latest. Default 64. */
  readonly kept?: number;
  /** Milliseconds between asking a job to stop and killing it, unless it tells of what it does before. Default 5000. */
  readonly patience?: number;
}

interface Entry {
  run: Run;
  outcome?: Outcome;
  positions?: RunPositions | undefined;
  /** Somebody asked for positions. */
  watched?: boolean;
  child?: ChildProcess;
  /** Somebody asked it to stop. */
  stopping?: boolean;
  /** Since then it told a person what it still does. */
  finishing?: boolean;
  readonly ears: Set<(run: Run) => void>;
}

const ENDED: ReadonlySet<RunState> = new Set(["done", "failed", "cancelled"]);

/** Whether nothing more will come of it. */
export function hasEnded({ state }: Run): boolean {
  return ENDED.has(state);
}

/** Runs jobs one after the other, each in a process of its own. */
export function openRuns(options: RunsOptions): Runs {
  const { folder, atOnce = 1, waiting = 64, kept = 64, patience = 5000 } = options;
  const entries = new Map<string, Entry>();
  let count = 0;
  let closed = false;
  const inState = (state: RunState) => [...entries.values()].filter(({ run }) => run.state === state);

  const change = (entry: Entry, part: Partial<Run>) => {
    entry.run = { ...entry.run, ...part };
    for (const hear of [...entry.ears]) hear(entry.run);
    if (hasEnded(entry.run)) entry.ears.clear();
  };
  /** Those of one job at a time: of many rows they are large. */
  const place = (entry: Entry, positions: RunPositions) => {
    for (const other of entries.values()) other.positions = undefined;
    entry.positions = positions;
  };
  const settle = (entry: Entry, part: Partial<Run>) => {
    if (hasEnded(entry.run)) return;
    change(entry, part);
    const ended = [...entries.values()].filter(({ run }) => hasEnded(run));
    for (const { run } of ended.slice(0, Math.max(0, ended.length - kept))) entries.delete(run.id);
    next();
  };
  const next = () => {
    const [entry] = inState("queued");
    if (closed || entry === undefined || inState("running").length >= atOnce) return;
    start(entry, folder, { change, settle, place });
    next();
  };
  const stop = (entry: Entry) => {
    const { child } = entry;
    if (hasEnded(entry.run)) return;
    entry.stopping = true;
    if (child === undefined) return settle(entry, { state: "cancelled" });
    if (entry.finishing && !closed) child.kill("SIGKILL");
    else if (child.connected) child.send({ kind: "stop" });
    const end = () => {
      if (!entry.finishing || closed) child.kill("SIGKILL");
    };
    setTimeout(end, patience).unref();
  };

  return {
    submit(request) {
      if (inState("queued").length >= waiting) {
        throw new IsometerError("too-large", `${waiting} jobs are waiting already`, {
          hint: "Try again when some are done, or cancel those that nobody needs.",
        });
      }
      count++;
      const run: Run = {
        ...request,
        id: String(count),
        state: "queued",
        progress: null,
        notes: [],
        error: null,
      };
      entries.set(run.id, { run, ears: new Set() });
      next();
      return entries.get(run.id)!.run;
    },
    list: () => [...entries.values()].map(({ run }) => run),
    get: (id) => entries.get(id)?.run,
    outcome: (id) => entries.get(id)?.outcome,
    positions(id) {
      const entry = entries.get(id);
      if (entry && !entry.watched) watch(entry);
      return entry?.positions;
    },
    cancel(id) {
      const entry = entries.get(id);
      if (entry) stop(entry);
      return entry?.run;
    },
    follow(id, hear) {
      const entry = entries.get(id);
      if (!entry) return () => {};
      hear(entry.run);
      if (!hasEnded(entry.run)) entry.ears.add(hear);
      return () => entry.ears.delete(hear);
    },
    async close() {
      closed = true;
      const running = inState("running").map(({ child }) => child!);
      for (const { run } of [...inState("queued"), ...inState("running")]) stop(entries.get(run.id)!);
      await Promise.all(
        running.map((child) => child.exitCode === null && new Promise((gone) => child.once("exit", gone))),
      );
    },
  };
}

/** The built file: processes run built code, also when this is not. */
const PROCESS = fileURLToPath(
  new URL("./job-process.js", import.meta.url.replace(/\/src\/(?!.*\/src\/)/, "/dist/")),
);

/** What a process changes of its entry. */
interface Changes {
  readonly change: (entry: Entry, part: Partial<Run>) => void;
  readonly settle: (entry: Entry, part: Partial<Run>) => void;
  readonly place: (entry: Entry, positions: RunPositions) => void;
}

function watch(entry: Entry): void {
  entry.watched = true;
  if (entry.child?.connected) entry.child.send({ kind: "watch" });
}

function start(entry: Entry, folder: string, { change, settle, place }: Changes): void {
  const { job, inputs, options, documents } = entry.run;
  const child = fork(PROCESS, { cwd: folder, serialization: "advanced", execArgv: [] });
  entry.child = child;
  change(entry, { state: "running" });
  child.on("message", (said: Said) => {
    if (said.kind === "progress") change(entry, { progress: said.progress });
    else if (said.kind === "note") {
      entry.finishing = entry.stopping === true;
      change(entry, { notes: [...entry.run.notes, said.text] });
    } else if (said.kind === "positions") place(entry, said.positions);
    else if (said.kind === "done") {
      entry.outcome = { json: said.json, report: said.report, documents: said.documents };
      settle(entry, { state: "done" });
    } else if (said.error.code === "aborted") settle(entry, { state: "cancelled", error: said.error });
    else settle(entry, { state: "failed", error: said.error });
  });
  child.on("error", () => settle(entry, { state: "failed", error: DIED }));
  child.on("exit", () => {
    settle(entry, entry.stopping ? { state: "cancelled" } : { state: "failed", error: DIED });
  });
  child.send({ kind: "run", job, inputs, options, documents });
  if (entry.watched) watch(entry);
}

const DIED: Failure = {
  code: "internal",
  message: "the process of this job ended without a word",
  hint: "It may have run out of memory: try fewer rows, or look at the terminal in which the server runs.",
};
