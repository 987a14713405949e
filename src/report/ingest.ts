import type { Warning } from "../base/index.ts";
import { count, duration, plural } from "./numbers.ts";
import type { InputRecord, NextCommand } from "./result.ts";
import { inputLines, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Line, line, span, type View, wrap, wrapParts } from "./text.ts";

/** A store that a job wrote to or looked at. */
export interface StoreRecord {
  readonly kind: string;
  /** Without secrets. */
  readonly address: string;
  readonly dims: number;
  readonly metric: "cosine" | "euclidean";
  readonly mapVersion: string | null;
  readonly index: { readonly kind: string; readonly rows: number } | null;
}

/** The result of job `ingest`. */
export interface IngestResult {
  readonly schema: "isometer/ingest/1";
  readonly job: "ingest";
  readonly isometer: string;
  readonly inputs: readonly InputRecord[];
  readonly store: StoreRecord & { readonly created: boolean };
  readonly options: {
    readonly metric: "cosine" | "euclidean" | null;
    readonly mapVersion: string | null;
    readonly map: string | null;
    readonly replace: boolean;
    readonly index: string | null;
    readonly batchRows: number;
    readonly fields: readonly string[];
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly rows: string | null;
    readonly vector: string | null;
    readonly imageSize: string | null;
    readonly imageMode: "grey" | "colour";
  };
  readonly rows: {
    readonly given: number;
    /** Were not there before. */
    readonly added: number;
    /** Were there under their id with another vector or other fields. */
    readonly replaced: number;
    /** Were there as they are. */
    readonly there: number;
    /** Items of the store. */
    readonly inAll: number;
  };
  readonly rowsPerSecond: number;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** What was written where, and what was there already. */
export function ingestReport(result: IngestResult, view: View): Line[] {
  const { store, options } = result;
  const parts = [
    `${count(Math.round(result.rowsPerSecond))} rows a second`,
    `batches of ${count(options.batchRows)}`,
    duration(result.seconds),
  ];
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    BLANK,
    ...inputLines(result.inputs, view),
    ...storeLines(store, view),
    BLANK,
    ...warningLines(result.warnings, view),
    ...wrapParts(parts, " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function headline({ rows, store }: IngestResult): string {
  const { added, replaced, there, inAll } = rows;
  const words = [
    `${plural(added, "row")} written to ${store.created ? "a new store" : "the store"}`,
    ...(replaced > 0 ? [`${count(replaced)} replaced`] : []),
    ...(there > 0 ? [`${count(there)} ${there === 1 ? "was" : "were"} there already`] : []),
  ];
  return `${words.join(", ")}. It holds ${plural(inAll, "item")}.`;
}

/** Kind, address and schema of a store, and its index. */
export function storeLines(
  { kind, address, dims, metric, mapVersion, index }: StoreRecord,
  view: View,
): Line[] {
  const facts = [
    `${kind}`,
    `${count(dims)} numbers each`,
    metric === "cosine" ? "cosine (1 - cos)" : metric,
    ...(mapVersion === null ? [] : [`through ${mapVersion}`]),
    index === null ? "no index" : `index ${index.kind} of ${plural(index.rows, "item")}`,
  ];
  return [
    line(span("  store     ", "muted"), address),
    ...wrapParts(facts, " · ", view.width, "            ", "muted"),
  ];
}
