import { useSignal, useSignalEffect } from "@preact/signals";
import type { ViewColumn } from "../../views-contract.ts";
import { figure } from "../map/figure.ts";
import { valuesFor } from "../map/load.ts";
import { pictureOf } from "../map/pictures.ts";
import { NeighborList } from "../panels/neighbor-list.tsx";
import { told } from "../state/begin.ts";
import { titleOf } from "../state/distortion.ts";
import * as store from "../state/store.ts";
import type { Saved } from "./saved.ts";

interface SavedPointProps {
  readonly saved: Saved;
  readonly nameOf: (row: number) => string;
}

/** The selected point: its values, and its neighbours where they were saved. */
export function SavedPoint({ saved, nameOf }: SavedPointProps) {
  const row = store.picked.value;
  const { lists, view } = saved;
  if (row === null) return <p>Select a point to see what is known of it.</p>;
  const picture = pictureOf(view, row);
  // Those of the neighbours that are listed were all saved.
  const pictureIn = view.picture ? (of: number) => pictureOf(view, of)! : undefined;
  return (
    <section aria-labelledby="picked">
      <h2 id="picked" class="with-picture">
        {picture && <img src={picture} alt="" width={48} height={48} />}
        {nameOf(row)}
      </h2>
      <Values columns={view.columns} saved={saved} row={row} />
      {lists?.row === row ? (
        <>
          <p>
            {lists.original.filter(({ shared }) => shared).length} of the {lists.k} nearest in the data are
            among the {lists.k} nearest in the latent.
          </p>
          <div class="lists">
            <NeighborList
              pictureOf={pictureIn}
              title="In the data"
              entries={lists.original}
              absent="missing"
            />
            <NeighborList pictureOf={pictureIn} title="In the latent" entries={lists.latent} absent="false" />
          </div>
        </>
      ) : (
        lists && (
          <p>
            Its neighbours were not saved. Those of {nameOf(lists.row)} were.{" "}
            <button type="button" onClick={() => (store.picked.value = lists.row)}>
              Back to {nameOf(lists.row)}
            </button>
          </p>
        )
      )}
    </section>
  );
}

function Values({ columns, saved, row }: { columns: readonly ViewColumn[]; saved: Saved; row: number }) {
  const texts = useSignal<readonly string[]>([]);
  useSignalEffect(() => {
    const wanted = store.picked.value;
    if (wanted === null) return;
    void told(async () => {
      const values = await Promise.all(columns.map((column) => valuesFor(saved.view, column)));
      texts.value = columns.map((column, i) => valueText(column, values[i]![wanted]!));
    });
  });
  if (texts.value.length === 0) return null;
  return (
    <table>
      <tbody>
        {columns.map((column, i) => (
          <tr key={`${column.name} ${row}`}>
            <th scope="row">{titleOf(column)}</th>
            <td>{texts.value[i]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function valueText(column: ViewColumn, value: number): string {
  if (column.kind === "category") return column.categories[value] ?? "none";
  return Number.isNaN(value) ? "none" : figure(value);
}
