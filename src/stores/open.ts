import { IsometerError } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { parseAddress, showAddress } from "./address.ts";
import { createFlatStore, openFlatStore } from "./flat.ts";
import type { Store, StoreSchema } from "./store.ts";

export { isStoreAddress, showAddress } from "./address.ts";

export interface OpenOptions {
  /** Who compares vectors where the store does not. Default: the engine of this machine. */
  readonly engine?: EngineInfo;
  /** Writing is refused; a flat store that another process writes to can be opened. Default false. */
  readonly readOnly?: boolean;
}

/**
 * Opens the store at an address: a folder with a flat store, or `flat:DIR`; `lance:DIR#TABLE`; `postgres://...?table=NAME`; `qdrant://HOST:PORT/COLLECTION`.
 *
 * @throws bad-option no such address; missing-file no store there; bad-format; store-locked; store-failed
 */
export async function openStore(address: string, options: OpenOptions = {}): Promise<Store> {
  const parsed = parseAddress(address);
  if (parsed.kind !== "flat") throw unknownKind(address);
  const engine = await engineOf(options);
  return openFlatStore(parsed.folder, { engine, readOnly: options.readOnly ?? false });
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
  if (parsed.kind !== "flat") throw unknownKind(address);
  return createFlatStore(parsed.folder, schema, { engine: await engineOf(options) });
}

async function engineOf({ engine }: OpenOptions): Promise<EngineInfo> {
  return engine ?? (await import("../engine/index.ts")).findEngine();
}

const unknownKind = (address: string) =>
  new IsometerError("bad-option", `${showAddress(address)}: stores of this kind cannot be opened yet`, {
    hint: "Name a folder with a flat store.",
  });
