import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { CallOptions } from "../../server/client.ts";
import type { Run } from "../../server/runs.ts";
import { ask } from "../api.ts";
import { told } from "../state/begin.ts";
import "./running.css";

/** A job that the page waits for. */
export interface Running {
  readonly now: Signal<Run | null>;
  /** From the press of a button on, before the server has said a word about the job. */
  readonly isBusy: Signal<boolean>;
  /** How much it had told when it was asked to stop. Null: nobody asked. */
  readonly toldBefore: Signal<number | null>;
  follow<T>(call: (options: CallOptions) => Promise<T>): Promise<T>;
  /** Stops it; one that says so writes first what it has. */
  cancel(): void;
  /** Does not wait for that. */
  end(): void;
}

/** A job that is cancelled when what waits for it is left. */
export function useRun(): Running {
  const running = useMemo(openRunning, []);
  useEffect(() => () => running.cancel(), []);
  return running;
}

/** Waits for one job at a time. */
export function openRunning(): Running {
  const now = signal<Run | null>(null);
  const isBusy = signal(false);
  const toldBefore = signal<number | null>(null);
  let controller = new AbortController();
  return {
    now,
    isBusy,
    toldBefore,
    async follow(call) {
      controller = new AbortController();
      toldBefore.value = null;
      isBusy.value = true;
      try {
        return await call({
          signal: controller.signal,
          onRun: (run) => {
            now.value = run;
          },
        });
      } finally {
        now.value = null;
        isBusy.value = false;
      }
    },
    cancel() {
      toldBefore.value ??= now.value?.notes.length ?? 0;
      controller.abort();
    },
    end: () => void told(async () => void (await ask(`/api/runs/${now.value!.id}`, { method: "DELETE" }))),
  };
}

/** Where it stands, and the way to stop it. */
export function ProgressLine({ run }: { run: Running }) {
  const now = run.now.value;
  if (!now) return null;
  const { stage, done, total, objective } = now.progress ?? {
    stage: now.state,
    done: 0,
    total: 0,
    objective: undefined,
  };
  return (
    <div class="running">
      <span>
        {now.job}: {stage}
        {objective !== undefined && ` (${objective.toPrecision(4)})`}
      </span>
      {total > 0 ? <progress aria-label={stage} value={done} max={total} /> : <progress aria-label={stage} />}
      <Stop run={run} now={now} />
      <Notes job={now.job} notes={now.notes} />
    </div>
  );
}

/** One button asks it to stop; where it then tells that it has to write something first, another one does not wait for that. */
function Stop({ run, now }: { run: Running; now: Run }) {
  const before = run.toldBefore.value;
  const isStopping = before !== null;
  return (
    <>
      <button type="button" aria-disabled={isStopping} onClick={() => isStopping || run.cancel()}>
        {isStopping ? "Stopping" : "Cancel"}
      </button>
      {isStopping && now.notes.length > before && (
        <button type="button" onClick={() => run.end()}>
          End at once
        </button>
      )}
    </>
  );
}

/** What it tells: sentences, and the lines of a table that grows. */
function Notes({ job, notes }: { job: string; notes: readonly string[] }) {
  const [head, ...lines] = notes.filter(isOfTable);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines.length]);
  return (
    <>
      {head !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <section ref={box} class="notes" aria-label={`What ${job} tells`} tabIndex={0}>
          <pre class="report">
            <span>{head}</span>
            {lines.join("\n")}
          </pre>
        </section>
      )}
      {notes
        .filter((note) => !isOfTable(note))
        .map((note) => (
          <p key={note} class="note" role="status">
            {note}
          </p>
        ))}
    </>
  );
}

/** Columns are at least two spaces apart. */
const isOfTable = (note: string): boolean => note.trim().includes("  ");
