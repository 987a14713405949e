import { ColourChoice, Search } from "../header.tsx";
import { Legend } from "../legend.tsx";
import { LatentMap } from "../map/map.tsx";
import { Toolbar } from "../map/toolbar.tsx";
import { Notices } from "../notices.tsx";
import { titleOf } from "../state/distortion.ts";
import * as store from "../state/store.ts";
import { namesIn } from "./answers.ts";
import { fromBase64 } from "./base64.ts";
import type { Saved } from "./saved.ts";
import { SavedPoint } from "./saved-point.tsx";
import { SavedScores } from "./saved-scores.tsx";

/** A saved view: its map, what was known of the selected point, its scores, and what it is. */
export function SavedPage({ saved }: { saved: Saved }) {
  const { view, audits } = saved;
  return (
    <>
      <a class="skip" href="#panels">
        Skip the map
      </a>
      <header class="top">
        <h1>{view.latents[0]!.name}</h1>
        <p class="what">
          of {view.original.path}: {view.original.dims} dimensions
        </p>
        <ColourChoice />
        <Search />
      </header>
      <Notices />
      <main class="split">
        <section class="side-map" aria-label="Map">
          <Toolbar />
          <div class="maps of-1">
            <LatentMap view={view} latent={0} first={0} />
          </div>
          <Legend view={view} />
        </section>
        <section class="side-panels saved" id="panels" aria-label="What was saved">
          <SavedPoint saved={saved} nameOf={namesIn(saved)} />
          <Selected />
          {audits[0] && <SavedScores {...audits[0]} />}
          <About saved={saved} />
        </section>
      </main>
    </>
  );
}

function Selected() {
  const rows = store.selection.value;
  return rows && <p>{rows.length.toLocaleString("en")} rows are selected; the others are drawn faint.</p>;
}

function About({ saved }: { saved: Saved }) {
  const { view, total, isometer, date, shown, audits } = saved;
  const { how, variance } = view.latents[0]!.drawn;
  const distortions = view.columns.filter((column) => column.latent !== null).map(titleOf);
  return (
    <section aria-labelledby="about">
      <h2 id="about">About this page</h2>
      <p>
        {view.rows < total
          ? `A sample of ${view.rows.toLocaleString("en")} of ${total.toLocaleString("en")} rows, drawn evenly.`
          : `All ${total.toLocaleString("en")} rows.`}{" "}
        {view.latents[0]!.dims} dimensions
        {how === "as is" ? "" : `, drawn by ${how} (${(100 * variance).toFixed(0)} % of the variance)`}.
        Distances in the data are {view.original.metric}. Positions are float32, as the explorer has them.
      </p>
      {distortions.length > 0 && <p>Measured of each row, to colour by: {distortions.join(", ")}.</p>}
      <PicturesText saved={saved} />
      {audits.length === 0 && <p>It was saved without scores.</p>}
      {shown.picked === null && <p>No point was selected when it was saved, so no neighbours are in it.</p>}
      <p class="note">
        Saved {date} by Isometer {isometer}. This page asks no server for anything.
      </p>
    </section>
  );
}

function PicturesText({ saved: { view, pictures } }: { saved: Saved }) {
  if (!pictures) return null;
  const count = fromBase64(pictures.rows).length / 4;
  if (count >= view.rows) return <p>The picture of every row.</p>;
  return (
    <p>
      Pictures of {count.toLocaleString("en")} of the {view.rows.toLocaleString("en")} rows: the selected
      point and its neighbours, and a sample of the others. More would make this page too large.
    </p>
  );
}
