import { IsometerError, throwIfAborted } from "../../../base/index.ts";
import { bytesOf, type LiveView, openLive } from "./live.ts";
import { planView, type ViewPlan } from "./plan.ts";

/** The views that a server holds. */
export interface Views {
  /** The view of a request: the same for the same files. Nobody waiting any more, reading stops. @throws as reading does */
  open(request: ViewPlan["request"], signal: AbortSignal): Promise<LiveView>;
  /** Does something with a view, which is not put away meanwhile. @throws missing-file where there is none */
  use<T>(id: string, work: (view: LiveView) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ViewsOptions {
  readonly folder: string;
  /** Memory that views may take together; one alone may take more. Default 4 GB. */
  readonly bytes?: number;
}

interface Entry {
  readonly controller: AbortController;
  readonly ready: Promise<LiveView>;
  view: LiveView | null;
  /** Those that wait for it to be read, and those that use it. */
  waiting: number;
  users: number;
  dropped: boolean;
}

/** Holds views in memory, those that were used last. They are read one at a time. */
export function openViews({ folder, bytes = 4 * 2 ** 30 }: ViewsOptions): Views {
  /** By id, the one used last at the end. */
  const entries = new Map<string, Entry>();
  let turn: Promise<unknown> = Promise.resolve();

  const putAway = async (entry: Entry) => {
    if (entry.dropped && entry.users === 0 && entry.view) {
      const { view } = entry;
      entry.view = null;
      await view.close();
    }
  };
  const drop = async (id: string, entry: Entry) => {
    if (entries.get(id) === entry) entries.delete(id);
    entry.dropped = true;
    entry.controller.abort();
    await putAway(entry);
  };
  const makeRoom = async () => {
    for (const [id, entry] of [...entries].slice(0, -1)) {
      const held = [...entries.values()].reduce((sum, { view }) => sum + (view ? bytesOf(view) : 0), 0);
      if (held <= bytes) return;
      if (entry.view) await drop(id, entry);
    }
  };
  const touched = (id: string, entry: Entry): Entry => {
    entries.delete(id);
    entries.set(id, entry);
    return entry;
  };
  const begin = (plan: ViewPlan): Entry => {
    const controller = new AbortController();
    const ready = turn.then(() => openLive(plan, controller.signal));
    turn = ready.catch(() => {});
    const entry: Entry = { controller, ready, view: null, waiting: 0, users: 0, dropped: false };
    ready.then(
      async (view) => {
        entry.view = view;
        await (entry.dropped ? putAway(entry) : makeRoom());
      },
      () => drop(plan.id, entry),
    );
    return entry;
  };

  return {
    async open(request, signal) {
      throwIfAborted(signal);
      const plan = await planView(folder, request);
      throwIfAborted(signal);
      const { id } = plan;
      const entry = touched(id, entries.get(id) ?? begin(plan));
      entry.waiting++;
      const left = () => {
        if (--entry.waiting === 0 && entry.view === null) void drop(id, entry);
      };
      signal.addEventListener("abort", left, { once: true });
      try {
        return await entry.ready;
      } finally {
        signal.removeEventListener("abort", left);
        if (!signal.aborted) entry.waiting--;
      }
    },
    async use(id, work) {
      const entry = entries.get(id);
      if (entry === undefined) {
        throw new IsometerError("missing-file", `there is no view ${JSON.stringify(id)}`, {
          hint: "Views are put away when others need their memory: ask for it again.",
        });
      }
      touched(id, entry);
      entry.users++;
      try {
        return await work(await entry.ready);
      } finally {
        entry.users--;
        await putAway(entry);
      }
    },
    async close() {
      for (const [id, entry] of [...entries]) await drop(id, entry);
      await turn;
    },
  };
}
