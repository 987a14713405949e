import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { STRAIGHT_METRICS } from "../../spaces/explore/metrics.ts";
import { MOST_LATENTS, type ViewRequest } from "../views-contract.ts";
import { jobs } from "./api.ts";
import { likelyLabels, likelyLatents, NAMED, readable } from "./open-files.ts";
import { open } from "./state/begin.ts";
import * as store from "./state/store.ts";

type Text = Exclude<keyof ViewRequest, "original" | "latent">;

/** What was filled in so far; texts as they were typed. */
interface Chosen {
  readonly original: string;
  readonly latent: readonly string[];
  readonly texts: Readonly<Partial<Record<Text, string>>>;
}

/** Chooses what to look at, from the files of the folder. A refusal stands by the form, and what was chosen stays. */
export function Open() {
  const chosen = useSignal<Chosen>({ original: "", latent: [], texts: {} });
  const refused = useSignal<typeof store.trouble.value>(null);
  const isOpening = useSignal(false);
  const paths = readable(store.files.value.map(({ path }) => path));
  const { original, latent } = chosen.value;
  const button = useRef<HTMLButtonElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (isOpening.value) return;
    refused.value = null;
    isOpening.value = true;
    await open(requestOf(chosen.value));
    isOpening.value = false;
    if (store.view.value) return;
    refused.value = store.trouble.value;
    store.trouble.value = null;
    // The button that stopped it is there no more.
    if (document.activeElement === document.body) button.current?.focus();
  };
  return (
    <form class="open" onSubmit={(event) => void submit(event)}>
      <h2>What do you want to see?</h2>
      <p>The data, and one to three latents of the same rows.</p>
      <div class="field">
        <label htmlFor="open-original">Data</label>
        <select
          id="open-original"
          required
          value={original}
          onChange={(event) => (chosen.value = { ...chosen.value, original: event.currentTarget.value })}
        >
          <option value="">choose a file</option>
          {paths.map((path) => (
            <option key={path}>{path}</option>
          ))}
        </select>
      </div>
      <Latents paths={paths} chosen={chosen} />
      <Details paths={paths} chosen={chosen} />
      {refused.value && (
        <p role="alert" class="refused">
          <strong>{refused.value.message}</strong> {refused.value.hint}
        </p>
      )}
      <div class="buttons">
        <button
          ref={button}
          type="submit"
          disabled={original === "" || latent.length === 0}
          aria-disabled={isOpening.value}
        >
          {isOpening.value ? "Opening" : "Open"}
        </button>
      </div>
    </form>
  );
}

function requestOf({ original, latent, texts }: Chosen): ViewRequest {
  const given = Object.entries(texts)
    .map(([name, text]) => [name, text.trim()])
    .filter(([, text]) => text !== "");
  return { original, latent, ...Object.fromEntries(given) };
}

interface PartProps {
  readonly paths: readonly string[];
  readonly chosen: Signal<Chosen>;
}

/** More files than these are searched. */
const MANY = 12;

function Latents({ paths, chosen }: PartProps) {
  const sought = useSignal("");
  const { original, latent } = chosen.value;
  const words = sought.value.toLowerCase().split(/\s+/);
  const isSought = (path: string) => words.every((word) => path.toLowerCase().includes(word));
  const found = paths.filter(isSought);
  const shown = likelyLatents(paths, original).filter((path) => latent.includes(path) || isSought(path));
  const toggle = (path: string) => {
    const without = latent.filter((other) => other !== path);
    chosen.value = { ...chosen.value, latent: without.length < latent.length ? without : [...latent, path] };
  };
  return (
    <fieldset>
      <legend>Latents, three at most</legend>
      {paths.length > MANY && (
        <div class="field">
          <label htmlFor="open-sought">Find among {paths.length.toLocaleString("en")} files</label>
          <input
            type="search"
            id="open-sought"
            value={sought.value}
            onInput={(event) => (sought.value = event.currentTarget.value)}
            onKeyDown={(event) => {
              // Enter would send the form.
              if (event.key === "Enter") event.preventDefault();
            }}
          />
        </div>
      )}
      <div class="paths">
        {shown.map((path) => (
          <label key={path}>
            <input
              type="checkbox"
              checked={latent.includes(path)}
              disabled={latent.length >= MOST_LATENTS && !latent.includes(path)}
              onChange={() => toggle(path)}
            />
            <span>{path}</span>
          </label>
        ))}
      </div>
      {paths.length > MANY && (
        <p class="note" role="status">
          {sought.value.trim() !== "" && `${found.length.toLocaleString("en")} found. `}
          {latent.length === 0 ? "None chosen." : `Chosen: ${latent.join(", ")}.`}
        </p>
      )}
    </fieldset>
  );
}

/** What most files need no word about; labels stand outside of it. */
function Details({ paths, chosen }: PartProps) {
  const columns = useColumns(() => chosen.value.original);
  const latentColumns = useColumns(() => chosen.value.latent[0] ?? "");
  return (
    <>
      <TextField
        chosen={chosen}
        name="labels"
        title="Labels"
        about="a file, or a column of the data"
        suggested={[...columns, ...likelyLabels(paths, chosen.value.original)]}
      />
      <details>
        <summary>More: ids, metrics, columns, pictures</summary>
        <TextField
          chosen={chosen}
          name="id"
          title="Ids"
          about="column that holds them; rows are matched by it"
          suggested={columns}
        />
        <ChoiceField chosen={chosen} name="metric" title="Metric" choices={STRAIGHT_METRICS} />
        <ChoiceField chosen={chosen} name="latentMetric" title="Latent metric" choices={STRAIGHT_METRICS} />
        <TextField
          chosen={chosen}
          name="vector"
          title="Vectors"
          about="column, array or tensor that holds them, where there are several"
          suggested={columns}
        />
        <TextField
          chosen={chosen}
          name="latentVector"
          title="Latent vectors"
          about="of the latents, where theirs has another name"
          suggested={latentColumns}
        />
        <TextField
          chosen={chosen}
          name="imageSize"
          title="Size of pictures"
          about="height x width, such as 28x28: to this size pictures of a folder are brought; elsewhere rows are pictures of it"
        />
        <ChoiceField
          chosen={chosen}
          name="imageMode"
          title="Pictures of a folder are read"
          choices={["grey", "colour"]}
        />
      </details>
    </>
  );
}

/** Names of what a file holds, where it has names; that is a suggestion, so that nothing is said where it fails. */
function useColumns(pathNow: () => string): readonly string[] {
  const columns = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    const path = pathNow();
    columns.value = [];
    if (!NAMED.test(path)) return;
    const controller = new AbortController();
    const { signal } = controller;
    // One row is read: what they are called is all that is wanted.
    jobs.run("info", { file: path }, { rows: "0:1" }, { signal }).then(
      (info) => {
        if (!signal.aborted) columns.value = info.columns.map(({ name }) => name);
      },
      () => {},
    );
    return () => controller.abort();
  });
  return columns.value;
}

interface FieldProps {
  readonly chosen: Signal<Chosen>;
  readonly name: Text;
  readonly title: string;
}

const set = (chosen: Signal<Chosen>, name: Text, text: string) => {
  chosen.value = { ...chosen.value, texts: { ...chosen.value.texts, [name]: text } };
};

interface TextFieldProps extends FieldProps {
  readonly about: string;
  readonly suggested?: readonly string[];
}

function TextField({ chosen, name, title, about, suggested = [] }: TextFieldProps) {
  const id = `open-${name}`;
  return (
    <div class="field">
      <label htmlFor={id}>{title}</label>
      <input
        type="text"
        id={id}
        list={`${id}-known`}
        aria-describedby={`${id}-about`}
        autocomplete="off"
        value={chosen.value.texts[name] ?? ""}
        onInput={(event) => set(chosen, name, event.currentTarget.value)}
      />
      <datalist id={`${id}-known`}>
        {suggested.map((text) => (
          <option key={text} value={text} />
        ))}
      </datalist>
      <span id={`${id}-about`} class="note">
        {about}
      </span>
    </div>
  );
}

function ChoiceField({ chosen, name, title, choices }: FieldProps & { readonly choices: readonly string[] }) {
  const id = `open-${name}`;
  return (
    <div class="field">
      <label htmlFor={id}>{title}</label>
      <select
        id={id}
        value={chosen.value.texts[name] ?? ""}
        onChange={(event) => set(chosen, name, event.currentTarget.value)}
      >
        {choices.map((choice, i) => (
          // The first is what holds where nothing is said.
          <option key={choice} value={i === 0 ? "" : choice}>
            {choice}
          </option>
        ))}
      </select>
    </div>
  );
}
