import { IsometerError } from "../base/index.ts";
import { checkSchema } from "./items.ts";
import type { StoreSchema } from "./store.ts";

/** Loads a package that only users of one kind of store install. @throws store-failed with the line that installs it, or with what it says where it is there and does not load */
export async function loadPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const said = firstLine(cause);
    const isMissing = new RegExp(`(?:find|load|resolve).*${name}`, "i").test(said);
    throw new IsometerError(
      "store-failed",
      isMissing
        ? `this kind of store needs the package ${name}`
        : `the package ${name} does not load: ${said}`,
      {
        needed: name,
        got: said,
        hint: isMissing
          ? `Install it: npm install ${name}`
          : `Install it again on this machine (npm install ${name}): its binary may be for another one. A flat store needs no package.`,
        cause,
      },
    );
  }
}

const FORMAT = "isometer/store/1";

/** A schema as it is kept in a store of others, so that any machine reads it. */
export const schemaText = ({ dims, metric, mapVersion }: StoreSchema): string =>
  JSON.stringify({ format: FORMAT, dims, metric, mapVersion });

/** @throws bad-format where a table or collection was not made by `createStore` */
export function parseSchema(text: unknown, place: string): StoreSchema {
  const kept = parsed(text);
  if (kept?.format !== FORMAT) {
    throw new IsometerError(
      "bad-format",
      `${place} does not say its metric and map: it was not made by Isometer`,
      {
        got: place,
        hint: "Name another table or collection, and copy the vectors into it.",
      },
    );
  }
  const { dims, metric, mapVersion } = kept;
  const schema: StoreSchema = { dims, metric, mapVersion: mapVersion ?? null };
  checkSchema(schema);
  return schema;
}

function parsed(text: unknown): (StoreSchema & { readonly format: unknown }) | null {
  try {
    return typeof text === "string" ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

export function nothingThere(place: string, cause?: unknown): IsometerError {
  return new IsometerError("missing-file", `${place}: there is no store`, {
    got: place,
    hint: "Check the address, or make a store there first.",
    cause,
  });
}

export function alreadyThere(place: string): IsometerError {
  return new IsometerError("file-exists", `${place} is there already`, {
    got: place,
    hint: "Open the store that is there, or name another.",
  });
}

/** What a store of others said when something failed, in words. `full` and `gone` tell its two plainest reasons from the rest. */
export interface Failures {
  readonly place: string;
  /** Parts of messages that say that there is no room left. */
  readonly full: RegExp;
  /** Parts of messages that say that the store, or its server, is not there. */
  readonly gone: RegExp;
  /** The next step where it is gone. */
  readonly check: string;
}

/** Runs work of a store of others; its errors become ours. @throws store-failed */
export async function told<T>(failures: Failures, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(failures, error);
  }
}

function failure({ place, full, gone, check }: Failures, error: unknown): unknown {
  if (error instanceof IsometerError) return error;
  const said = firstLine(error);
  const isFull = full.test(said);
  const why = isFull ? "there is no room left" : gone.test(said) ? "it is gone, or cannot be reached" : "";
  return new IsometerError("store-failed", `${place}: ${why ? `${why} (${said})` : said}`, {
    got: said,
    hint: isFull
      ? "Nothing that was stored is lost. Free some space, and write the rest again: ids that are there already are replaced."
      : `${check} What was written before is kept; writing the rest again replaces ids that are there.`,
    cause: error,
  });
}

const MOST_SAID = 300;

/** What an error says, on one line. An error of several, or one that only wraps another, says what they say. */
function firstLine(error: unknown): string {
  const { message, code, cause, errors, data } = error as {
    message?: string;
    code?: string;
    cause?: unknown;
    errors?: readonly unknown[];
    data?: unknown;
  };
  const parts = [code, message || null, data ? JSON.stringify(data) : null].filter(Boolean);
  const inner = errors?.[0] ?? cause;
  if (inner && inner !== error) parts.push(firstLine(inner));
  return (parts.join(": ") || String(error))
    .replace(/,? \/(?:usr\/local\/cargo|rustc)\S*/g, "")
    .replace(/\s+/g, " ")
    .slice(0, MOST_SAID);
}
