import { existsSync } from "node:fs";
import { join } from "node:path";
import { IsometerError } from "../base/index.ts";

/** Where a store is, taken apart. */
export type StoreAddress =
  | { readonly kind: "flat"; readonly folder: string }
  | { readonly kind: "lance"; readonly folder: string; readonly table: string }
  | { readonly kind: "pgvector"; readonly connection: string; readonly table: string; readonly place: string }
  | { readonly kind: "qdrant"; readonly url: string; readonly collection: string; readonly place: string };

const DEFAULT_TABLE = "items";
const SCHEME = /^(flat|lance|postgres|postgresql|qdrant|qdrants):/;

/** Whether a text names a store: a folder with a store, or an address with the scheme of a store. */
export function isStoreAddress(text: string): boolean {
  return SCHEME.test(text) || (text !== "" && (existsSync(join(text, "store.json")) || holdsLance(text)));
}

/** Whether LanceDB keeps our table in a folder. */
function holdsLance(folder: string): boolean {
  return existsSync(join(folder, `${DEFAULT_TABLE}.lance`)) && !existsSync(join(folder, "store.json"));
}

/** Rows up to which a flat store is the default: beyond, comparing with all takes longer than people wait. */
export const FLAT_ROWS = 1_000_000;

/** The address of a new store for so many rows: a folder without a scheme holds a flat store up to a million of them, beyond one of LanceDB where that is installed. */
export async function addressFor(address: string, rows: number, most = FLAT_ROWS): Promise<string> {
  if (SCHEME.test(address) || rows <= most) return address;
  const isThere = await import("@lancedb/lancedb").then(
    () => true,
    () => false,
  );
  return isThere ? `lance:${address}` : address;
}

/**
 * Takes an address apart: `DIR` or `flat:DIR` (a `DIR` in which LanceDB has its table `items` is `lance:DIR`); `lance:DIR` or `lance:DIR#TABLE`; `postgres://...` with `?table=NAME`; `qdrant://HOST:PORT/COLLECTION`, `qdrants:` by https. The table is
 * `items` where none is named.
 *
 * @throws bad-option
 */
export function parseAddress(text: string): StoreAddress {
  const scheme = SCHEME.exec(text)?.[1];
  const rest = text.slice((scheme?.length ?? -1) + 1);
  if (scheme === undefined || scheme === "flat") {
    if (rest === "") throw malformed(text, "a folder: flat:DIR");
    if (scheme === undefined && holdsLance(rest))
      return { kind: "lance", folder: rest, table: DEFAULT_TABLE };
    return { kind: "flat", folder: rest };
  }
  if (scheme === "lance") {
    const at = rest.lastIndexOf("#");
    const [folder, table] = at < 0 ? [rest, DEFAULT_TABLE] : [rest.slice(0, at), rest.slice(at + 1)];
    if (folder === "" || table === "") throw malformed(text, "a folder: lance:DIR or lance:DIR#TABLE");
    return { kind: "lance", folder, table };
  }
  return scheme.startsWith("postgres") ? parsePostgres(text) : parseQdrant(text, scheme);
}

function parsePostgres(text: string): StoreAddress {
  const url = parseUrl(text);
  if (!url) throw malformed(text, "postgres://USER@HOST:PORT/DATABASE?table=NAME");
  const table = url.searchParams.get("table") || DEFAULT_TABLE;
  url.searchParams.delete("table");
  return { kind: "pgvector", connection: url.href, table, place: showAddress(text) };
}

function parseQdrant(text: string, scheme: string): StoreAddress {
  const needed = "qdrant://HOST:PORT/COLLECTION";
  const url = parseUrl(text);
  const collection = decodeURIComponent(url?.pathname.replace(/^\/+|\/+$/g, "") ?? "");
  if (!url?.hostname || collection === "" || collection.includes("/")) throw malformed(text, needed);
  if (url.username || url.password || url.search) {
    throw new IsometerError("bad-option", `${showAddress(text)}: a key is no part of an address of Qdrant`, {
      needed,
      hint: "Set the environment variable QDRANT_API_KEY instead.",
    });
  }
  const port = url.port || "6333";
  return {
    kind: "qdrant",
    url: `${scheme === "qdrants" ? "https" : "http"}://${url.hostname}:${port}`,
    collection,
    place: showAddress(text),
  };
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function malformed(text: string, needed: string): IsometerError {
  return new IsometerError("bad-option", `${showAddress(text)} is no address of a store`, {
    got: showAddress(text),
    needed,
    hint: `Write ${needed}.`,
  });
}

/** An address as it may be shown and kept: without the password, and without parameters that are secrets. */
export function showAddress(text: string): string {
  if (!/^(postgres|postgresql|qdrant|qdrants):/.test(text)) return text;
  const url = parseUrl(text);
  if (!url) return `${text.slice(0, text.indexOf(":"))}:...`;
  url.password = "";
  const table = url.searchParams.get("table");
  url.search = table === null ? "" : `?table=${encodeURIComponent(table)}`;
  url.hash = "";
  return url.href;
}
