import { useSignal } from "@preact/signals";
import type { View } from "../../views-contract.ts";
import { askJson } from "../api.ts";
import { fileName } from "../export/file-name.ts";
import { legendOf } from "../export/legend.ts";
import type { Scheme } from "../export/palette.ts";
import { type PictureOptions, pngPicture, SVG_CIRCLES, svgPicture } from "../export/picture.ts";
import { save } from "../export/save.ts";
import { valuesFor } from "../map/load.ts";
import { told } from "../state/begin.ts";
import { titleOf } from "../state/distortion.ts";
import * as store from "../state/store.ts";

const SCHEMES: readonly Scheme[] = ["as shown", "light", "dark"];

/** The map as it is seen now, with its legend and a caption. */
export function ExportPicture({ view }: { view: View }) {
  const scheme = useSignal<Scheme>("as shown");
  const drawing = useSignal(false);
  const start = async (kind: "png" | "svg") => {
    drawing.value = true;
    await told(async () => {
      const words = await wordsOf(view);
      const draw = kind === "png" ? pngPicture : svgPicture;
      const picture = await draw({ scheme: scheme.value, ...words });
      save(picture, fileName(view.latents[store.latent.value]!.path, `map.${kind}`));
    });
    drawing.value = false;
  };
  return (
    <section aria-labelledby="export-picture">
      <h2 id="export-picture">Picture</h2>
      <p>
        The first map of the page as it is seen now, with legend and caption. PNG has twice as many pixels
        across as the page; SVG holds up to {SVG_CIRCLES.toLocaleString("en")} points as circles, more of them
        as one image.
      </p>
      <label>
        Paper{" "}
        <select
          value={scheme.value}
          onChange={(event) => (scheme.value = event.currentTarget.value as Scheme)}
        >
          {SCHEMES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <div class="buttons">
        <button type="button" disabled={drawing.value} onClick={() => void start("png")}>
          Save PNG
        </button>
        <button type="button" disabled={drawing.value} onClick={() => void start("svg")}>
          Save SVG
        </button>
      </div>
    </section>
  );
}

/** What stands below the map. */
async function wordsOf(view: View): Promise<Omit<PictureOptions, "scheme">> {
  const latent = view.latents[store.latent.value]!;
  const { how, variance } = latent.drawn;
  const column = store.colourColumn.value;
  const { isometer } = await askJson<{ isometer: string }>("/api");
  const drawn = how === "as is" ? "" : `, ${how} (${(100 * variance).toFixed(0)} % of its variance)`;
  const isMoved = store.truth.value > 0 && store.picked.value !== null;
  return {
    title: `${latent.path}${drawn}`,
    caption: [
      `${view.rows.toLocaleString("en")} rows of ${view.original.path}, ${view.original.dims} dimensions, ${view.original.metric}`,
      ...(isMoved
        ? ["Distances from the ringed point are true, all others are not; directions are the map's."]
        : []),
      ...(store.selection.value
        ? [`${store.selection.value.length.toLocaleString("en")} rows are selected; the others are faint.`]
        : []),
      `Isometer ${isometer}`,
    ],
    legend:
      column &&
      legendOf({ ...column, name: titleOf(column) }, await valuesFor(view, column), store.hidden.value),
  };
}
