import { render } from "preact";
import { answerBy } from "../api.ts";
import { picturesBy } from "../map/pictures.ts";
import "../style.css";
import * as store from "../state/store.ts";
import { answersOf } from "./answers.ts";
import { fromBase64 } from "./base64.ts";
import { picturesIn } from "./pictures.ts";
import type { Saved, SavedLook } from "./saved.ts";
import "./saved.css";
import { SavedPage } from "./saved-page.tsx";

const saved = JSON.parse(document.getElementById("saved")!.textContent!) as Saved;
answerBy(answersOf(saved));
lookAs(saved.shown);
store.view.value = saved.view;
void show();

async function show(): Promise<void> {
  if (saved.pictures) {
    const pictureOf = await picturesIn(saved.pictures);
    picturesBy((_, row) => pictureOf(row));
  }
  render(<SavedPage saved={saved} />, document.getElementById("app")!);
}

function lookAs(look: SavedLook): void {
  const rows = (text: string | null) => (text === null ? null : new Int32Array(fromBase64(text).buffer));
  store.colour.value = look.colour;
  store.hidden.value = new Set(look.hidden);
  store.picked.value = look.picked;
  store.selection.value = rows(look.selection);
  store.brushed.value = rows(look.brushed);
  store.nNeighbors.value = look.nNeighbors;
  store.layers.value = look.layers;
  store.truth.value = look.truth;
  store.camera.value = look.camera;
}
