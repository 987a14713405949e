import { IsometerError } from "../base/index.ts";
import { type Condition, checkFilter, type Filter } from "../stores/filter.ts";
import type { Fields, FieldValue, Store } from "../stores/index.ts";

/** What the values of a field are. */
export type FieldKind = "number" | "boolean" | "text";

/** A value as it was typed. In quotes it is text, whatever it looks like. */
interface Literal {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** One `--where`. */
export interface Clause {
  readonly field: string;
  readonly test: keyof Condition;
  readonly values: readonly Literal[];
}

const TESTS: Readonly<Record<string, keyof Condition>> = {
  ">=": "gte",
  "<=": "lte",
  "!=": "ne",
  "==": "eq",
  "=": "eq",
  ">": "gt",
  "<": "lt",
};

/**
 * Reads conditions as people type them: `year>=1990`, `kind=film`, `kind!="1"`, `kind in film,series`, `seen=null`.
 *
 * @throws bad-option
 */
export function parseWhere(texts: readonly string[]): Clause[] {
  return texts.map((text) => {
    const match = /^\s*(.+?)\s*(>=|<=|!=|==|=|>|<|\s+in\s+)\s*(.*?)\s*$/s.exec(text);
    const field = match?.[1];
    const values = match && literals(match[3]!, match[2]!.trim() === "in");
    if (!match || !field || !values || values.length === 0) {
      throw new IsometerError("bad-option", `--where cannot read ${JSON.stringify(text)}`, {
        got: text,
        needed: "a field, one of = != > >= < <= in, and a value",
        hint: 'For instance --where "year>=1990", --where kind=film, --where "kind in film,series".',
      });
    }
    return { field, test: match[2]!.trim() === "in" ? "in" : TESTS[match[2]!]!, values };
  });
}

/** The values of `in` stand between commas, brackets around them may be left out. */
function literals(text: string, isList: boolean): Literal[] {
  if (!isList) return text === "" ? [] : [literal(text)];
  const inner = /^\((.*)\)$|^\[(.*)\]$/s.exec(text);
  const parts = (inner?.[1] ?? inner?.[2] ?? text).match(/\s*("[^"]*"|'[^']*'|[^,]+)\s*(?=,|$)/g) ?? [];
  return parts.map((part) => literal(part.trim()));
}

function literal(text: string): Literal {
  const quoted = /^"(.*)"$|^'(.*)'$/s.exec(text);
  return quoted ? { text: quoted[1] ?? quoted[2]!, isQuoted: true } : { text, isQuoted: false };
}

/**
 * The filter that holds where all clauses do.
 *
 * @param kindOf what the values of a field are, so that `1` means the text or the number; null where it is not known: then a number is a number
 * @throws bad-option where a value cannot be compared with such a field
 */
export function filterOf(clauses: readonly Clause[], kindOf: (field: string) => FieldKind | null): Filter {
  const parts = clauses.map(({ field, test, values }): Filter => {
    const read = values.map((value) => literalValue(value, kindOf(field), field));
    return { [field]: { [test]: test === "in" ? read : read[0]! } };
  });
  const filter = parts.length === 1 ? parts[0]! : { all: parts };
  checkFilter(filter);
  return filter;
}

function literalValue({ text, isQuoted }: Literal, kind: FieldKind | null, field: string): FieldValue {
  if (isQuoted) return text;
  if (text === "null") return null;
  const isNumber = text.trim() !== "" && Number.isFinite(Number(text));
  const isBoolean = text === "true" || text === "false";
  if (kind === "text") return text;
  if ((kind === "number" && !isNumber) || (kind === "boolean" && !isBoolean)) {
    throw new IsometerError(
      "bad-option",
      `--where: ${field} holds ${kind}s, ${JSON.stringify(text)} is none`,
      {
        got: text,
        needed: `a ${kind}`,
      },
    );
  }
  if (isBoolean) return text === "true";
  return isNumber ? Number(text) : text;
}

/** The kind of values that are known; null where there are none, or several kinds. */
export function kindOfValues(values: Iterable<FieldValue>): FieldKind | null {
  const kinds = new Set<string>();
  for (const value of values) if (value !== null) kinds.add(typeof value);
  const [only] = kinds;
  if (kinds.size !== 1) return null;
  return only === "string" ? "text" : (only as FieldKind);
}

/** A column of a file, which is text, as what all its values are. */
export function typedColumn(texts: readonly string[]): FieldValue[] {
  const there = texts.filter((text) => text !== "");
  const isNumber = there.every((text) => text.trim() !== "" && Number.isFinite(Number(text)));
  const isBoolean = there.every((text) => /^(true|false)$/i.test(text));
  return texts.map((text) => {
    if (text === "") return null;
    if (isNumber) return Number(text);
    return isBoolean ? /^true$/i.test(text) : text;
  });
}

/** The filter of conditions on the fields of a store; what kind of values a field has is seen from its first items. @throws as `parseWhere` and `filterOf` */
export async function storeFilter(store: Store, where: readonly string[]): Promise<Filter | undefined> {
  if (where.length === 0) return undefined;
  const clauses = parseWhere(where);
  const first: Fields[] = [];
  for await (const { fields } of store.scan({ batchRows: 100 })) {
    first.push(...fields);
    break;
  }
  return filterOf(clauses, (field) => kindOfValues(first.map((own) => own[field] ?? null)));
}
