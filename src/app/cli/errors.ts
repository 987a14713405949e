import { exitCode, IsometerError } from "../../base/index.ts";

/**
 * An error as the command line says it: one line, then the next step, indented.
 *
 * The stack is added when `debug` is on. What is no IsometerError is our fault and says so.
 */
export function errorText(error: unknown, debug: boolean): string {
  const known = error instanceof IsometerError;
  const message = error instanceof Error ? error.message : String(error);
  const lines = [`isometer: ${known ? "" : "internal error: "}${oneLine(message)}`];
  const hint = known ? error.hint : INTERNAL_HINT;
  if (hint) lines.push(`  ${oneLine(hint)}`);
  if (debug) lines.push(stackOf(error));
  return `${lines.join("\n")}\n`;
}

const INTERNAL_HINT =
  "This is a fault of Isometer, not yours. ISOMETER_DEBUG=1 shows where; please report it.";

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "(no stack)";
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return (error.stack ?? error.message) + cause;
}

/** Line breaks and other control characters become spaces: file names may hold them. */
function oneLine(text: string): string {
  return text.replace(/\p{Control}+/gu, " ").trim();
}

/** The exit status for an error; Ctrl-C wins over whatever broke because of it. */
export function statusOf(error: unknown, interrupted: boolean): number {
  return interrupted ? 130 : exitCode(error);
}
