/**
 * Stores: writing 1,000,000 vectors of 128 numbers in batches, then the 10 nearest of 200 queries: our flat store, our store
 * over LanceDB, and LanceDB's own client used directly (table.add of Arrow batches, search with the same index and refinement).
 *
 *     node bench/stores.mjs [--rows 1000000] [--dims 128] [--queries 200] [--batch 100000] [--only flat,lance,client]
 *
 * Vectors are in 1,000 clusters of 12 dimensions each, about as many as descriptors of pictures have (SIFT): on standard normals no index finds anything. Queries are
 * drawn in the same way and are not stored. Truth is the flat store's answer, which is exact (float64). Stores are written to a
 * folder under --folder (default: that of the system for temporary files; 1.2 kB a vector in all) and removed.
 */

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { connect, Index } from "@lancedb/lancedb";
import { rng } from "../dist/base/index.js";
import { createStore, openStore } from "../dist/stores/index.js";
import { arrowSchema, arrowTable } from "../dist/stores/lance-table.js";
import { flag, machineLine, writeResults } from "./harness.mjs";

const [K, CENTRES, AT_ONCE, REFINE] = [10, 1000, 8, 10];
/** A cluster spreads along directions of its own, and a little everywhere. */
const [DIRECTIONS, SPREAD, NOISE] = [12, 0.5, 0.05];
const rows = Number(flag("rows", "1000000"));
const dims = Number(flag("dims", "128"));
const count = Number(flag("queries", "200"));
const batch = Number(flag("batch", "100000"));
const only = flag("only", "flat,lance,client").split(",");
const folder = mkdtempSync(join(flag("folder", os.tmpdir()), "isometer-stores-"));
const schema = { dims, metric: "euclidean", mapVersion: null };

const centres = normals(rng(0).split("centres"), CENTRES * dims);
const directions = normals(rng(0).split("directions"), CENTRES * DIRECTIONS * dims);

function normals(random, length) {
  return Float32Array.from({ length }, () => random.normal());
}

/** Vectors of a part, the same in every run. */
function clustered(name, n) {
  const random = rng(0).split(name);
  const data = new Float32Array(n * dims);
  for (let i = 0; i < n; i++) {
    const cluster = Math.floor(random.uniform() * CENTRES);
    const own = data.subarray(i * dims, (i + 1) * dims);
    for (let c = 0; c < dims; c++) own[c] = centres[cluster * dims + c] + NOISE * random.normal();
    for (let d = 0; d < DIRECTIONS; d++) {
      const [along, at] = [SPREAD * random.normal(), (cluster * DIRECTIONS + d) * dims];
      for (let c = 0; c < dims; c++) own[c] += along * directions[at + c];
    }
  }
  return { data, rows: n, cols: dims };
}

function itemsAt(start) {
  const n = Math.min(batch, rows - start);
  return {
    ids: Array.from({ length: n }, (_, i) => `${start + i}`),
    vectors: clustered(`rows ${start}`, n),
    fields: Array.from({ length: n }, (_, i) => ({ n: start + i })),
  };
}

/** Seconds of writing alone, of all batches. */
async function written(write) {
  let seconds = 0;
  for (let start = 0; start < rows; start += batch) {
    const items = itemsAt(start);
    const begun = performance.now();
    await write(items);
    seconds += (performance.now() - begun) / 1000;
  }
  return seconds;
}

async function timed(work) {
  const begun = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - begun) / 1000 };
}

function bytesUnder(path) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

const lines = [];
function told(who, what, seconds, quality = {}) {
  const rate = what === "write" ? rows / seconds : what.startsWith("index") ? null : count / seconds;
  lines.push({ who, what, seconds, ...(rate === null ? {} : { perSecond: rate }), ...quality });
  const shown = Object.entries(quality).map(([name, value]) => `${name} ${value}`);
  const speed = rate === null ? "" : `${rate.toFixed(rate < 100 ? 1 : 0)}/s`;
  console.log(
    `  ${who.padEnd(26)} ${what.padEnd(34)} ${seconds.toFixed(2).padStart(8)} s ${speed.padStart(10)}  ${shown.join(", ")}`,
  );
}

const queries = clustered("queries", count);
let truth = null;
/** Share of the true 10 that are among the ids; the first answers are the truth. */
function recallOf(ids) {
  truth ??= ids.map((own) => new Set(own));
  const kept = ids.reduce((sum, own, q) => sum + own.filter((id) => truth[q].has(id)).length, 0);
  return { [`recall@${K}`]: Number((kept / (K * count)).toFixed(4)) };
}
const idsOf = (found) => found.map((hits) => hits.map(({ id }) => id));

async function asked(who, what, store, options = {}) {
  const { result, seconds } = await timed(() => store.query(queries, { nNeighbors: K, ...options }));
  told(who, what, seconds, recallOf(idsOf(result)));
}

async function ours(who, address) {
  let store = await createStore(address, schema);
  told(who, "write", await written((items) => store.upsert(items)));
  await store.close();
  store = await openStore(address);
  // The first query makes the store ready; the second says what it costs from then on.
  await asked(who, "exact, all queries at once, first", store, { exact: true });
  await asked(who, "exact, all queries at once", store, { exact: true });
  if (store.indexKinds.includes("ivf-rq")) {
    const { seconds } = await timed(() => store.buildIndex("ivf-rq"));
    told(who, "index ivf-rq", seconds);
    await asked(who, "ivf-rq, first", store);
    await asked(who, "ivf-rq", store);
  }
  await store.close();
}

async function client(who) {
  const path = join(folder, "client");
  const connection = await connect(path);
  const empty = await arrowSchema(schema);
  const table = await connection.createEmptyTable("items", empty);
  await table.addColumns([{ name: "n:number", valueSql: "CAST(NULL AS double)" }]);
  const seconds = await written(async (items) => table.add(await arrowTable(items, ["n:number"])));
  told(who, "write", seconds, { "bytes on disk": bytesUnder(path) });
  const search = (row) =>
    table
      .query()
      .nearestTo(queries.data.subarray(row * dims, (row + 1) * dims))
      .limit(K)
      .select(["id", "n:number", "_distance"]);
  const all = (of, width) =>
    timed(async () => {
      const found = [];
      for (let row = 0; row < count; row += width) {
        const some = Array.from({ length: Math.min(width, count - row) }, (_, i) => of(row + i).toArray());
        found.push(...(await Promise.all(some)));
      }
      return found;
    });
  const exact = await all((row) => search(row).bypassVectorIndex(), AT_ONCE);
  told(who, `exact, ${AT_ONCE} at once`, exact.seconds, recallOf(idsOf(exact.result)));
  const build = await timed(() =>
    table.createIndex("vector", { config: Index.ivfRq({ distanceType: "l2" }), replace: true }),
  );
  told(who, "index ivf-rq", build.seconds);
  for (const [what, of, width] of [
    ["ivf-rq as it is, one by one", search, 1],
    ["ivf-rq refined, one by one", (row) => search(row).refineFactor(REFINE), 1],
    [`ivf-rq refined, ${AT_ONCE} at once`, (row) => search(row).refineFactor(REFINE), AT_ONCE],
  ]) {
    const { result, seconds: took } = await all(of, width);
    told(who, what, took, recallOf(idsOf(result)));
  }
  connection.close();
}

console.log(`stores: ${machineLine()}\n  ${rows} x ${dims}, batches of ${batch}, ${count} queries, k ${K}\n`);
try {
  if (only.includes("flat")) await ours("isometer, flat", join(folder, "flat"));
  if (only.includes("lance")) await ours("isometer, lance", `lance:${join(folder, "lance")}`);
  if (only.includes("client")) await client("LanceDB's own client");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
writeResults("stores", { rows, dims, batch, queries: count, k: K, lines });
