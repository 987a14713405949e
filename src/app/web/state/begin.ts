import { IsometerError } from "../../../base/index.ts";
import type { View, ViewRequest } from "../../views-contract.ts";
import { askJson, openView, Refusal } from "../api.ts";
import { latentOfColour, measure } from "./distortion.ts";
import * as store from "./store.ts";
import { readUrl, writeUrl } from "./url.ts";

/** Opens what the address asks for; without a word, what the server suggests. */
export async function begin(): Promise<void> {
  const { request, isChoice } = readUrl();
  writeUrl();
  await told(async () => {
    const { files } = await askJson<{ files: readonly store.ServedFile[] }>("/api/files");
    store.files.value = files;
    if (isChoice) return;
    const suggested = request ?? (await askJson<{ request: ViewRequest | null }>("/api/suggestion")).request;
    if (suggested) await open(suggested);
  });
}

/** Opens a view; what was chosen in another one is let go. */
export async function open(request: ViewRequest): Promise<void> {
  await told(async () => {
    const view = await reading(request);
    const before = store.view.value;
    if (before) {
      store.picked.value = null;
      store.selection.value = null;
      store.truth.value = 0;
      store.hidden.value = new Set();
      store.way.value = 0;
      store.wish.value = { ...store.wish.value, from: null, to: null };
      store.morphed.value = null;
    }
    store.latent.value = Math.min(store.latent.value, view.latents.length - 1);
    if (store.picked.value !== null && !(store.picked.value < view.rows)) store.picked.value = null;
    store.nNeighbors.value = Math.max(1, Math.min(store.nNeighbors.value, view.rows - 1));
    const kept = store.selection.value?.filter((row) => row < view.rows);
    store.selection.value = kept?.length ? kept : null;
    store.view.value = view;
    if (store.colourColumn.value) return;
    const wanted = store.colour.value;
    const latent = latentOfColour(wanted);
    store.colour.value = view.columns[0]?.name ?? null;
    if (latent !== null && latent < view.latents.length) void told(() => measure(view, latent, wanted!));
  });
}

/** The view, once its files are read. One is read at a time. @throws AbortError when it is stopped */
async function reading(request: ViewRequest): Promise<View> {
  store.busy.peek()?.stop();
  const controller = new AbortController();
  const busy = { what: "reading the files", stop: () => controller.abort() };
  store.busy.value = busy;
  try {
    return await openView(request, controller.signal);
  } finally {
    if (store.busy.peek() === busy) store.busy.value = null;
  }
}

/** Does something that may be refused; the refusal is shown, and that of something before no more. */
export async function told(work: () => Promise<void>): Promise<void> {
  store.trouble.value = null;
  await toldBeside(work);
}

/** The same of what goes on by itself: what was refused to a person stays in sight. */
export async function toldBeside(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (wasStopped(error)) return;
    const hint = error instanceof Refusal || error instanceof IsometerError ? error.hint : undefined;
    store.trouble.value = { message: error instanceof Error ? error.message : String(error), hint };
  }
}

/** Whoever stops something needs no word about it. */
function wasStopped(error: unknown): boolean {
  if (error instanceof DOMException) return error.name === "AbortError";
  return error instanceof IsometerError && error.code === "aborted";
}
