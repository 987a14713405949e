import { signal } from "@preact/signals";
import type { Progress } from "../../../base/index.ts";
import type { View, ViewColumn } from "../../views-contract.ts";
import { measureDistortion, Refusal, stopDistortion, viewNow } from "../api.ts";
import * as store from "./store.ts";

/** Latents whose rows are being measured by the server while the page waits, and how far that is. */
export const underWay = signal<ReadonlyMap<number, Progress | null>>(new Map());

/** Milliseconds between two questions. */
const PACE = 300;

/** What stops the waiting, by latent. */
const waiting = new Map<number, AbortController>();

/** Has the server measure what a map does to each row; points are coloured by `colour` then. */
export async function measure(view: View, latent: number, colour: string): Promise<void> {
  waiting.get(latent)?.abort();
  const controller = new AbortController();
  waiting.set(latent, controller);
  try {
    for (let now = await measureDistortion(view, latent); ; now = await viewNow(view)) {
      const { state, progress, error } = now.latents[latent]!.distortion;
      if (controller.signal.aborted || store.view.value?.id !== view.id) return;
      if (state === "failed") throw new Refusal(error!);
      // Another page of the same view stopped it.
      if (state === "none") return;
      if (state === "done") {
        store.view.value = now;
        store.colour.value = colour;
        return;
      }
      underWay.value = new Map(underWay.value).set(latent, progress);
      await new Promise((later) => setTimeout(later, PACE));
    }
  } finally {
    leave(latent, controller);
  }
}

/** Stops what is being measured of a latent. */
export async function stopMeasuring(view: View, latent: number): Promise<void> {
  const controller = waiting.get(latent);
  controller?.abort();
  if (controller) leave(latent, controller);
  await stopDistortion(view, latent);
}

/** Nobody waits any more, unless somebody has begun anew. */
function leave(latent: number, controller: AbortController): void {
  if (waiting.get(latent) !== controller) return;
  waiting.delete(latent);
  underWay.value = new Map([...underWay.value].filter(([other]) => other !== latent));
}

/** Distortions are called "falseNeighbors:0". */
const DISTORTION = /^(\w+):(\d)$/;

/** The latent that a colour is a distortion of; null where it is none. */
export function latentOfColour(name: string | null): number | null {
  const found = DISTORTION.exec(name ?? "");
  return found && Number(found[2]);
}

/** What a column is called for people: "false neighbors"; where another latent is drawn, "false neighbors of umap". */
export function titleOf({ name, latent }: ViewColumn): string {
  const found = latent === null ? null : DISTORTION.exec(name);
  if (!found) return name;
  const words = found[1]!.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return latent === store.latent.value ? words : `${words} of ${store.view.value!.latents[latent!]!.name}`;
}
