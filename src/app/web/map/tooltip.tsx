import { useSignal, useSignalEffect } from "@preact/signals";
import type { View } from "../../views-contract.ts";
import { namesOf } from "../api.ts";
import { titleOf } from "../state/distortion.ts";
import * as store from "../state/store.ts";
import { type Screen, toScreen } from "./camera.ts";
import { figure } from "./figure.ts";
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
  const style = placeOf(left, top, screen.value);
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

/** Narrower maps have no room beside a point. */
const NARROW = 480;
/** Pixels from a point to what is said of it. */
const APART = 14;

/** Beside a point; on a narrow map above or below it, as far to the left as the point is across the map, so that none of it is cut off. */
function placeOf(left: number, top: number, { width, height }: Screen) {
  const isBeside = width >= NARROW;
  const [isRight, isLow] = [left > width / 2, top > height / 2];
  const across = isBeside
    ? `${isRight ? "-100% -" : "0% +"} ${APART}px`
    : `${-100 * Math.max(0, Math.min(1, left / width))}%`;
  const down = isBeside ? "-50%" : `${isLow ? "-100% -" : "0% +"} ${APART}px`;
  return { left: `${left}px`, top: `${top}px`, transform: `translate(calc(${across}), calc(${down}))` };
}

function ValueLine({ scene, row }: { scene: Scene; row: number }) {
  const column = store.colourColumn.value;
  const value = scene.values.value?.[row];
  if (!column || value === undefined) return null;
  const text = column.kind === "category" ? (column.categories[value] ?? "none") : figure(value);
  return (
    <div>
      {titleOf(column)}: {text}
    </div>
  );
}
