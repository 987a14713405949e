import { useSignal, useSignalEffect } from "@preact/signals";
import type { View, ViewColumn } from "../views-contract.ts";
import { BETTER, MOST_CATEGORIES } from "./export/legend.ts";
import { css, hueOf, middleOf, onScale } from "./map/colours.ts";
import { figure } from "./map/figure.ts";
import { valuesFor } from "./map/load.ts";
import { toldBeside } from "./state/begin.ts";
import { titleOf } from "./state/distortion.ts";
import * as store from "./state/store.ts";

/** What colours mean; categories are left out and taken in by a click. */
export function Legend({ view }: { view: View }) {
  const column = store.colourColumn.value;
  if (!column) return null;
  return (
    <section class="legend" aria-label={`Colours: ${titleOf(column)}`}>
      <h2>{titleOf(column)}</h2>
      {column.kind === "category" ? (
        <Categories column={column} />
      ) : (
        <Scale key={column.name} view={view} column={column} />
      )}
    </section>
  );
}

function Categories({ column }: { column: Extract<ViewColumn, { kind: "category" }> }) {
  const toggle = (name: string) => {
    const next = new Set(store.hidden.value);
    if (!next.delete(name)) next.add(name);
    store.hidden.value = next;
  };
  const shown = column.categories.slice(0, MOST_CATEGORIES);
  return (
    <ul class="categories">
      {shown.map((name, code) => (
        <li key={name}>
          <button type="button" aria-pressed={!store.hidden.value.has(name)} onClick={() => toggle(name)}>
            <span class="swatch" style={{ background: css(hueOf(code)) }} />
            {name}
          </button>
        </li>
      ))}
      {column.categories.length > MOST_CATEGORIES && (
        <li>and {column.categories.length - MOST_CATEGORIES} more</li>
      )}
      {store.hidden.value.size > 0 && (
        <li>
          <button type="button" onClick={() => (store.hidden.value = new Set())}>
            Show all
          </button>
        </li>
      )}
    </ul>
  );
}

function Scale({ view, column }: { view: View; column: Extract<ViewColumn, { kind: "number" }> }) {
  const ends = useSignal({ low: column.min, high: column.max });
  useSignalEffect(() => {
    void toldBeside(async () => {
      ends.value = middleOf((await valuesFor(view, column)) as Float32Array);
    });
  });
  const steps = Array.from({ length: 11 }, (_, i) => css(onScale(column, i / 10)));
  return (
    <div class="scale">
      <span>{figure(ends.value.low)}</span>
      <span class="ramp" style={{ background: `linear-gradient(to right, ${steps.join(", ")})` }} />
      <span>{figure(ends.value.high)}</span>
      {column.better && <span class="note">{BETTER[column.better]}</span>}
    </div>
  );
}
