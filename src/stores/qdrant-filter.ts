import { IsometerError } from "../base/index.ts";
import type { Filter } from "./filter.ts";
import type { Fields, FieldValue } from "./store.ts";

/** What a point carries. */
export interface StoredPayload {
  readonly id: string;
  readonly fields: Fields;
}

/** A condition, or a filter within a filter, of Qdrant. */
type Condition = Record<string, unknown>;

/** In a path a name stands in quotes, and so holds none. */
const keyOf = (name: string): string => name.replace(/[%"]/g, encodeURIComponent);
const pathOf = (name: string): string => `fields."${keyOf(name)}"`;

export function payloadOf(id: string, fields: Fields): Record<string, unknown> {
  return {
    id,
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [keyOf(name), value])),
  };
}

export const fieldsOf = ({ fields }: StoredPayload): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [decodeKey(name), value]));

const decodeKey = (key: string): string => key.replace(/%2[25]/g, decodeURIComponent);

/** No point has one of no ids. */
const NEVER: Condition = { has_id: [] };

/** A filter as Qdrant has them. Check the filter first. @throws bad-option where texts are compared, which Qdrant cannot */
export function qdrantFilter(filter: Filter): Condition {
  const must = Object.entries(filter).flatMap(([name, asked]): Condition[] => {
    if (asked === undefined) return [];
    const lists = asked as readonly Filter[];
    if (name === "all") return lists.map(qdrantFilter);
    if (name === "any") return [either(lists.map(qdrantFilter))];
    if (name === "none") return lists.map((part) => ({ must_not: [qdrantFilter(part)] }));
    if (asked === null || typeof asked !== "object") return [equal(name, asked as FieldValue)];
    return Object.entries(asked).map(([test, value]) => testOf(name, test, value));
  });
  return { must };
}

const either = (should: readonly Condition[]): Condition => (should.length === 0 ? NEVER : { should });

function testOf(name: string, test: string, value: unknown): Condition {
  if (test === "in") return either((value as readonly FieldValue[]).map((one) => equal(name, one)));
  if (test === "eq") return equal(name, value as FieldValue);
  if (test === "ne") return { must_not: [equal(name, value as FieldValue)] };
  if (typeof value === "string") {
    throw new IsometerError(
      "bad-option",
      `filter: Qdrant has no order of texts, ${name} cannot be compared by ${test}`,
      {
        got: value,
        hint: "Ask by eq, ne or in, or keep a number beside the text.",
      },
    );
  }
  return { key: pathOf(name), range: { [test]: value } };
}

/** Qdrant reads a number that is not whole to an ulp or two (its JSON reader does not round), so that one is asked for with its neighbours. */
const SLACK = 2 ** -50;

/** Qdrant matches whole numbers only, so that numbers are ranges. */
function equal(name: string, value: FieldValue): Condition {
  const key = pathOf(name);
  if (value === null) return { is_empty: { key } };
  if (typeof value !== "number") return { key, match: { value } };
  const slack = Number.isSafeInteger(value) ? 0 : SLACK * Math.abs(value);
  return { key, range: { gte: value - slack, lte: value + slack } };
}
