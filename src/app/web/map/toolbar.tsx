import * as store from "../state/store.ts";
import { showAll } from "./home.ts";
import { recentre } from "./scene.ts";

/** What a drag does, what is drawn above the points, and the way back to all. */
export function Toolbar() {
  const layer = (name: keyof typeof store.layers.value, text: string) => (
    <button
      type="button"
      aria-pressed={store.layers.value[name]}
      onClick={() => (store.layers.value = { ...store.layers.value, [name]: !store.layers.value[name] })}
    >
      {text}
    </button>
  );
  const tool = (name: "move" | "lasso", text: string) => (
    <button type="button" aria-pressed={store.tool.value === name} onClick={() => (store.tool.value = name)}>
      {text}
    </button>
  );
  const isTrue = store.truth.value > 0;
  return (
    <div class="toolbar" role="toolbar" aria-label="Map tools">
      <span class="group">
        {tool("move", "Move")}
        {tool("lasso", "Lasso")}
      </span>
      <span class="group">
        {layer("ellipses", "Ellipses")}
        {layer("contours", "Density")}
        {layer("labels", "Labels")}
      </span>
      <button
        type="button"
        aria-pressed={isTrue}
        disabled={store.picked.value === null}
        title="Moves points to their true distance from the selected one"
        onClick={() => recentre(isTrue ? 0 : 1)}
      >
        True distances
      </button>
      <button type="button" onClick={showAll}>
        Show all
      </button>
      {store.selection.value && (
        <button type="button" onClick={() => (store.selection.value = null)}>
          Let go of {store.selection.value.length.toLocaleString("en")}
        </button>
      )}
    </div>
  );
}
