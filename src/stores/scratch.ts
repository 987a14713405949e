import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { IsometerError } from "../base/index.ts";
import { parseAddress, type StoreAddress, showAddress } from "./address.ts";
import type { StorePlace } from "./conformance.ts";
import { createStore, type OpenOptions, openStore } from "./open.ts";

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
  addressOf(name: string): string;
  readonly shown: string;
  /** All that a run may have made, of whichever run. */
  clear(): Promise<void>;
}

/**
 * A place for the checks of `checkStore` beside the store at an address: a folder next to its folder, or tables or collections next to it, under a name that is the same each time. What an interrupted run left
 * there is taken away first. The store itself is neither opened nor changed, and need not be there.
 *
 * @throws bad-option no such address; store-failed
 */
export async function scratchPlace(
  address: string,
  options: Omit<OpenOptions, "readOnly"> = {},
): Promise<ScratchPlace> {
  const { addressOf, shown, clear } = scratchOf(parseAddress(address), address);
  await clear();
  return {
    shown,
    create: (name, schema) => createStore(addressOf(name), schema, options),
    reopen: (name) => openStore(addressOf(name), options),
    remove: clear,
  };
}

function scratchOf(parsed: StoreAddress, address: string): Scratch {
  switch (parsed.kind) {
    case "flat":
      return besideFolder(parsed.folder, (folder, name) => `flat:${folder}/${name}`);
    case "lance":
      return besideFolder(parsed.folder, (folder, name) => `lance:${folder}#${name}`);
    default:
      throw new IsometerError(
        "bad-option",
        `${showAddress(address)}: stores of this kind cannot be checked yet`,
        { hint: "Name a folder with a flat store, or lance:DIR." },
      );
  }
}

function besideFolder(folder: string, addressOf: (folder: string, name: string) => string): Scratch {
  // Of a folder with a slash at its end, or of ".", too.
  const beside = `${resolve(folder)}.${MARK}`;
  return {
    addressOf: (name) => addressOf(beside, name),
    shown: beside,
    clear: () => removed(beside),
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
