import { useRef } from "preact/hooks";
import type { View } from "../../views-contract.ts";
import { told } from "../state/begin.ts";
import { measure, stopMeasuring, titleOf, underWay } from "../state/distortion.ts";
import * as store from "../state/store.ts";
import { useKeptFocus } from "./kept-focus.ts";

/** What colours that are measured first are called, and what they say. */
const SHOWN: Readonly<Record<string, string>> = {
  trust: "whether the neighbours that are shown are real and the real ones are shown",
  falseNeighbors: "neighbours on the map that are none in the data",
  missingNeighbors: "neighbours in the data that the map shows elsewhere",
  localStretch: "whether surroundings are drawn larger or smaller than elsewhere",
  anisotropy: "whether surroundings are drawn longer one way than the other",
};

/** Colours by what the map does to each row: measured when that is wanted. */
export function Distortion({ view }: { view: View }) {
  const latent = store.latent.value;
  const { name, distortion } = view.latents[latent]!;
  const section = useRef<HTMLElement>(null);
  useKeptFocus(() => section.current);
  return (
    <section ref={section} aria-labelledby="distortion">
      <h2 id="distortion">What {name} does to each row</h2>
      {distortion.state === "done" ? (
        <Colours view={view} latent={latent} />
      ) : underWay.value.has(latent) ? (
        <Measuring view={view} latent={latent} />
      ) : (
        <p>
          <button type="button" onClick={() => void told(() => measure(view, latent, `trust:${latent}`))}>
            Measure distortion
          </button>{" "}
          to colour every point by how far it can be trusted
        </p>
      )}
    </section>
  );
}

function Measuring({ view, latent }: { view: View; latent: number }) {
  const { stage, done, total } = underWay.value.get(latent) ?? { stage: "waiting", done: 0, total: 1 };
  return (
    <div class="running">
      <progress aria-label={`measuring distortion: ${stage}`} value={done} max={total} />
      <button type="button" onClick={() => void told(() => stopMeasuring(view, latent))}>
        Cancel
      </button>
      {/* Last: its length changes, and the button stays where it is. */}
      <span>{stage}</span>
    </div>
  );
}

function Colours({ view, latent }: { view: View; latent: number }) {
  const { rows } = view.latents[latent]!.distortion;
  const columns = view.columns.filter((column) => column.latent === latent);
  return (
    <>
      <div class="buttons">
        {columns.map((column) => (
          <button
            key={column.name}
            type="button"
            title={SHOWN[column.name.replace(/:\d$/, "")]}
            aria-pressed={store.colour.value === column.name}
            onClick={() => (store.colour.value = column.name)}
          >
            {titleOf(column)}
          </button>
        ))}
      </div>
      {rows !== null && rows < view.rows && (
        <p class="note">
          Measured on {rows.toLocaleString("en")} of {view.rows.toLocaleString("en")} rows; the others are
          grey.
        </p>
      )}
    </>
  );
}
