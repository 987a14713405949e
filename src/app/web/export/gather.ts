import type { NeighborLists, View, ViewColumn } from "../../views-contract.ts";
import { askJson, distancesTo, ellipsesOf, namesOf, neighborsOf, positionsOf } from "../api.ts";
import { drawnFor, once, valuesFor } from "../map/load.ts";
import { auditsOf } from "../panels/scores.tsx";
import { toBase64 } from "../standalone/base64.ts";
import type { Saved, SavedLook, SavedPictures } from "../standalone/saved.ts";
import { titleOf } from "../state/distortion.ts";
import * as store from "../state/store.ts";
import { placesAmong, rowsToPicture, rowsToSave, taken } from "./rows.ts";
import { drawSheet } from "./sheet.ts";
import { MOST_PICTURES } from "./sheet-plan.ts";

export interface GatherOptions {
  /** All columns that can colour the map; else the one that does. */
  readonly everyColumn: boolean;
  readonly names: boolean;
  /** Where rows are pictures. */
  readonly pictures: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, share: number) => void;
}

/** Pairs that a map draws at most: two rows each. */
const BRUSHED = 800;

/** Everything that the page would ask of the map that is drawn now, for a page without a server. */
export async function gather(view: View, options: GatherOptions): Promise<Saved> {
  const { signal, onProgress } = options;
  const [look, columns] = [lookNow(), columnsToSave(view, options.everyColumn)];
  const columnsAsSaved = columns.map(asSaved);
  const { latent, brushed } = look;
  onProgress("reading the map", 0);
  const drawn = await drawnFor(view, latent);
  const lists = await listsOf(view, look, signal);
  const near = lists ? [lists.row, ...[...lists.original, ...lists.latent].map(({ row }) => row)] : [];
  const chosen = rowsToSave(drawn, [...near, ...(brushed ?? [])]);
  const at = placesAmong(chosen);
  const values: string[] = [];
  for (const [i, column] of columns.entries()) {
    onProgress("reading columns", i / columns.length);
    signal.throwIfAborted();
    values.push(toBase64(taken(await valuesFor(view, column), chosen)));
  }
  const ellipses = look.layers.ellipses
    ? await once(view, `ellipses ${latent}`, () => ellipsesOf(view, latent))
    : null;
  const distances = lists && (await distancesTo(view, lists.row));
  const names = options.names ? await namesFor(view, chosen, options) : null;
  const pictures =
    options.pictures && view.picture ? await picturesFor(view, { drawn, near, at }, options) : null;
  signal.throwIfAborted();
  return {
    isometer: (await askJson<{ isometer: string }>("/api")).isometer,
    date: new Date().toISOString().slice(0, 10),
    view: viewToSave(view, latent, { columns: columnsAsSaved, rows: chosen?.length ?? view.rows, pictures }),
    total: view.rows,
    positions: toBase64(taken(await positionsOf(view, latent), chosen, 2)),
    columns: values,
    names,
    rows: chosen && toBase64(chosen),
    lists: lists && among(lists, at),
    distances: distances && toBase64(taken(distances, chosen)),
    ellipses: ellipses && toBase64(taken(ellipses, chosen, 3)),
    audits: auditsOf(view)
      .filter(({ name }) => ["", view.latents[latent]!.name, view.latents[latent]!.path].includes(name))
      .map(({ audit: { rows, scores, warnings } }) => ({
        audit: { rows, scores },
        warnings: warnings.map(({ message }) => message),
      })),
    pictures,
    shown: lookAmong(look, at),
  };
}

/** How the page looks when it is asked to save; it may look otherwise before all is read. */
function lookNow() {
  const { latent, hidden, picked, selection, brushed, nNeighbors, layers, truth, camera } = store;
  const column = store.colourColumn.value;
  return {
    latent: latent.value,
    colour: column && asSaved(column).name,
    hidden: [...hidden.value],
    picked: picked.value,
    selection: selection.value,
    brushed: brushed.value?.slice(0, BRUSHED) ?? null,
    nNeighbors: nNeighbors.value,
    layers: layers.value,
    truth: truth.value > 0 && picked.value !== null ? 1 : 0,
    camera: camera.value,
  };
}

type Look = ReturnType<typeof lookNow>;

/** The neighbours of the selected row, as many as the page shows. */
async function listsOf(
  view: View,
  { latent, picked, nNeighbors }: Look,
  signal: AbortSignal,
): Promise<NeighborLists | null> {
  return picked === null ? null : neighborsOf(view, latent, picked, nNeighbors, signal);
}

/** The column that colours the map may be one that the page made, or that of another latent: movement, and what another map does to each row. */
function columnsToSave(view: View, every: boolean): readonly ViewColumn[] {
  const [now, latent] = [store.colourColumn.value, store.latent.value];
  const own = view.columns.filter((column) => column.latent === null || column.latent === latent);
  const columns = every ? own : [];
  return now && !columns.some(({ name }) => name === now.name) ? [...columns, now] : columns;
}

/** The drawn latent is the only one of a saved page: what is told of another one there has its name. */
function asSaved(column: ViewColumn): ViewColumn {
  if (column.kind === "category" || column.latent === null) return column;
  if (column.latent === store.latent.value) return { ...column, latent: 0 };
  return { ...column, latent: null, name: titleOf(column) };
}

/** Rows whose names one request asks for. */
const NAMES_AT_ONCE = 1000;

/** The names of the rows; null where they are no more than numbers. */
async function namesFor(
  view: View,
  chosen: Int32Array | null,
  { signal, onProgress }: GatherOptions,
): Promise<readonly string[] | null> {
  const count = chosen?.length ?? view.rows;
  const names: string[] = [];
  while (names.length < count) {
    signal.throwIfAborted();
    onProgress("reading names", names.length / count);
    const rows = Array.from({ length: Math.min(NAMES_AT_ONCE, count - names.length) }, (_, i) => {
      return chosen?.[names.length + i] ?? names.length + i;
    });
    names.push(...(await namesOf(view, rows)));
  }
  return names.every((name, i) => name === String(chosen?.[i] ?? i)) ? null : names;
}

/** As many pictures as fit; the selected row and its neighbours first. */
async function picturesFor(
  view: View,
  {
    drawn,
    near,
    at,
  }: {
    readonly drawn: { readonly rows: Int32Array };
    readonly near: readonly number[];
    readonly at: (row: number) => number;
  },
  { signal, onProgress }: GatherOptions,
): Promise<SavedPictures> {
  const rows = rowsToPicture(drawn.rows, near, (row) => at(row) >= 0, MOST_PICTURES);
  const { href, width, height, columns, count } = await drawSheet(view, rows, {
    signal,
    onProgress: (share) => onProgress("reading pictures", share),
  });
  return { href, width, height, columns, rows: toBase64(Int32Array.from(rows.slice(0, count), at)) };
}

function viewToSave(
  view: View,
  latent: number,
  {
    columns,
    rows,
    pictures,
  }: {
    readonly columns: readonly ViewColumn[];
    readonly rows: number;
    readonly pictures: SavedPictures | null;
  },
): View {
  const { path, ...own } = view.latents[latent]!;
  return {
    id: "saved",
    request: { original: view.original.path, latent: [path] },
    rows,
    original: view.original,
    latents: [{ ...own, path, name: path }],
    columns,
    picture: pictures && view.picture,
  };
}

function among(lists: NeighborLists, at: (row: number) => number): NeighborLists {
  const moved = (entries: NeighborLists["original"]) =>
    entries.map((entry) => ({ ...entry, row: at(entry.row) }));
  return { ...lists, row: at(lists.row), original: moved(lists.original), latent: moved(lists.latent) };
}

function lookAmong({ latent: _, ...look }: Look, at: (row: number) => number): SavedLook {
  const selected = look.selection?.map(at).filter((row) => row >= 0);
  return {
    ...look,
    picked: look.picked === null ? null : at(look.picked),
    selection: selected ? toBase64(selected) : null,
    brushed: look.brushed && toBase64(look.brushed.map(at)),
  };
}
