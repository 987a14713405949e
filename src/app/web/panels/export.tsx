import { useSignal } from "@preact/signals";
import type { View } from "../../views-contract.ts";
import { ask } from "../api.ts";
import { fileName } from "../export/file-name.ts";
import { save } from "../export/save.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { ExportPage } from "./export-page.tsx";
import { ExportPicture } from "./export-picture.tsx";

/** The map and what was found of it, to take along: as a page, as a picture, as a table. */
export function Export({ view }: { view: View }) {
  return (
    <>
      <ExportPage view={view} />
      <ExportPicture view={view} />
      <ExportColumns view={view} />
    </>
  );
}

function ExportColumns({ view }: { view: View }) {
  const writing = useSignal<AbortController | null>(null);
  const latent = store.latent.value;
  const { path, distortion } = view.latents[latent]!;
  const start = async () => {
    const controller = new AbortController();
    writing.value = controller;
    await told(async () => {
      const { signal } = controller;
      const answer = await ask(`/api/views/${view.id}/columns.parquet?latent=${latent}`, { signal });
      save(await answer.blob(), fileName(path, "columns.parquet"));
    });
    writing.value = null;
  };
  return (
    <section aria-labelledby="export-columns">
      <h2 id="export-columns">Columns</h2>
      <p>
        A table of {view.rows.toLocaleString("en")} rows as Parquet: names, row numbers, where {path} is
        drawn, and every column that can colour it.{" "}
        {distortion.state === "done" ? "" : "What the map does to each row was not measured yet."}
      </p>
      <div class="buttons">
        <button type="button" disabled={writing.value !== null} onClick={() => void start()}>
          Save Parquet
        </button>
        {writing.value && (
          <button type="button" onClick={() => writing.value?.abort()}>
            Cancel
          </button>
        )}
      </div>
    </section>
  );
}
