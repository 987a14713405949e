import { IsometerError, type Matrix, nearestName, nonFinite, nonFiniteRows } from "../base/index.ts";
import type { Items, QueryOptions, StoreSchema, Tuning } from "./store.ts";
import { STORE_METRICS } from "./store.ts";

/** What every store refuses to be made with. @throws bad-option */
export function checkSchema({ dims, metric }: StoreSchema): void {
  if (!Number.isInteger(dims) || dims < 1)
    throw new IsometerError("bad-option", `dims must be a whole number above 0, got ${dims}`);
  if (!STORE_METRICS.includes(metric))
    throw new IsometerError("bad-option", `metric must be one of ${STORE_METRICS.join(", ")}, got ${metric}`);
}

/** What every store refuses to take in. @throws bad-value, duplicate-id, non-finite, zero-vector */
export function checkItems({ ids, vectors, fields }: Items, schema: StoreSchema): void {
  if (ids.length !== vectors.rows || (fields && fields.length !== ids.length)) {
    throw new IsometerError("bad-value", "ids, vectors and fields are of different numbers of items", {
      got: `${ids.length}, ${vectors.rows}${fields ? ` and ${fields.length}` : ""}`,
    });
  }
  checkVectors(vectors, schema, "items");
  const seen = new Set<string>();
  for (const id of ids) {
    if (typeof id !== "string" || id === "" || !isText(id))
      throw new IsometerError("bad-value", "an id is a text that is not empty", { got: JSON.stringify(id) });
    if (seen.has(id)) {
      throw new IsometerError("duplicate-id", `the id ${JSON.stringify(id)} stands twice among the items`, {
        hint: "Give every item an id of its own.",
      });
    }
    seen.add(id);
  }
  fields?.forEach((own, i) => {
    const wrong = Object.entries(own).find(
      ([name, value]) => ["", "all", "any", "none"].includes(name) || !isText(name) || !isFieldValue(value),
    );
    if (wrong) {
      throw new IsometerError("bad-value", `${ids[i]}: the field ${wrong[0]} cannot be stored`, {
        got: JSON.stringify(wrong[1]),
        hint: "Fields hold texts (without the character 0), finite numbers, true, false or null, and are not called all, any or none.",
      });
    }
  });
}

const isFieldValue = (value: unknown) =>
  value === null ||
  typeof value === "boolean" ||
  Number.isFinite(value) ||
  (typeof value === "string" && isText(value));

/** Half a pair of surrogates has no UTF-8, and the character 0 no place in Postgres. */
const isText = (text: string) => !/[\p{Surrogate}\0]/u.test(text);

/** What no store can answer. @throws bad-value, bad-option, non-finite, zero-vector */
export function checkQuery(
  vectors: Matrix,
  { nNeighbors, metric, mapVersion, tuning = {} }: QueryOptions,
  schema: StoreSchema,
  tunings: readonly Tuning[] = [],
): void {
  if (!Number.isInteger(nNeighbors) || nNeighbors < 1)
    throw new IsometerError("bad-option", `nNeighbors must be a whole number above 0, got ${nNeighbors}`);
  if (metric !== undefined && metric !== schema.metric) {
    throw new IsometerError(
      "bad-option",
      `the store measures by ${schema.metric}, the query asks for ${metric}`,
      {
        got: metric,
        needed: schema.metric,
        hint: `Leave the metric out, or make a store with metric ${metric}.`,
      },
    );
  }
  if (mapVersion !== undefined && mapVersion !== schema.mapVersion) {
    throw new IsometerError(
      "bad-option",
      "the query went through another map than the vectors of the store",
      {
        got: mapVersion,
        needed: schema.mapVersion ?? "no map",
        hint: "Map queries by the map that made the store, or write the store anew; align tells whether a map between the two would do.",
      },
    );
  }
  for (const [name, value] of Object.entries(tuning)) checkTuning(name, value, tunings);
  checkVectors(vectors, schema, "queries");
}

function checkTuning(name: string, value: number, tunings: readonly Tuning[]): void {
  const names = tunings.map((tuning) => tuning.name);
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    throw new IsometerError("bad-option", `queries of this store have no tuning ${name}`, {
      got: name,
      needed: names.length > 0 ? names.join(", ") : "none",
      hint: near
        ? `Did you mean ${near}?`
        : names.length > 0
          ? `There are: ${names.join(", ")}.`
          : "Every query of this store is exact: leave it out.",
    });
  }
  if (!(value > 0) || !Number.isFinite(value))
    throw new IsometerError("bad-option", `${name} must be a number above 0, got ${value}`);
}

/** What a query tells an index: its own values, else the defaults. */
export const settings = (
  tunings: readonly Tuning[],
  own: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> =>
  Object.fromEntries(tunings.map((tuning) => [tuning.name, own[tuning.name] ?? tuning.default]));

/** @throws bad-option where a store does not build indexes of this kind */
export function checkIndexKind(kind: string, kinds: readonly string[]): void {
  if (kinds.includes(kind)) return;
  throw new IsometerError("bad-option", `this store builds no index ${kind}`, {
    got: kind,
    needed: kinds.join(", "),
    hint: `There are: ${kinds.join(", ")}.`,
  });
}

function checkVectors(vectors: Matrix, { dims, metric }: StoreSchema, name: string): void {
  if (vectors.cols !== dims) {
    throw new IsometerError(
      "bad-value",
      `${name} have ${vectors.cols} numbers, vectors of the store ${dims}`,
      {
        got: String(vectors.cols),
        needed: String(dims),
        hint: "Send them through the same encoder and map as the vectors of the store.",
      },
    );
  }
  const { rows, count } = nonFiniteRows(vectors, vectors.rows);
  if (count > 0) throw nonFinite(name, rows, count);
  if (metric !== "cosine") return;
  for (let i = 0; i < vectors.rows; i++) {
    if (vectors.data.subarray(i * dims, (i + 1) * dims).some((value) => value !== 0)) continue;
    throw new IsometerError("zero-vector", `${name}: row ${i} has no direction: all values are 0`, {
      hint: "Cosine needs a direction: leave the row out, or make the store with metric euclidean.",
    });
  }
}
