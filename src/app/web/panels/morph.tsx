import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { View } from "../../views-contract.ts";
import { namesOf, pictureUrl } from "../api.ts";
import { findWays, followSketch, kindOf, type Wish } from "../morph/find.ts";
import { Ways } from "../morph/strip.tsx";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { useKeptFocus } from "./kept-focus.ts";
import { ProgressLine, useRun } from "./running.tsx";

/** From one row to another: what lies between, the straight way against another one. */
export function Morph({ view }: { view: View }) {
  const running = useRun();
  useKeptFocus(() => document.getElementById("panel"), "[type=submit]");
  useEnds();
  // The tool is of this tab alone.
  useEffect(
    () => () => {
      if (store.tool.peek() === "path") store.tool.value = "move";
    },
    [],
  );
  useSketch(view);
  if (view.request.id !== undefined) {
    return (
      <p>
        The rows of this view were matched by id, and a way is between rows of a file. Open it without id.
      </p>
    );
  }
  const start = (event: Event) => {
    event.preventDefault();
    if (running.isBusy.value) return;
    void told(async () => {
      const latent = store.latent.value;
      store.morphed.value = null;
      const found = await running.follow((call) => findWays(view, latent, store.wish.value, call));
      if (store.view.value?.id === view.id) store.morphed.value = found;
    });
  };
  const morphed = store.morphed.value;
  return (
    <>
      <form class="job" onSubmit={start}>
        <h2>From one row to another</h2>
        <p>Select two points on the map, one after the other, or draw a path.</p>
        <Ends view={view} />
        <How view={view} />
        <Actions isBusy={running.isBusy.value} />
      </form>
      <ProgressLine run={running} />
      {morphed && <Ways view={view} morphed={morphed} />}
    </>
  );
}

const change = (part: Partial<Wish>) => {
  store.wish.value = { ...store.wish.value, ...part };
};

/** The first point that is selected is where the way begins; those after it, where it ends. */
function useEnds(): void {
  const before = useSignal<number | null>(null);
  useSignalEffect(() => {
    const picked = store.picked.value;
    if (picked === null) before.value = null;
    if (store.tab.value !== "morph" || picked === null || picked === before.peek()) return;
    const { from, to } = store.wish.peek();
    // What was selected before this tab was opened ends no way by itself.
    const isFirst = before.peek() === null;
    before.value = picked;
    if (from === null) change({ from: picked });
    else if (picked !== from && (to === null || !isFirst)) change({ to: picked });
  });
}

function useSketch(view: View): void {
  useSignalEffect(() => {
    const sketch = store.sketched.value;
    if (!sketch) return;
    void told(async () => {
      store.morphed.value = await followSketch(view, sketch, store.wish.peek());
      store.sketched.value = null;
    });
  });
}

function Ends({ view }: { view: View }) {
  const { from, to } = store.wish.value;
  return (
    <>
      <End view={view} side="from" text="From row" row={from} />
      <End view={view} side="to" text="To row" row={to} />
      <div class="buttons">
        <button
          type="button"
          disabled={from === null || to === null}
          onClick={() => change({ from: to, to: from })}
        >
          Swap
        </button>
        <button
          type="button"
          onClick={() => {
            change({ from: null, to: null });
            store.picked.value = null;
            store.morphed.value = null;
          }}
        >
          Start anew
        </button>
      </div>
    </>
  );
}

interface EndProps {
  readonly view: View;
  readonly side: "from" | "to";
  readonly text: string;
  readonly row: number | null;
}

function End({ view, side, text, row }: EndProps) {
  const name = useSignal("");
  useSignalEffect(() => {
    const now = store.wish.value[side];
    name.value = "";
    if (now === null || now >= view.rows) return;
    void told(async () => {
      const [found] = await namesOf(view, [now]);
      if (store.wish.peek()[side] === now) name.value = found!;
    });
  });
  return (
    <label class="end">
      <span>{text}</span>
      <input
        type="number"
        required
        min={0}
        max={view.rows - 1}
        value={row ?? ""}
        onChange={(event) => {
          const text = event.currentTarget.value;
          change({ [side]: text === "" ? null : Math.round(Number(text)) });
        }}
      />
      {view.picture && row !== null && row < view.rows && (
        <img src={pictureUrl(view, row)} alt="" width={36} height={36} />
      )}
      {name.value !== String(row) && <span>{name.value}</span>}
    </label>
  );
}

const KINDS = {
  geodesic: "geodesic: shortest under the decoder",
  spherical: "spherical: norms and angles evenly",
  data: "data: from neighbour to neighbour",
} as const;

function How({ view }: { view: View }) {
  const wish = store.wish.value;
  const models = store.files.value.map(({ path }) => path).filter((path) => path.endsWith(".onnx"));
  const kinds = (Object.keys(KINDS) as Wish["kind"][]).filter(
    (kind) => wish.decoder !== "" || kind !== "geodesic",
  );
  return (
    <>
      <label>
        Decoder
        <select value={wish.decoder} onChange={(event) => change({ decoder: event.currentTarget.value })}>
          <option value="">none: real rows alone</option>
          {models.map((path) => (
            <option key={path}>{path}</option>
          ))}
        </select>
      </label>
      {wish.decoder === "" && (
        <label>
          Through
          <select
            value={wish.space}
            onChange={(event) => change({ space: event.currentTarget.value as Wish["space"] })}
          >
            <option value="latent">{view.latents[store.latent.value]!.name}</option>
            <option value="data">the data</option>
          </select>
        </label>
      )}
      <label>
        Way, beside the straight one
        <select
          value={kindOf(wish)}
          onChange={(event) => change({ kind: event.currentTarget.value as Wish["kind"] })}
        >
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {KINDS[kind]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Frames
        <input
          type="number"
          min={2}
          max={60}
          value={wish.frames}
          onChange={(event) => {
            change({ frames: Math.max(2, Math.min(60, Math.round(Number(event.currentTarget.value)) || 9)) });
          }}
        />
      </label>
    </>
  );
}

function Actions({ isBusy }: { isBusy: boolean }) {
  const { from, to } = store.wish.value;
  const isDrawing = store.tool.value === "path";
  return (
    <div class="buttons">
      <button type="submit" disabled={from === null || to === null || from === to} aria-disabled={isBusy}>
        Show the way
      </button>
      <button
        type="button"
        aria-pressed={isDrawing}
        onClick={() => (store.tool.value = isDrawing ? "move" : "path")}
      >
        Draw a path
      </button>
    </div>
  );
}
