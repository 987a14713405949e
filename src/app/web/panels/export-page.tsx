import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { View } from "../../views-contract.ts";
import { fileName, sizeText } from "../export/file-name.ts";
import { gather } from "../export/gather.ts";
import { pageOf } from "../export/page.ts";
import { MOST_ROWS } from "../export/rows.ts";
import { save } from "../export/save.ts";
import { MOST_BYTES, MOST_PICTURES } from "../export/sheet-plan.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { useKeptFocus } from "./kept-focus.ts";

interface Prepared {
  readonly page: Blob;
  readonly name: string;
  readonly rows: number;
}

interface Preparing {
  readonly stage: string;
  readonly share: number;
  readonly stop: () => void;
}

/** The map as one page that needs no server: prepared, so that its size is known, and saved then. */
export function ExportPage({ view }: { view: View }) {
  const everyColumn = useSignal(true);
  const names = useSignal(true);
  const pictures = useSignal(true);
  const preparing = useSignal<Preparing | null>(null);
  const prepared = useSignal<Prepared | null>(null);
  const section = useRef<HTMLElement>(null);
  useKeptFocus(() => section.current);
  useLetGo(prepared, [everyColumn, names, pictures]);
  useEffect(() => () => preparing.peek()?.stop(), []);
  const start = async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = (stage: string, share: number) => {
      if (!signal.aborted) preparing.value = { stage, share, stop: () => controller.abort() };
    };
    const latent = view.latents[store.latent.value]!;
    await told(async () => {
      const wanted = { everyColumn: everyColumn.value, names: names.value, pictures: pictures.value };
      const how = { ...wanted, signal, onProgress };
      const saved = await Promise.race([gather(view, how), stopped(signal)]);
      const { default: viewer } = await import("virtual:standalone-viewer");
      const page = new Blob([pageOf(saved, viewer)], { type: "text/html" });
      prepared.value = { page, name: fileName(latent.path, "map.html"), rows: saved.view.rows };
    });
    preparing.value = null;
  };
  return (
    <section ref={section} aria-labelledby="export-page">
      <h2 id="export-page">Page</h2>
      <p>
        One HTML file with this map, that opens anywhere and asks no server for anything: colours, legend,
        names, the neighbours of the selected point, and the scores with their curve where they were measured.{" "}
        {view.rows > MOST_ROWS &&
          `It holds a sample of ${MOST_ROWS.toLocaleString("en")} of the ${view.rows.toLocaleString("en")} rows, and says so.`}
      </p>
      <Check text="Every column that can colour the map, not only the present one" checked={everyColumn} />
      <Check text="Names of the rows" checked={names} />
      {view.picture && (
        <Check
          text={`Pictures of ${view.rows > MOST_PICTURES ? `${MOST_PICTURES.toLocaleString("en")} of ` : ""}the rows, up to ${sizeText(MOST_BYTES)}`}
          checked={pictures}
        />
      )}
      {preparing.value ? (
        <PreparingLine now={preparing.value} />
      ) : (
        <div class="buttons">
          <button type="button" onClick={() => void start()}>
            Prepare page
          </button>
        </div>
      )}
      <div aria-live="polite">{prepared.value && <Ready {...prepared.value} />}</div>
    </section>
  );
}

/** Ends when it is asked to, whatever is being waited for. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function Ready({ page, name, rows }: Prepared) {
  return (
    <p>
      {rows.toLocaleString("en")} points, {sizeText(page.size)}.{" "}
      <button type="button" onClick={() => save(page, name)}>
        Save {name}
      </button>
    </p>
  );
}

/** What was prepared is of a map that looked otherwise, once that changes. */
function useLetGo(prepared: Signal<Prepared | null>, choices: readonly Signal<boolean>[]): void {
  useSignalEffect(() => {
    const { view, latent, colour, hidden, picked, selection, brushed, nNeighbors, layers, truth, camera } =
      store;
    const all = [view, latent, colour, hidden, picked, selection, brushed, nNeighbors, layers, truth, camera];
    for (const watched of [...all, ...choices]) void watched.value;
    prepared.value = null;
  });
}

function Check({ text, checked }: { text: string; checked: Signal<boolean> }) {
  return (
    <label>
      <input
        type="checkbox"
        checked={checked.value}
        onChange={(event) => (checked.value = event.currentTarget.checked)}
      />{" "}
      {text}
    </label>
  );
}

function PreparingLine({ now }: { now: Preparing }) {
  return (
    <div class="running">
      <span>{now.stage}</span>
      <progress aria-label={now.stage} value={now.share} max={1} />
      <button type="button" onClick={now.stop}>
        Cancel
      </button>
    </div>
  );
}
