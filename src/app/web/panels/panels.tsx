import type { ComponentType } from "preact";
import { useRef } from "preact/hooks";
import type { View } from "../../views-contract.ts";
import * as store from "../state/store.ts";
import { Compare } from "./compare.tsx";
import { Export } from "./export.tsx";
import { Morph } from "./morph.tsx";
import { Pairs } from "./pairs.tsx";
import { Run } from "./run.tsx";
import { Scores } from "./scores.tsx";
import { Truth } from "./truth.tsx";

const PANELS: Record<store.Tab, { title: string; panel: ComponentType<{ view: View }> }> = {
  truth: { title: "Truth", panel: Truth },
  pairs: { title: "Pairs", panel: Pairs },
  scores: { title: "Scores", panel: Scores },
  compare: { title: "Compare", panel: Compare },
  morph: { title: "Morph", panel: Morph },
  run: { title: "Run", panel: Run },
  export: { title: "Export", panel: Export },
};

/** What is true of the map, a tab for each question. */
export function Panels({ view }: { view: View }) {
  const list = useRef<HTMLDivElement>(null);
  const chosen = store.tab.value;
  const { panel: Panel } = PANELS[chosen];
  const step = (by: number) => {
    const at = (store.TABS.indexOf(chosen) + by + store.TABS.length) % store.TABS.length;
    store.tab.value = store.TABS[at]!;
    list.current!.querySelectorAll<HTMLElement>("[role=tab]")[at]!.focus();
  };
  return (
    <section class="side-panels" id="panels" aria-label="What is true of the map">
      <div
        ref={list}
        role="tablist"
        aria-label="Questions"
        onKeyDown={(event) => {
          if (event.key === "ArrowRight") step(1);
          if (event.key === "ArrowLeft") step(-1);
        }}
      >
        {store.TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === chosen}
            aria-controls="panel"
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => (store.tab.value = name)}
          >
            {PANELS[name].title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${chosen}`}>
        <Panel view={view} />
      </div>
    </section>
  );
}
