import { signal } from "@preact/signals";
import type { Progress } from "../../../base/index.ts";
import type { View, ViewColumn } from "../../views-contract.ts";
import { measureDistortion, Refusal, viewNow } from "../api.ts";
import * as store from "./store.ts";

/** The latent whose rows are being measured, and how far that is. */
export const underWay = signal<{ readonly latent: number; readonly progress: Progress | null } | null>(null);

/** Milliseconds between two questions. */
const PACE = 300;

/** Has the server measure what a map does to each row; points are coloured by `colour` then. */
export async function measure(view: View, latent: number, colour: string): Promise<void> {
  try {
    for (let now = await measureDistortion(view, latent); ; now = await viewNow(view)) {
      const { state, progress, error } = now.latents[latent]!.distortion;
      if (store.view.value?.id !== view.id) return;
      if (state === "failed") throw new Refusal(error!);
      if (state === "done") {
        store.view.value = now;
        store.colour.value = colour;
        return;
      }
      underWay.value = { latent, progress };
      await new Promise((later) => setTimeout(later, PACE));
    }
  } finally {
    underWay.value = null;
  }
}

/** Distortions are called "falseNeighbors:0". */
const DISTORTION = /^(\w+):(\d)$/;

/** The latent that a colour is a distortion of; null where it is none. */
export function latentOfColour(name: string | null): number | null {
  const found = DISTORTION.exec(name ?? "");
  return found && Number(found[2]);
}

/** What a column is called for people: "false neighbors". */
export function titleOf({ name, latent }: ViewColumn): string {
  const found = latent === null ? null : DISTORTION.exec(name);
  return found ? found[1]!.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : name;
}
