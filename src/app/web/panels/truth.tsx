import { useSignal, useSignalEffect } from "@preact/signals";
import type { Estimate, SelectionAnswer, View } from "../../views-contract.ts";
import { namesOf, pictureUrl, selectionOf } from "../api.ts";
import { useNeighbors } from "../map/scene.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { Distortion } from "./distortion.tsx";
import { NeighborList } from "./neighbor-list.tsx";

/** Of one point: who its neighbours really are, and who only seems so. Of a selection: how far it can be trusted. */
export function Truth({ view }: { view: View }) {
  const answer = useSelectionAnswer(view);
  return (
    <>
      {store.selection.value && <Selection rows={store.selection.value} now={answer.value} />}
      {store.picked.value === null ? (
        <p>Select a point: its true neighbours appear, and those that only seem near.</p>
      ) : (
        <Neighborhood key={store.latent.value} view={view} row={store.picked.value} />
      )}
      <Distortion view={view} />
    </>
  );
}

function Neighborhood({ view, row }: { view: View; row: number }) {
  const lists = useNeighbors(view, store.latent.value).value;
  const name = useName(view, row);
  const isNow = lists?.row === row;
  const pictureOf = view.picture ? (of: number) => pictureUrl(view, of) : undefined;
  const shared = isNow ? lists.original.filter((entry) => entry.shared).length : 0;
  return (
    <section aria-labelledby="picked">
      <h2 id="picked" class="with-picture">
        {view.picture && <img src={pictureUrl(view, row)} alt="" width={48} height={48} />}
        {name}
      </h2>
      <label>
        Neighbours{" "}
        <input
          type="number"
          min={1}
          max={Math.min(100, view.rows - 1)}
          value={store.nNeighbors.value}
          onChange={(event) => {
            const k = Number(event.currentTarget.value);
            store.nNeighbors.value = Math.max(1, Math.min(100, view.rows - 1, Math.round(k) || 10));
          }}
        />
      </label>
      {isNow && (
        <>
          <p aria-live="polite">
            {shared} of the {lists.k} nearest in the data are among the {lists.k} nearest in the latent.
          </p>
          <div class="lists">
            <NeighborList
              pictureOf={pictureOf}
              title="In the data"
              entries={lists.original}
              absent="missing"
            />
            <NeighborList pictureOf={pictureOf} title="In the latent" entries={lists.latent} absent="false" />
          </div>
        </>
      )}
    </section>
  );
}

function useName(view: View, row: number): string {
  const name = useSignal<{ row: number; text: string } | null>(null);
  useSignalEffect(() => {
    const wanted = store.picked.value;
    if (wanted === null) return;
    void told(async () => {
      const [text] = await namesOf(view, [wanted]);
      name.value = { row: wanted, text: text! };
    });
  });
  return name.value?.row === row ? name.value.text : String(row);
}

/** Asks as soon as there is a selection, before anything of it is drawn. */
function useSelectionAnswer(view: View): { readonly value: SelectionAnswer | null } {
  const answer = useSignal<SelectionAnswer | null>(null);
  useSignalEffect(() => {
    const chosen = store.selection.value;
    const latent = store.latent.value;
    answer.value = null;
    if (!chosen) return;
    const controller = new AbortController();
    void told(async () => {
      answer.value = await selectionOf(view, latent, chosen, controller.signal);
      store.answered.value = chosen;
    });
    return () => controller.abort();
  });
  return answer;
}

function Selection({ rows, now }: { rows: Int32Array; now: SelectionAnswer | null }) {
  return (
    <section aria-labelledby="selected" class="selection">
      <h2 id="selected">{rows.length.toLocaleString("en")} rows selected</h2>
      {now === null ? (
        <p>measuring</p>
      ) : (
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">Here</th>
                <th scope="col">Value</th>
                <th scope="col">95 %</th>
                <th scope="col">All rows</th>
              </tr>
            </thead>
            <tbody>
              <Row name="neighbours shown are real" of={now.trustworthiness} />
              <Row name="real neighbours are shown" of={now.continuity} />
              <Row name="neighbours in both" of={now.recall} />
            </tbody>
          </table>
          <p>
            {now.stretch &&
              `Lengths here: ${now.stretch.median.toPrecision(3)} of what they are in the data (90 % between ${now.stretch.low.toPrecision(3)} and ${now.stretch.high.toPrecision(3)}). `}
            {now.sampled < now.rows ? `Measured on ${now.sampled} of the rows, ` : "Measured on all rows, "}
            {now.k} neighbours each, {now.milliseconds.toFixed(0)} ms.
          </p>
        </>
      )}
    </section>
  );
}

function Row({ name, of }: { name: string; of: Estimate }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{of.value.toFixed(3)}</td>
      <td>
        {of.interval[0].toFixed(3)} to {of.interval[1].toFixed(3)}
      </td>
      <td>{of.whole.toFixed(3)}</td>
    </tr>
  );
}
