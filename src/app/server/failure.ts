import { type ErrorCode, IsometerError } from "../../base/index.ts";
import type { Failure } from "./messages.ts";

/** The same error, with files named by their path below a folder. */
export function belowFolder(error: unknown, folder: string): unknown {
  if (!(error instanceof IsometerError)) return error;
  const { code, message, needed, got, hint } = error;
  const named = (text: string) => text.replaceAll(`${folder}/`, "").replaceAll(folder, ".");
  return new IsometerError(code, named(message), {
    cause: error,
    ...(needed !== undefined && { needed: named(needed) }),
    ...(got !== undefined && { got: named(got) }),
    ...(hint !== undefined && { hint: named(hint) }),
  });
}

/** An error as plain data. What is no IsometerError is our fault; its words may name what is none of a client's business. */
export function failureOf(error: unknown): Failure {
  if (error instanceof IsometerError) {
    const { code, message, needed, got, hint } = error;
    return { code, message, needed, got, hint };
  }
  return {
    code: "internal",
    message: "this is a fault of Isometer",
    hint: "The terminal in which the server runs shows where; please report it.",
  };
}

const STATUS: Partial<Record<ErrorCode, 404 | 409 | 413 | 499 | 500>> = {
  aborted: 499,
  "engine-failed": 500,
  "file-exists": 409,
  internal: 500,
  "missing-file": 404,
  "store-locked": 409,
  "too-large": 413,
};

/** The HTTP status of an error: 400 is the user's. */
export function statusOf({ code }: Failure): 400 | 404 | 409 | 413 | 499 | 500 {
  return STATUS[code] ?? 400;
}
