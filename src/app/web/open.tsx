import { useSignal } from "@preact/signals";
import { open } from "./state/begin.ts";
import * as store from "./state/store.ts";

/** Chooses what to look at, from the files of the folder. */
export function Open() {
  const original = useSignal("");
  const latent = useSignal<readonly string[]>([]);
  const labels = useSignal("");
  const paths = store.files.value.map(({ path }) => path).filter((path) => READ.test(path));
  const submit = (event: Event) => {
    event.preventDefault();
    void open({
      original: original.value,
      latent: latent.value,
      ...(labels.value !== "" && { labels: labels.value }),
    });
  };
  return (
    <form class="open" onSubmit={submit}>
      <h2>What do you want to see?</h2>
      <p>The data, and one to three latents of the same rows.</p>
      <label>
        Data{" "}
        <select
          required
          value={original.value}
          onChange={(event) => (original.value = event.currentTarget.value)}
        >
          <option value="">choose a file</option>
          {paths.map((path) => (
            <option key={path}>{path}</option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>Latents</legend>
        {paths.map((path) => (
          <label key={path}>
            <input
              type="checkbox"
              checked={latent.value.includes(path)}
              disabled={latent.value.length >= 3 && !latent.value.includes(path)}
              onChange={() => {
                const without = latent.value.filter((other) => other !== path);
                latent.value = without.length < latent.value.length ? without : [...latent.value, path];
              }}
            />{" "}
            {path}
          </label>
        ))}
      </fieldset>
      <label>
        Labels{" "}
        <select value={labels.value} onChange={(event) => (labels.value = event.currentTarget.value)}>
          <option value="">none</option>
          {paths.map((path) => (
            <option key={path}>{path}</option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={original.value === "" || latent.value.length === 0}>
        Open
      </button>
    </form>
  );
}

/** Endings that hold vectors or labels. */
const READ = /\.(npy|npz|csv|tsv|parquet|jsonl|arrow|feather|safetensors|[fbi]vecs|idx\d?-ubyte|gz)$/i;
