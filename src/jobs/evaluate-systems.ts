import { gatherRows, IsometerError, type Matrix, ranges, throwIfAborted, type Watch } from "../base/index.ts";
import type { QrelsFile, Source } from "../data/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { InputRecord } from "../report/index.ts";
import type { Documents, Rankings } from "../spaces/evaluate/index.ts";
import { isStoreAddress } from "../stores/address.ts";
import type { Store } from "../stores/index.ts";
import type { EvaluateValues } from "./evaluate-options.ts";
import { checkObeyed, inputRecord } from "./open.ts";
import { withSources } from "./read-inputs.ts";
import { defined } from "./result.ts";
import { parseTunings } from "./search-tuning.ts";

/** What ranks documents. */
export interface SystemSpec {
  readonly path: string;
  readonly kind: "file" | "store" | "run";
  /** Nothing for a run. */
  readonly queries: string | undefined;
  readonly queryIds: string | undefined;
  readonly ids: string | undefined;
}

/** The rankings that one makes. */
export interface Ranked {
  readonly kind: string;
  readonly name: string;
  readonly records: readonly InputRecord[];
  readonly exact: boolean | null;
  readonly metric: "cosine" | "euclidean" | null;
  readonly rankings: Rankings;
  /** Null in a run. */
  readonly documents: Documents | null;
  readonly depth: number;
}

/** What all have in common. */
export interface Ranking extends Watch {
  readonly options: EvaluateValues;
  readonly qrels: QrelsFile;
  readonly engine: EngineInfo;
}

/** Documents of a ranking where nothing else is said. */
const DEPTH = 1000;
/** Queries that are asked at once. */
const ASKED = 1024;

/** What a path is. */
export async function kindOf(path: string): Promise<SystemSpec["kind"]> {
  if (isStoreAddress(path)) return "store";
  const { isRunFile } = await import("../data/index.ts");
  return (await isRunFile(path)) ? "run" : "file";
}

/** The rankings of a system for the judged queries. */
export function rankBy(spec: SystemSpec, means: Ranking): Promise<Ranked> {
  if (spec.kind === "run") return rankByRun(spec.path, means);
  return spec.kind === "store" ? rankByStore(spec, means) : rankByFile(spec, means);
}

async function rankByRun(path: string, { options: { leaveOutOwn } }: Ranking): Promise<Ranked> {
  const { readRun } = await import("../data/index.ts");
  const run = await readRun(path);
  const rankings = new Map(
    Array.from(run, ([query, own]) => [query, leaveOutOwn ? own.filter((name) => name !== query) : own]),
  );
  const depth = [...rankings.values()].reduce((most, { length }) => Math.max(most, length), 0);
  return {
    kind: "run",
    name: path,
    records: [],
    exact: null,
    metric: null,
    rankings,
    documents: null,
    depth,
  };
}

async function rankByFile(spec: SystemSpec, means: Ranking): Promise<Ranked> {
  const { engine, options } = means;
  const { id, vector, metric = "cosine", leaveOutOwn } = options;
  const { idPlaces, inspectPoints, readSpace } = await import("../data/index.ts");
  const { openSearched } = await import("../neighbors/index.ts");
  return withSources(
    [{ path: spec.path, options: defined({ id, vector }), ids: spec.ids }],
    async ([source]) => {
      checkObeyed({ vector: undefined, id, imageSize: undefined }, source!);
      const names = await namesOf(source!);
      const places = idPlaces(names, spec.path);
      const asked = await readQueries(spec, source!.cols, means);
      checkObeyed({ vector, id: undefined, imageSize: undefined }, source!, [asked.source]);
      const { points, remove } = await readSpace(source!, means);
      try {
        await inspectPoints(points, spec.path, metric);
        const searched = await openSearched(points, { metric, engine, name: spec.path });
        const depth = Math.min(options.depth ?? DEPTH, points.rows);
        const width = Math.min(points.rows, depth + (leaveOutOwn ? 1 : 0));
        const rankings = await askedOf(asked, depth, means, async (vectors) => {
          const { ids } = await searched.nearest(vectors, width, defined({ signal: means.signal }));
          return Array.from({ length: vectors.rows }, (_, q) =>
            Array.from(ids.subarray(q * width, (q + 1) * width), (row) => names[row]!),
          );
        });
        return {
          kind: "file",
          name: spec.path,
          records: [{ ...inputRecord("space", source!), rows: points.rows }, asked.record],
          exact: true,
          metric,
          rankings,
          documents: { size: points.rows, has: (name) => places.has(name) },
          depth,
        };
      } finally {
        await remove();
      }
    },
  );
}

async function rankByStore(spec: SystemSpec, means: Ranking): Promise<Ranked> {
  const { engine, options, qrels } = means;
  const { openStore, showAddress } = await import("../stores/index.ts");
  const store = await openStore(spec.path, { engine, readOnly: true });
  try {
    const { dims, metric } = store.schema;
    const name = showAddress(spec.path);
    const asked = await readQueries({ ...spec, path: name }, dims, means);
    const exact = options.exact || (await store.index()) === null;
    const size = await store.count();
    if (size === 0) {
      throw new IsometerError("empty-input", `the store ${name} is empty`, {
        hint: "Write items to it first.",
      });
    }
    const depth = Math.min(size, options.depth ?? (exact ? DEPTH : options.nNeighbors));
    const width = Math.min(size, depth + (options.leaveOutOwn ? 1 : 0));
    const tuning = options.tune.length > 0 ? parseTunings(options.tune) : undefined;
    const how = {
      ...defined({ metric: options.metric, signal: means.signal, tuning }),
      exact,
      nNeighbors: width,
    };
    const rankings = await askedOf(asked, depth, means, async (vectors) =>
      (await store.query(vectors, how)).map((hits) => hits.map(({ id }) => id)),
    );
    const there = await judgedIn(store, qrels);
    return {
      kind: store.kind,
      name,
      records: [
        { role: "space", path: name, format: store.kind, dtype: "float32", rows: size, cols: dims },
        asked.record,
      ],
      exact,
      metric,
      rankings,
      documents: { size, has: (document) => there.has(document) },
      depth,
    };
  } finally {
    await store.close();
  }
}

/** Those of the judged documents that a store has. */
async function judgedIn(store: Store, { judgements }: QrelsFile): Promise<ReadonlySet<string>> {
  const all = [...judgedDocuments(judgements)];
  const there = new Set<string>();
  for (const [start, end] of ranges(all.length, ASKED))
    for (const id of (await store.get(all.slice(start, end))).ids) there.add(id);
  return there;
}

/** Every document that was judged for some query. */
export function judgedDocuments(judgements: QrelsFile["judgements"]): ReadonlySet<string> {
  const all = new Set<string>();
  for (const grades of judgements.values()) for (const name of grades.keys()) all.add(name);
  return all;
}

/** Vectors of queries by their names. */
interface Asked {
  readonly names: readonly string[];
  readonly vectors: Matrix;
  readonly record: InputRecord;
  /** Closed: what is known of the file. */
  readonly source: Source;
}

async function readQueries(
  { path, queries, queryIds }: SystemSpec,
  cols: number,
  { options, ...watch }: Ranking,
): Promise<Asked> {
  if (queries === undefined) {
    throw new IsometerError("bad-option", `${path} needs --queries: the vectors that are sought in it`, {
      hint: "Give --queries FILE, with --query-id COLUMN or --query-ids FILE for the names that the judgements have.",
    });
  }
  const { checkFinite, idPlaces, readSpace } = await import("../data/index.ts");
  const { heldMatrix } = await import("../engine/index.ts");
  const { queryId, vector } = options;
  const id = queryId ?? (await withColumn(queries, options.id));
  return withSources(
    [{ path: queries, options: defined({ id, vector }), ids: queryIds }],
    async ([source]) => {
      if (queryId !== undefined && !source!.ids) {
        throw new IsometerError("bad-option", `--query-id ${queryId}: ${queries} has no columns`, {
          got: queryId,
          hint: "Give --query-ids FILE with one id per row.",
        });
      }
      if (source!.cols !== cols) {
        throw new IsometerError(
          "bad-value",
          `${queries} has ${source!.cols} numbers a row, ${path} ${cols}`,
          {
            got: String(source!.cols),
            needed: String(cols),
            hint: "Send queries through the same encoder and map as the space; --queries is given once for each space where they differ.",
          },
        );
      }
      const names = await namesOf(source!);
      idPlaces(names, queries);
      const { points, remove } = await readSpace(source!, watch);
      try {
        await checkFinite(points, queries);
        return {
          names,
          vectors: heldMatrix(points),
          record: inputRecord("queries", source!),
          source: source!,
        };
      } finally {
        await remove();
      }
    },
  );
}

/** The column of ids of documents, where the file of queries has it too. */
async function withColumn(path: string, id: string | undefined): Promise<string | undefined> {
  if (id === undefined) return undefined;
  const { listContents } = await import("../data/index.ts");
  const contents = await listContents(path);
  return contents?.columns.some(({ name }) => name === id) ? id : undefined;
}

/** Ids, or row numbers. */
async function namesOf(source: Source): Promise<readonly string[]> {
  if (source.ids) return source.ids();
  return Array.from({ length: source.rows }, (_, row) => String(row));
}

/** Rankings of the queries that were judged; those that were not are named, and not asked. */
async function askedOf(
  { names, vectors }: Asked,
  depth: number,
  { qrels: { judgements }, options: { leaveOutOwn }, signal, onProgress }: Ranking,
  search: (vectors: Matrix) => Promise<readonly (readonly string[])[]>,
): Promise<Rankings> {
  const rankings = new Map<string, readonly string[]>(names.map((name) => [name, []]));
  const judged = [...names.keys()].filter((row) => judgements.has(names[row]!));
  for (const [start, end] of ranges(judged.length, ASKED)) {
    throwIfAborted(signal);
    const rows = judged.slice(start, end);
    const found = await search(gatherRows(vectors, rows));
    rows.forEach((row, q) => {
      const name = names[row]!;
      const others = leaveOutOwn ? found[q]!.filter((own) => own !== name) : found[q]!;
      rankings.set(name, others.slice(0, depth));
    });
    onProgress?.({ stage: "searching", done: end, total: judged.length });
  }
  return rankings;
}
