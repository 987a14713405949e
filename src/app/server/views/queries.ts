import type { Context } from "hono";
import { IsometerError } from "../../../base/index.ts";

/** A whole number of the query. @throws bad-option where it is missing, none, or out of reach */
export function integerIn(
  c: Context,
  name: string,
  { min, max, otherwise }: { readonly min: number; readonly max: number; readonly otherwise?: number },
): number {
  const text = c.req.query(name);
  if (text === undefined && otherwise !== undefined) return otherwise;
  const value = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new IsometerError("bad-option", `${name} is a whole number from ${min} to ${max}`, {
    needed: `${min} to ${max}`,
    got: shown(text ?? "nothing"),
  });
}

/** The row of the query. @throws bad-option */
export function rowIn(c: Context, rows: number): number {
  return integerIn(c, "row", { min: 0, max: rows - 1 });
}

/** The rows of the query, "3,7". @throws bad-option */
export function rowsIn(c: Context, name: string, rows: number, most: number): number[] {
  const text = textIn(c, name, 12 * most);
  const parts = text.split(",");
  if (parts.length <= most && parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) < rows)) {
    return parts.map(Number);
  }
  throw new IsometerError("bad-option", `${name} are at most ${most} rows from 0 to ${rows - 1}`, {
    needed: "3,7,8",
    got: shown(text),
  });
}

/** A text of the query that is not empty. @throws bad-option */
export function textIn(c: Context, name: string, most = 200): string {
  const text = c.req.query(name) ?? "";
  if (text !== "" && text.length <= most) return text;
  throw new IsometerError("bad-option", `${name} is a text of 1 to ${most} letters`, { got: shown(text) });
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
