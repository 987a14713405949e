import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { IsometerError } from "../base/index.ts";
import { parseAddress, type StoreAddress } from "./address.ts";
import type { StorePlace } from "./conformance.ts";
import { createStore, type OpenOptions, openStore } from "./open.ts";
import { type Failures, told } from "./peer.ts";

/** A place for checks beside a store, of the same kind and with the same ways in. */
export interface ScratchPlace extends StorePlace {
  /** Where, for a person; without secrets. */
  readonly shown: string;
  /** Takes away all that was made there. */
  remove(): Promise<void>;
}

/** No user's folder, table or collection is called so. */
const MARK = "isometer-conformance";

/** How scratch stores of one kind are named and taken away. */
interface Scratch {
  readonly shown: string;
  addressOf(name: string): string;
  /** Takes a store away, where it is there. */
  drop(name: string): Promise<void>;
  /** Takes away what is left when all stores are gone. */
  finish(): Promise<void>;
}

/**
 * A place for the checks of `checkStore` beside the store at an address: a folder next to its folder, or tables or collections next to it, under names that are the same each time. What an interrupted run
 * left under a name is taken away before that is made anew. The store itself is neither opened nor changed, and need not be there.
 *
 * @throws bad-option no such address; store-failed
 */
export async function scratchPlace(
  address: string,
  options: Omit<OpenOptions, "readOnly"> = {},
): Promise<ScratchPlace> {
  const { addressOf, shown, drop, finish } = scratchOf(parseAddress(address), address);
  const made = new Set<string>();
  return {
    shown,
    async create(name, schema) {
      await drop(name);
      made.add(name);
      return createStore(addressOf(name), schema, options);
    },
    reopen: (name) => openStore(addressOf(name), options),
    async remove() {
      for (const name of made) await drop(name);
      await finish();
    },
  };
}

function scratchOf(parsed: StoreAddress, address: string): Scratch {
  switch (parsed.kind) {
    case "flat":
      return besideFolder(parsed.folder, "flat");
    case "lance":
      return besideFolder(parsed.folder, "lance");
    case "pgvector":
      return tablesBeside(parsed.connection, parsed.place, address);
    case "qdrant":
      return collectionsBeside(parsed.url, parsed.place, address);
  }
}

/** Flat stores, or folders of LanceDB, in one folder. */
function besideFolder(folder: string, scheme: "flat" | "lance"): Scratch {
  // Of a folder with a slash at its end, or of ".", too.
  const beside = `${resolve(folder)}.${MARK}`;
  return {
    shown: beside,
    addressOf: (name) => `${scheme}:${beside}/${name}`,
    drop: (name) => removed(`${beside}/${name}`),
    finish: () => removed(beside),
  };
}

async function removed(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (cause) {
    throw new IsometerError("store-failed", `${folder} cannot be taken away: ${(cause as Error).message}`, {
      got: folder,
      hint: "Stores of the checks are made beside the store: its folder has to lie in one that may be written to.",
      cause,
    });
  }
}

/** "conformance-cosine" -> "isometer-conformance-cosine" */
const named = (name: string) => `${MARK}-${name.replace(/^conformance-/, "")}`;

/** Tables of the same database. */
function tablesBeside(connection: string, place: string, address: string): Scratch {
  return {
    shown: `tables "${named("...")}" of ${place}`,
    addressOf(name) {
      const url = new URL(address);
      url.searchParams.set("table", named(name));
      return url.href;
    },
    async drop(name) {
      const { connectPostgres, failuresOf } = await import("./pgvector-table.ts");
      const { identifier } = await import("./pgvector-sql.ts");
      const { client, close } = await connectPostgres(connection, place);
      try {
        await told(failuresOf(place), () => client.query(`DROP TABLE IF EXISTS ${identifier(named(name))}`));
      } finally {
        await close();
      }
    },
    finish: async () => {},
  };
}

/** Collections of the same server. */
function collectionsBeside(url: string, place: string, address: string): Scratch {
  const failures: Failures = {
    place,
    full: /507/,
    gone: /ECONN|ENOTFOUND|EHOSTUNREACH|fetch failed/,
    check: "Check that the server runs, and QDRANT_API_KEY where it asks for a key.",
  };
  return {
    shown: `collections ${named("...")} beside ${place}`,
    addressOf: (name) => Object.assign(new URL(address), { pathname: `/${named(name)}` }).href,
    drop: (name) =>
      told(failures, async () => {
        const key = process.env.QDRANT_API_KEY;
        const response = await fetch(`${url}/collections/${named(name)}`, {
          method: "DELETE",
          ...(key ? { headers: { "api-key": key } } : {}),
        });
        // Not there: nothing to take away.
        if (!response.ok && response.status !== 404)
          throw new Error(`${response.status} ${response.statusText}`);
      }),
    finish: async () => {},
  };
}
