import { useSignal, useSignalEffect } from "@preact/signals";
import type { View } from "../../views-contract.ts";
import { namesOf } from "../api.ts";
import { titleOf } from "../state/distortion.ts";
import * as store from "../state/store.ts";
import { type Screen, toScreen } from "./camera.ts";
import { pictureOf } from "./pictures.ts";
import type { Scene } from "./scene.ts";

/** Milliseconds that the pointer has to rest before anything is fetched. */
const PATIENCE = 60;

/** What is known of the row under the pointer. */
export function Tooltip({ view, scene, screen }: { view: View; scene: Scene; screen: { value: Screen } }) {
  const told = useSignal<{ row: number; name: string } | null>(null);
  useSignalEffect(() => {
    const row = store.hovered.value;
    if (row === null) {
      told.value = null;
      return;
    }
    const timer = setTimeout(async () => {
      const [name] = await namesOf(view, [row]).catch(() => []);
      if (store.hovered.value === row) told.value = { row, name: name ?? String(row) };
    }, PATIENCE);
    return () => clearTimeout(timer);
  });
  const [now, drawn, places] = [told.value, scene.drawn.value, scene.places.value];
  if (!now || !drawn || !places) return null;
  const at = drawn.order[now.row]!;
  const [left, top] = toScreen(store.camera.value, screen.value, places[2 * at]!, places[2 * at + 1]!);
  const isRight = left > screen.value.width / 2;
  const style = {
    left: `${left}px`,
    top: `${top}px`,
    transform: `translate(${isRight ? "calc(-100% - 14px)" : "14px"}, -50%)`,
  };
  const picture = pictureOf(view, now.row);
  return (
    <div class="tooltip" style={style} role="status">
      {picture && <img src={picture} alt="" width={56} height={56} />}
      <div>
        <strong>{now.name}</strong>
        <ValueLine scene={scene} row={now.row} />
      </div>
    </div>
  );
}

function ValueLine({ scene, row }: { scene: Scene; row: number }) {
  const column = store.colourColumn.value;
  const value = scene.values.value?.[row];
  if (!column || value === undefined) return null;
  const text = column.kind === "category" ? (column.categories[value] ?? "none") : value.toPrecision(3);
  return (
    <div>
      {titleOf(column)}: {text}
    </div>
  );
}
