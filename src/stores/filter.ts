import { IsometerError } from "../base/index.ts";
import type { Fields, FieldValue } from "./store.ts";

/** What may be asked of a field. A missing field is null; null is neither more nor less than anything. */
export interface Condition {
  readonly eq?: FieldValue;
  readonly ne?: FieldValue;
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
  readonly in?: readonly FieldValue[];
}

/**
 * A question about fields, as plain JSON: `{ "year": { "gte": 1990 }, "kind": "film" }` holds where all its parts do. `all`, `any` and `none` hold lists of filters, and are no names
 * of fields.
 */
export type Filter = {
  readonly all?: readonly Filter[];
  readonly any?: readonly Filter[];
  readonly none?: readonly Filter[];
} & { readonly [field: string]: FieldValue | Condition | readonly Filter[] | undefined };

const TESTS: Readonly<Record<string, (own: FieldValue, asked: never) => boolean>> = {
  eq: (own, asked: FieldValue) => own === asked,
  ne: (own, asked: FieldValue) => own !== asked,
  gt: (own, asked: number | string) => comparable(own, asked) && own! > asked,
  gte: (own, asked: number | string) => comparable(own, asked) && own! >= asked,
  lt: (own, asked: number | string) => comparable(own, asked) && own! < asked,
  lte: (own, asked: number | string) => comparable(own, asked) && own! <= asked,
  in: (own, asked: readonly FieldValue[]) => asked.includes(own),
};
const LISTS = ["all", "any", "none"] as const;

const comparable = (own: FieldValue, asked: number | string) => own !== null && typeof own === typeof asked;

const isField = (value: unknown): value is FieldValue =>
  value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);

/** Whether a filter holds for the fields of an item. Check the filter first. */
export function holds(filter: Filter, fields: Fields): boolean {
  return Object.entries(filter).every(([name, asked]) => {
    if (asked === undefined) return true;
    if (name === "all") return (asked as readonly Filter[]).every((part) => holds(part, fields));
    if (name === "any") return (asked as readonly Filter[]).some((part) => holds(part, fields));
    if (name === "none") return !(asked as readonly Filter[]).some((part) => holds(part, fields));
    const own = Object.hasOwn(fields, name) ? fields[name]! : null;
    if (isField(asked)) return own === asked;
    return Object.entries(asked).every(([test, value]) => TESTS[test]!(own, value as never));
  });
}

/** @throws bad-option where a filter asks what cannot be asked */
export function checkFilter(filter: Filter): void {
  for (const [name, asked] of Object.entries(filter)) {
    if (asked === undefined || (isField(asked) && !isList(name))) continue;
    if (isList(name)) {
      if (!Array.isArray(asked)) throw wrong(`${name} holds a list of filters`, asked);
      for (const part of asked) {
        if (typeof part !== "object" || part === null) throw wrong(`${name} holds filters`, part);
        checkFilter(part);
      }
      continue;
    }
    if (typeof asked !== "object" || Array.isArray(asked))
      throw wrong(`${name} is a value or a condition`, asked);
    for (const [test, value] of Object.entries(asked as Condition)) checkTest(name, test, value);
  }
}

const isList = (name: string) => (LISTS as readonly string[]).includes(name);

function checkTest(name: string, test: string, value: unknown): void {
  if (!Object.hasOwn(TESTS, test)) throw wrong(`${name}: no test ${test}`, test);
  const fits =
    test === "in"
      ? Array.isArray(value) && value.every(isField)
      : test === "eq" || test === "ne"
        ? isField(value)
        : typeof value === "string" || Number.isFinite(value);
  if (!fits) throw wrong(`${name}: ${test} cannot be asked for this`, value);
}

function wrong(message: string, got: unknown): IsometerError {
  return new IsometerError("bad-option", `filter: ${message}`, {
    got: JSON.stringify(got) ?? String(got),
    hint: `For instance {"year": {"gte": 1990}, "kind": "film"}; tests: ${Object.keys(TESTS).join(", ")}; all, any and none hold lists of filters.`,
  });
}
