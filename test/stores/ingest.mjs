/** Writes batches of 50 vectors to a store, and says after each how many it holds. Arguments: ADDRESS (or pglite:FOLDER, where it makes the table items first) BATCHES DIMS. */

import { rng } from "../../dist/base/index.js";
import { openStore } from "../../dist/stores/index.js";

const [address, batches, dims] = process.argv.slice(2);
const store = address.startsWith("pglite:") ? await inPglite(address.slice(7)) : await openStore(address);
const random = rng(1);
try {
  for (let b = 0; b < Number(batches); b++) {
    const data = Float32Array.from({ length: 50 * dims }, () => random.normal());
    const ids = Array.from({ length: 50 }, (_, i) => `${b * 50 + i}`);
    await store.upsert({ ids, vectors: { data, rows: 50, cols: Number(dims) } });
    process.stdout.write(`${await store.count()}\n`);
  }
} catch (error) {
  const { code, message, hint } = error;
  process.stdout.write(`${JSON.stringify({ code, message, hint })}\n`);
}
await store.close();

async function inPglite(folder) {
  const { PGlite } = await import("@electric-sql/pglite");
  const { vector } = await import("@electric-sql/pglite-pgvector");
  const { openPgvectorStore } = await import("../../dist/stores/pgvector.js");
  const { createPgvectorStore } = await import("../../dist/stores/pgvector-table.js");
  const db = await PGlite.create(folder, { extensions: { vector } });
  await createPgvectorStore(
    db,
    "items",
    { dims: Number(dims), metric: "euclidean", mapVersion: null },
    "items",
  );
  return openPgvectorStore(db, "items", "items");
}
