import { IsometerError } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { parseAddress, type StoreAddress, showAddress } from "./address.ts";
import { createFlatStore, openFlatStore } from "./flat.ts";
import type { Store, StoreSchema } from "./store.ts";

export { addressFor, FLAT_ROWS, isStoreAddress, showAddress } from "./address.ts";

export interface OpenOptions {
  /** Who compares vectors where the store does not. Default: the engine of this machine. */
  readonly engine?: EngineInfo;
  /** Writing is refused; a flat store that another process writes to can be opened. Default false. */
  readonly readOnly?: boolean;
}

type Kind = StoreAddress["kind"];
type At<K extends Kind> = Extract<StoreAddress, { kind: K }>;

/** How stores of a kind are opened and made. Modules of others' stores are loaded when one is asked for. */
interface Keeper<K extends Kind> {
  open(address: At<K>, options: OpenOptions): Promise<Store>;
  create(address: At<K>, schema: StoreSchema, options: OpenOptions): Promise<Store>;
}

const KEEPERS: { readonly [K in Kind]: Keeper<K> } = {
  flat: {
    open: async ({ folder }, options) =>
      openFlatStore(folder, { engine: await engineOf(options), readOnly: options.readOnly ?? false }),
    create: async ({ folder }, schema, options) =>
      createFlatStore(folder, schema, { engine: await engineOf(options) }),
  },
  lance: {
    open: async ({ folder, table }, options) =>
      (await import("./lance.ts")).openLanceStore(folder, table, { engine: await engineOf(options) }),
    create: async ({ folder, table }, schema, options) =>
      (await import("./lance.ts")).createLanceStore(folder, table, schema, {
        engine: await engineOf(options),
      }),
  },
  pgvector: {
    open: async (address) => {
      const { connectPostgres } = await import("./pgvector-table.ts");
      const { openPgvectorStore } = await import("./pgvector.ts");
      const { client, close } = await connectPostgres(address.connection, address.place);
      try {
        return await openPgvectorStore(client, address.table, address.place, close);
      } catch (error) {
        await close();
        throw error;
      }
    },
    create: async (address, schema, options) => {
      const { connectPostgres, createPgvectorStore } = await import("./pgvector-table.ts");
      const { client, close } = await connectPostgres(address.connection, address.place);
      try {
        await createPgvectorStore(client, address.table, schema, address.place);
      } finally {
        await close();
      }
      return KEEPERS.pgvector.open(address, options);
    },
  },
  qdrant: {
    open: async (address) => (await import("./qdrant.ts")).openQdrantStore(address),
    create: async (address, schema) => (await import("./qdrant.ts")).createQdrantStore(address, schema),
  },
};

async function engineOf({ engine }: OpenOptions): Promise<EngineInfo> {
  return engine ?? (await import("../engine/index.ts")).findEngine();
}

/**
 * Opens the store at an address: a folder with a flat store, or `flat:DIR`; `lance:DIR#TABLE`; `postgres://...?table=NAME`; `qdrant://HOST:PORT/COLLECTION`.
 *
 * @throws bad-option no such address; missing-file no store there; bad-format; store-locked; store-failed
 */
export async function openStore(address: string, options: OpenOptions = {}): Promise<Store> {
  const parsed = parseAddress(address);
  const store = await (KEEPERS[parsed.kind] as Keeper<Kind>).open(parsed, options);
  return options.readOnly && parsed.kind !== "flat" ? forReading(store, showAddress(address)) : store;
}

/**
 * Makes an empty store at an address (see `openStore`).
 *
 * @throws bad-option no such address, or schema; file-exists where a store is; store-failed
 */
export async function createStore(
  address: string,
  schema: StoreSchema,
  options: Omit<OpenOptions, "readOnly"> = {},
): Promise<Store> {
  const parsed = parseAddress(address);
  return (KEEPERS[parsed.kind] as Keeper<Kind>).create(parsed, schema, options);
}

/** A store that refuses to be written to. */
function forReading(store: Store, place: string): Store {
  const refuse = async () => {
    throw new IsometerError("bad-option", `the store ${place} was opened for reading`);
  };
  return { ...store, upsert: refuse, remove: refuse, ...(store.buildIndex ? { buildIndex: refuse } : {}) };
}
