import { IsometerError, type Matrix, rng } from "../base/index.ts";
import type { Hit, Items, Store, StoreMetric, StoreSchema } from "./store.ts";

/** One thing that a store has to do, and whether it did. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  /** What was measured, or what was wrong. */
  readonly detail: string;
}

export interface Conformance {
  readonly kind: string;
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

/** A place where stores can be made for the checks, and opened again. */
export interface StorePlace {
  /** An empty store, under a name that no other has. */
  create(name: string, schema: StoreSchema): Promise<Store>;
  /** The store of that name, closed before, as another process would find it. */
  reopen(name: string): Promise<Store>;
}

export interface ConformanceOptions {
  /** Least recall of a query that is not exact, against one that is. Default .95. */
  readonly recallFloor?: number;
  /** Default 0. */
  readonly seed?: number;
}

const [ROWS, DIMS, QUERIES, K] = [600, 24, 40, 10];
/** Queries that are answered with all items, or all that a filter lets through. */
const FEW = 8;
/** Float32 values, and a store may keep unit rows. */
const TOLERANCE = 2e-6;

/**
 * Checks that a store answers as one should: identity, symmetry, order and true distances under both metrics; that shifting and scaling all vectors does what it does to lengths; filters; recall of
 * its indexes, and of what they can be told; that what is written, replaced and removed is seen at once and after opening again; that what cannot be stored or asked is refused. 600 vectors of 24 numbers.
 */
export async function checkStore(place: StorePlace, options: ConformanceOptions = {}): Promise<Conformance> {
  const checks: Check[] = [];
  let kind = "";
  for (const metric of ["cosine", "euclidean"] as const) {
    const items = itemsFor(metric, options.seed ?? 0);
    const store = await place.create(`conformance-${metric}`, { dims: DIMS, metric, mapVersion: "map 1" });
    kind = store.kind;
    const look = async (name: string, work: () => Promise<string>) =>
      checks.push(await checked(`${metric}: ${name}`, work));
    await store.upsert(items);
    await look("every vector finds itself, at distance 0", () => identity(store, items));
    await look("distances are those of the vectors, in ascending order", () => trueDistances(store, items));
    await look("distances are the same both ways", () => symmetry(store, items));
    await look("the index finds what an exact query finds", () =>
      recall(store, items, options.recallFloor ?? 0.95),
    );
    await look("filters leave out all others and nobody else", () => filters(store, items));
    await look("a scan comes by every item once", () => scans(store, items));
    for (const kind of store.indexKinds)
      await look(`the index ${kind} changes no distance, and finds what an exact query finds`, () =>
        indexed(store, items, kind, options.recallFloor ?? 0.95),
      );
    await look("what cannot be asked or stored is refused", () => refusals(store, items));
    await look("replaced and removed items are gone at once", () => replaced(store, items));
    await store.close();
    await look("opened again, everything is there", async () => reopened(place, metric, items));
  }
  checks.push(
    await checked("euclidean: shifted vectors are as far apart", () => moved(place, options, "shifted")),
  );
  checks.push(
    await checked("euclidean: doubled vectors are twice as far apart", () =>
      moved(place, options, "doubled"),
    ),
  );
  return { kind, passed: checks.every(({ passed }) => passed), checks };
}

async function checked(name: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { name, passed: true, detail: await work() };
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function must(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

function itemsFor(metric: StoreMetric, seed: number): Required<Items> {
  const random = rng(seed).split(`conformance ${metric}`);
  const data = Float32Array.from({ length: ROWS * DIMS }, () => random.normal() + 0.5);
  return {
    ids: Array.from({ length: ROWS }, (_, i) => `item ${i} "é"`),
    vectors: { data, rows: ROWS, cols: DIMS },
    fields: Array.from({ length: ROWS }, (_, i) => ({
      number: i,
      kind: i % 3 === 0 ? "third" : "other",
      even: i % 2 === 0,
    })),
  };
}

/** Some of the vectors, evenly spread. */
function queriesOf(
  { data, rows, cols }: Matrix,
  count = QUERIES,
): { readonly queries: Matrix; readonly at: number[] } {
  const at = Array.from({ length: count }, (_, q) => Math.floor((q * rows) / count));
  const parts = at.flatMap((row) => Array.from(data.subarray(row * cols, (row + 1) * cols)));
  return { queries: { data: Float32Array.from(parts), rows: count, cols }, at };
}

/** In float64, from the vectors that were given. */
function distanceBetween(x: Matrix, i: number, y: Matrix, j: number, metric: StoreMetric): number {
  let [dot, xx, yy, apart] = [0, 0, 0, 0];
  for (let k = 0; k < x.cols; k++) {
    const [a, b] = [x.data[i * x.cols + k]!, y.data[j * y.cols + k]!];
    dot += a * b;
    xx += a * a;
    yy += b * b;
    apart += (a - b) ** 2;
  }
  return metric === "cosine" ? 1 - dot / Math.sqrt(xx * yy) : Math.sqrt(apart);
}

async function identity(store: Store, { ids, vectors }: Items): Promise<string> {
  const { queries, at } = queriesOf(vectors);
  const found = await store.query(queries, { nNeighbors: 1, exact: true });
  found.forEach(([hit], q) => {
    must(hit?.id === ids[at[q]!], `${ids[at[q]!]} finds ${hit?.id}`);
    must(Math.abs(hit!.distance) <= TOLERANCE, `${hit!.id} is ${hit!.distance} from itself`);
  });
  return `${found.length} of ${found.length}`;
}

async function trueDistances(store: Store, { ids, vectors }: Items): Promise<string> {
  const { queries } = queriesOf(vectors);
  const place = new Map(ids.map((id, i) => [id, i]));
  let worst = 0;
  for (const exact of [true, false]) {
    const found = await store.query(queries, { nNeighbors: K, exact });
    found.forEach((hits, q) => {
      must(hits.length === K, `${hits.length} of ${K} were found`);
      must(new Set(hits.map(({ id }) => id)).size === K, "an item was found twice");
      hits.forEach(({ id, distance }, p) => {
        const own = distanceBetween(queries, q, vectors, place.get(id)!, store.schema.metric);
        worst = Math.max(worst, Math.abs(distance - own) / (1 + own));
        must(p === 0 || distance >= hits[p - 1]!.distance, "distances do not ascend");
      });
      if (exact) nothingNearer(queries, q, vectors, hits, store.schema.metric);
    });
  }
  must(worst <= TOLERANCE, `a distance is off by ${worst}`);
  return `off by ${worst.toExponential(1)} at most`;
}

/** An exact query leaves nobody out who is nearer than its last. */
function nothingNearer(
  queries: Matrix,
  q: number,
  vectors: Matrix,
  hits: readonly Hit[],
  metric: StoreMetric,
): void {
  const last = hits.at(-1)!.distance - TOLERANCE;
  let nearer = 0;
  for (let i = 0; i < vectors.rows; i++) if (distanceBetween(queries, q, vectors, i, metric) < last) nearer++;
  must(nearer < K, `${nearer} items are nearer than the ${K}th that was found`);
}

async function symmetry(store: Store, { ids, vectors }: Items): Promise<string> {
  const { queries, at } = queriesOf(vectors, FEW);
  const found = await store.query(queries, { nNeighbors: ROWS, exact: true });
  const to = found.map((hits) => new Map(hits.map(({ id, distance }) => [id, distance])));
  let worst = 0;
  for (let a = 0; a < FEW; a++)
    for (let b = 0; b < a; b++)
      worst = Math.max(worst, Math.abs(to[a]!.get(ids[at[b]!]!)! - to[b]!.get(ids[at[a]!]!)!));
  must(worst <= TOLERANCE, `the two ways differ by ${worst}`);
  return `differ by ${worst.toExponential(1)} at most`;
}

async function recall(store: Store, { vectors }: Items, floor: number): Promise<string> {
  const { queries } = queriesOf(vectors);
  const exact = await store.query(queries, { nNeighbors: K, exact: true });
  const found = await store.query(queries, { nNeighbors: K });
  let kept = 0;
  found.forEach((hits, q) => {
    const wanted = new Set(exact[q]!.map(({ id }) => id));
    kept += hits.filter(({ id }) => wanted.has(id)).length;
  });
  const share = kept / (K * QUERIES);
  must(share >= floor, `recall@${K} is ${share}, below ${floor}`);
  return `recall@${K} ${share.toFixed(3)}`;
}

/** Builds an index, and asks through it: as it is, with each of its tunings from end to end, and with filters. */
async function indexed(store: Store, items: Required<Items>, kind: string, floor: number): Promise<string> {
  await store.buildIndex!(kind);
  const there = await store.index();
  must(there?.kind === kind && there.rows === ROWS, `there is ${JSON.stringify(there)} instead`);
  const off = await trueDistances(store, items);
  const { queries } = queriesOf(items.vectors);
  const tunings = store.tunings.filter(({ indexes }) => indexes.includes(kind));
  for (const { name, ladder } of tunings)
    for (const value of [ladder[0]!, ladder.at(-1)!]) {
      const found = await store.query(queries, { nNeighbors: K, tuning: { [name]: value } });
      must(
        found.every((hits) => hits.length === K),
        `with ${name} ${value} a query finds too few`,
      );
    }
  await filters(store, items, false);
  return `${await recall(store, items, floor)}, ${off}`;
}

async function filters(store: Store, { vectors, fields }: Required<Items>, exact = true): Promise<string> {
  const { queries } = queriesOf(vectors, FEW);
  const questions = [
    [{ kind: "third" }, (i: number) => i % 3 === 0],
    [{ number: { gte: 100, lt: 300 }, even: true }, (i: number) => i >= 100 && i < 300 && i % 2 === 0],
    [{ any: [{ number: { in: [1, 2, 599] } }, { number: 7 }] }, (i: number) => [1, 2, 7, 599].includes(i)],
    [{ none: [{ kind: { ne: "third" } }] }, (i: number) => i % 3 === 0],
    [{ absent: null, number: { lt: 3 } }, (i: number) => i < 3],
  ] as const;
  for (const [filter, holds] of questions) {
    const there = fields.filter(({ number }) => holds(number as number)).length;
    must((await store.count(filter)) === there, `${JSON.stringify(filter)} does not count ${there}`);
    for (const hits of await store.query(queries, { nNeighbors: ROWS, filter, exact })) {
      must(hits.length === there, `${JSON.stringify(filter)}: ${hits.length} of ${there} were found`);
      must(
        hits.every((hit) => holds(hit.fields.number as number)),
        `${JSON.stringify(filter)} lets others through`,
      );
    }
  }
  return `${questions.length} filters`;
}

async function scans(store: Store, { ids, vectors, fields }: Required<Items>): Promise<string> {
  const place = new Map(ids.map((id, i) => [id, i]));
  const seen = new Set<string>();
  for await (const part of store.scan({ batchRows: 100 })) {
    part.ids.forEach((id, i) => {
      must(!seen.has(id), `${id} comes by twice`);
      seen.add(id);
      const own = part.vectors.data.subarray(i * DIMS, (i + 1) * DIMS);
      const given = vectors.data.subarray(place.get(id)! * DIMS, (place.get(id)! + 1) * DIMS);
      const length = store.unitRows ? Math.hypot(...given) : 1;
      const slack = store.unitRows ? TOLERANCE : 0;
      must(
        own.every((value, k) => Math.abs(value - given[k]! / length) <= slack),
        `${id} has another vector than it was given`,
      );
      must(
        part.fields[i]!.number === fields[place.get(id)!]!.number,
        `${id} has other fields than it was given`,
      );
    });
  }
  must(seen.size === ROWS, `${seen.size} of ${ROWS} came by`);
  return `${seen.size} items`;
}

async function refusals(store: Store, { ids, vectors }: Items): Promise<string> {
  const one = (values: Float32Array): Matrix => ({ data: values, rows: 1, cols: values.length });
  const whole = one(vectors.data.slice(0, DIMS));
  const hole = one(whole.data.map((value, k) => (k === 1 ? Number.NaN : value)));
  const other = store.schema.metric === "cosine" ? "euclidean" : "cosine";
  const wrong: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["a query of another width", () => store.query(one(whole.data.slice(1)), { nNeighbors: 1 })],
    ["a query that is no number", () => store.query(hole, { nNeighbors: 1 })],
    ["a query in another metric", () => store.query(whole, { nNeighbors: 1, metric: other })],
    ["a tuning that is none", () => store.query(whole, { nNeighbors: 1, tuning: { "no such": 1 } })],
    ["a query through another map", () => store.query(whole, { nNeighbors: 1, mapVersion: "map 2" })],
    ["an item of another width", () => store.upsert({ ids: ["x"], vectors: one(whole.data.slice(1)) })],
    ["an item that is no number", () => store.upsert({ ids: ["x"], vectors: hole })],
    [
      "an id twice",
      () =>
        store.upsert({
          ids: ["x", "x"],
          vectors: { data: vectors.data.slice(0, 2 * DIMS), rows: 2, cols: DIMS },
        }),
    ],
  ];
  for (const [what, work] of wrong) {
    const error: unknown = await work().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    must(error instanceof IsometerError, `${what} is not refused in words: ${error}`);
  }
  must((await store.count()) === ids.length, "something that was refused was stored");
  return `${wrong.length} refusals`;
}

async function replaced(store: Store, { ids, vectors }: Items): Promise<string> {
  const far = vectors.data.slice(0, DIMS).map((value) => -3 * value);
  await store.upsert({
    ids: [ids[0]!],
    vectors: { data: far, rows: 1, cols: DIMS },
    fields: [{ number: -1 }],
  });
  must((await store.count()) === ROWS, "a replaced item is counted twice");
  const query = (data: Float32Array) =>
    store.query({ data, rows: 1, cols: DIMS }, { nNeighbors: ROWS, exact: true });
  const [hits] = await query(far);
  must(
    hits![0]!.id === ids[0] && hits![0]!.fields.number === -1,
    "a replaced item is not found where it is now",
  );
  must(hits!.filter(({ id }) => id === ids[0]).length === 1, "a replaced item is found twice");
  must((await store.remove([ids[1]!, "never there"])) === 1, "removing does not say how many there were");
  must((await store.count()) === ROWS - 1, "a removed item is counted");
  const [left] = await query(vectors.data.slice(DIMS, 2 * DIMS));
  must(
    left!.every(({ id }) => id !== ids[1]),
    "a removed item is found",
  );
  must((await store.get([ids[1]!, ids[2]!])).ids.join() === ids[2], "a removed item can be got");
  return "seen at once";
}

async function reopened(place: StorePlace, metric: StoreMetric, { ids }: Items): Promise<string> {
  const store = await place.reopen(`conformance-${metric}`);
  try {
    must(store.schema.metric === metric && store.schema.dims === DIMS, "the schema is another one");
    must(store.schema.mapVersion === "map 1", "the version of the map is forgotten");
    must((await store.count()) === ROWS - 1, `${await store.count()} items instead of ${ROWS - 1}`);
    const { fields } = await store.get([ids[0]!]);
    must(fields[0]!.number === -1, "a replaced item is the old one again");
    return `${ROWS - 1} items`;
  } finally {
    await store.close();
  }
}

/** Distances of vectors that are shifted by one vector, or doubled. */
async function moved(
  place: StorePlace,
  { seed = 0 }: ConformanceOptions,
  how: "shifted" | "doubled",
): Promise<string> {
  const { ids, vectors } = itemsFor("euclidean", seed);
  const change = (value: number, at: number) => (how === "doubled" ? 2 * value : value + 1 + (at % DIMS) / 8);
  const other: Matrix = { ...vectors, data: vectors.data.map(change) };
  const factor = how === "doubled" ? 2 : 1;
  const store = await place.create(`conformance-${how}`, {
    dims: DIMS,
    metric: "euclidean",
    mapVersion: null,
  });
  try {
    await store.upsert({ ids, vectors: other });
    const { queries, at } = queriesOf(other);
    const place = new Map(ids.map((id, i) => [id, i]));
    let worst = 0;
    for (const exact of [true, false])
      (await store.query(queries, { nNeighbors: K, exact })).forEach((hits, q) => {
        for (const { id, distance } of hits) {
          const own = factor * distanceBetween(vectors, at[q]!, vectors, place.get(id)!, "euclidean");
          worst = Math.max(worst, Math.abs(distance - own) / (1 + own));
        }
      });
    must(worst <= 4 * TOLERANCE, `a distance is off by ${worst}`);
    return `off by ${worst.toExponential(1)} at most`;
  } finally {
    await store.close();
  }
}
