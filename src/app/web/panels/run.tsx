import { type Signal, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CallOptions } from "../../server/client.ts";
import type { Run as RunState } from "../../server/runs.ts";
import type { TableJob } from "../../server/table.ts";
import type { View } from "../../views-contract.ts";
import { ask, askJson, jobs } from "../api.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { useKeptFocus } from "./kept-focus.ts";
import { type Filled, JobForm, requestOf } from "./run-form.tsx";
import { isSeen, RunMap } from "./run-map.tsx";
import { openRunning, ProgressLine } from "./running.tsx";

/** The job that ran last, and its report: they stay when the tab is left, and the job goes on. */
const latest = signal<RunState | null>(null);
const ended = signal<{ readonly run: RunState; readonly report: string } | null>(null);
const running = openRunning();

/** The job that the form is of, and what was filled in of each, by view: it stays too. */
const chosen = signal("reduce");
const drafts = new Map<string, Signal<Filled>>();

function draftOf(view: View, job: string): Signal<Filled> {
  const key = `${view.id} ${job}`;
  const draft = drafts.get(key) ?? signal(begun(view, job));
  drafts.set(key, draft);
  return draft;
}

/** Any job of the table, from a form; its report, and the files that it was asked for. */
export function Run({ view }: { view: View }) {
  const table = useSignal<readonly TableJob[]>([]);
  const filled = draftOf(view, chosen.value);
  useKeptFocus(() => document.getElementById("panel"), "[type=submit]");
  useEffect(() => {
    void told(async () => {
      table.value = await askJson<readonly TableJob[]>("/api/jobs");
    });
    void resume();
  }, []);
  const job = table.value.find((known) => known.name === chosen.value);
  if (!job) return <p>reading the table of jobs</p>;
  const start = () => {
    if (running.isBusy.value) return;
    void waitFor((call) => jobs.start(job.name, requestOf(job, filled.value), call));
  };
  return (
    <>
      <label>
        Job{" "}
        <select value={chosen.value} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          {table.value.map((known) => (
            <option key={known.name} value={known.name}>
              {known.name}: {known.about}
            </option>
          ))}
        </select>
      </label>
      <JobForm job={job} filled={filled} onSubmit={start} isBusy={running.isBusy.value} />
      <ProgressLine run={running} />
      {latest.value && isSeen(latest.value.job) && (
        <RunMap key={latest.value.id} run={latest.value} view={view} />
      )}
      {ended.value && <Ended {...ended.value} />}
    </>
  );
}

/** Follows a job to its end. */
function waitFor(work: (call: CallOptions) => Promise<unknown>): Promise<void> {
  return told(async () => {
    ended.value = null;
    latest.value = null;
    try {
      await running.follow(({ signal, onRun }) =>
        work({
          ...(signal && { signal }),
          onRun(run) {
            latest.value = run;
            onRun?.(run);
          },
        }),
      );
      const run = latest.value! as RunState;
      ended.value = { run, report: await (await ask(`/api/runs/${run.id}/report`)).text() };
    } finally {
      // A job that was stopped may have written some too.
      store.files.value = (await askJson<{ files: readonly store.ServedFile[] }>("/api/files")).files;
    }
  });
}

/** A page that is loaded again follows the job that still runs. */
async function resume(): Promise<void> {
  if (latest.value || running.isBusy.value) return;
  const runs = await askJson<readonly RunState[]>("/api/runs").catch(() => []);
  const last = runs.findLast(({ state }) => state === "running" || state === "queued");
  if (!last || latest.value || running.isBusy.value) return;
  chosen.value = last.job;
  await waitFor((call) => jobs.follow(last.id, call));
}

/** The files of the view stand in the form already. */
function begun({ request: { original, latent } }: View, job: string): Filled {
  const own: Record<string, string> = {
    original,
    latent: latent.join("\n"),
    space: latent[0]!,
    vectors: original,
    data: original,
  };
  return { inputs: job === "make" || job === "demo" ? {} : own, options: {}, documents: [] };
}

function Ended({ run, report }: { run: RunState; report: string }) {
  return (
    <section aria-labelledby="ended">
      <h3 id="ended">{run.job} is done</h3>
      <pre class="report">{report}</pre>
      {run.documents.map((name) => (
        <a
          key={name}
          href={`/api/runs/${run.id}/documents/${name}`}
          download={`${run.job}.${ENDINGS[name] ?? name}`}
        >
          Save {name}
        </a>
      ))}
      <a href={`/api/runs/${run.id}/result`} download={`${run.job}.json`}>
        Save JSON
      </a>
    </section>
  );
}

const ENDINGS: Readonly<Record<string, string>> = { markdown: "md", junit: "xml" };
