import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CallOptions } from "../../server/client.ts";
import type { Run } from "../../server/runs.ts";

/** A job that the page waits for. */
export interface Running {
  readonly now: Signal<Run | null>;
  follow<T>(call: (options: CallOptions) => Promise<T>): Promise<T>;
  cancel(): void;
}

/** One job at a time; it is cancelled when what waits for it is left. */
export function useRun(): Running {
  const now = useSignal<Run | null>(null);
  const controller = useSignal<AbortController | null>(null);
  useEffect(() => () => controller.peek()?.abort(), []);
  return {
    now,
    async follow(call) {
      const own = new AbortController();
      controller.value = own;
      try {
        return await call({
          signal: own.signal,
          onRun: (run) => {
            now.value = run;
          },
        });
      } finally {
        now.value = null;
      }
    },
    cancel: () => controller.value?.abort(),
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
      <button type="button" onClick={() => run.cancel()}>
        Cancel
      </button>
      {now.notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
    </div>
  );
}
