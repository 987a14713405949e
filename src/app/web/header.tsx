import { useSignal, useSignalEffect } from "@preact/signals";
import { findRows, namesOf } from "./api.ts";
import { told } from "./state/begin.ts";
import { titleOf } from "./state/distortion.ts";
import * as store from "./state/store.ts";

/** What is shown, what it is coloured by, and a search for rows. */
export function Header() {
  const view = store.view.value;
  return (
    <header class="top">
      <h1>
        <a href="./">Isometer</a>
      </h1>
      {view && (
        <>
          <p class="what" title={view.original.path}>
            {view.original.path}: {view.rows.toLocaleString("en")} rows, {view.original.dims} dimensions
          </p>
          <a href="./?choose">Other files</a>
          <LatentChoice />
          <ColourChoice />
          <Search />
        </>
      )}
    </header>
  );
}

function LatentChoice() {
  const latents = store.view.value!.latents;
  if (latents.length < 2) return null;
  return (
    <label>
      Latent{" "}
      <select
        value={store.latent.value}
        onChange={(event) => (store.latent.value = Number(event.currentTarget.value))}
      >
        {latents.map(({ name }, i) => (
          <option key={name} value={i}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Columns of the data, distortions of the latent that is drawn, and what colours the map now. */
export function ColourChoice() {
  const columns = store.columns.value.filter(
    ({ name, latent }) => latent === null || latent === store.latent.value || name === store.colour.value,
  );
  return (
    <label>
      Colour{" "}
      <select
        value={store.colour.value ?? ""}
        onChange={(event) => {
          store.colour.value = event.currentTarget.value || null;
          store.hidden.value = new Set();
        }}
      >
        <option value="">one colour</option>
        {columns.map((column) => (
          <option key={column.name} value={column.name}>
            {titleOf(column)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Search() {
  const text = useSignal("");
  const found = useSignal<readonly { row: number; name: string }[]>([]);
  useSignalEffect(() => {
    const [view, sought] = [store.view.value, text.value.trim()];
    if (!view || sought === "") {
      found.value = [];
      return;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      void told(async () => {
        const rows = await findRows(view, sought, controller.signal);
        const names = await namesOf(view, rows);
        // Something else is sought by now.
        if (controller.signal.aborted) return;
        found.value = rows.map((row, i) => ({ row, name: names[i]! }));
      });
    }, 150);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  });
  const pick = (row: number) => {
    store.picked.value = row;
    text.value = "";
  };
  return (
    <search class="search">
      <input
        type="search"
        aria-label="Find rows by id or label"
        placeholder="Find a row"
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && found.value[0]) pick(found.value[0].row);
          if (event.key === "Escape") text.value = "";
        }}
      />
      {found.value.length > 0 && (
        <ul>
          {found.value.map(({ row, name }) => (
            <li key={row}>
              <button type="button" onClick={() => pick(row)}>
                {name}
              </button>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}
