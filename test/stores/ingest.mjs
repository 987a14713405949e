/** Writes batches of 50 vectors to a flat store, and says after each how many it holds. Arguments: FOLDER BATCHES DIMS. */

import { rng } from "../../dist/base/index.js";
import { findEngine } from "../../dist/engine/index.js";
import { openFlatStore } from "../../dist/stores/index.js";

const [folder, batches, dims] = process.argv.slice(2);
const store = await openFlatStore(folder, { engine: await findEngine({ threads: 1 }) });
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
