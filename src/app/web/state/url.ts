import { effect } from "@preact/signals";
import type { ViewRequest } from "../../views-contract.ts";
import { isHome } from "../map/home.ts";
import * as store from "./store.ts";

/** What a link asks for. */
export interface Asked {
  readonly request: ViewRequest | null;
  /** To choose, whatever the server suggests. */
  readonly isChoice: boolean;
}

const TEXTS = [
  "labels",
  "id",
  "vector",
  "latentVector",
  "metric",
  "latentMetric",
  "imageSize",
  "imageMode",
] as const;

/** Takes what the address says into the page. */
export function readUrl(): Asked {
  const said = new URLSearchParams(location.search);
  const whole = (name: string) => (/^\d+$/.test(said.get(name) ?? "") ? Number(said.get(name)) : null);
  const tab = store.TABS.find((known) => known === said.get("tab"));
  if (tab) store.tab.value = tab;
  store.latent.value = whole("at") ?? 0;
  store.target.value = whole("to") ?? 1;
  store.maps.value = ([2, 3] as const).find((count) => count === whole("maps")) ?? 1;
  store.way.value = Math.max(0, Math.min(1, Number(said.get("way")) || 0));
  const { wish } = store;
  wish.value = {
    ...wish.value,
    from: whole("from"),
    to: whole("until"),
    decoder: said.get("decoder") ?? "",
    kind: (["spherical", "data"] as const).find((kind) => kind === said.get("by")) ?? "geodesic",
    space: said.get("through") === "data" ? "data" : "latent",
  };
  store.colour.value = said.get("colour");
  store.hidden.value = new Set(said.getAll("without"));
  store.picked.value = whole("row");
  store.nNeighbors.value = Math.max(1, Math.min(100, whole("k") ?? 10));
  store.truth.value = said.has("truth") ? 1 : 0;
  const rows = (said.get("rows") ?? "").split(",").filter((text) => /^\d{1,9}$/.test(text));
  if (rows.length > 0) store.selection.value = Int32Array.from(new Set(rows), Number).sort();
  const on = said.get("layers");
  if (on !== null) {
    store.layers.value = {
      ellipses: on.includes("ellipses"),
      contours: on.includes("contours"),
      labels: on.includes("labels"),
    };
  }
  const seen = said.get("seen")?.split(",").map(Number);
  if (seen?.length === 3 && seen.every(Number.isFinite) && seen[2]! > 0) {
    store.camera.value = { x: seen[0]!, y: seen[1]!, width: seen[2]! };
  }
  const original = said.get("original");
  const latent = said.getAll("latent");
  if (!original || latent.length === 0) return { request: null, isChoice: said.has("choose") };
  const texts = Object.fromEntries(
    TEXTS.flatMap((name) => (said.get(name) ? [[name, said.get(name)!]] : [])),
  );
  return { request: { original, latent, ...texts }, isChoice: false };
}

/** Rows of a selection that still fit into an address. */
const MOST_ROWS = 200;

/** Keeps the address in step with the page, so that a reload or a link brings it back. */
export function writeUrl(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const text = addressOf();
    clearTimeout(timer);
    // Moving the map changes it with every frame.
    timer = setTimeout(
      () => history.replaceState(null, "", `${location.pathname}${text && `?${text}`}`),
      150,
    );
  });
}

function addressOf(): string {
  const { request } = store.view.value ?? {};
  if (!request) return location.search.slice(1);
  const said = new URLSearchParams({ original: request.original });
  for (const path of request.latent) said.append("latent", path);
  for (const name of TEXTS) if (request[name]) said.set(name, request[name]);
  const say = (name: string, value: string | number | null, otherwise: string | number | null) => {
    if (value !== null && value !== otherwise) said.set(name, String(value));
  };
  say("at", store.latent.value, 0);
  say("to", store.target.value, 1);
  say("maps", store.maps.value, 1);
  say("way", Number(store.way.value.toFixed(3)), 0);
  const { from, to, decoder, kind, space } = store.wish.value;
  say("from", from, null);
  say("until", to, null);
  say("decoder", decoder, "");
  say("by", kind, "geodesic");
  say("through", space, "latent");
  say("tab", store.tab.value, "truth");
  say("colour", store.colour.value, null);
  say("row", store.picked.value, null);
  say("k", store.nNeighbors.value, 10);
  if (store.truth.value > 0) said.set("truth", "1");
  for (const name of store.hidden.value) said.append("without", name);
  const { ellipses, contours, labels } = store.layers.value;
  say(
    "layers",
    [ellipses && "ellipses", contours && "contours", labels && "labels"].filter(Boolean).join("+"),
    "labels",
  );
  const rows = store.selection.value;
  if (rows && rows.length <= MOST_ROWS) said.set("rows", rows.join(","));
  const { x, y, width } = store.camera.value;
  if (!isHome(store.camera.value)) said.set("seen", [x, y, width].map((value) => value.toFixed(4)).join(","));
  return said.toString();
}
