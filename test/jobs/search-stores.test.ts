import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { searchSchema } from "../../src/jobs/schema-search.ts";
import { createStore } from "../../src/stores/index.ts";
import { testHost } from "../app/host.ts";
import { gaussian } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-search-stores-"));
afterAll(() => rmSync(folder, { recursive: true }));
const address = `lance:${join(folder, "lance")}`;
const table = join(folder, "points.parquet");
const points = gaussian(rng(5), 3000, 32);
const ids = Array.from({ length: points.rows }, (_, i) => `d${i}`);

beforeAll(async () => {
  const store = await createStore(address, { dims: 32, metric: "euclidean", mapVersion: null });
  await store.upsert({ ids, vectors: points });
  await store.buildIndex!("ivf-rq");
  await store.close();
  await writeRows(table, rowsFromMatrix(points), { columns: { doc: ids } });
});

async function result(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["search", ...args, "--threads", "1", "--json", "-"], host);
  expect({ status, err: host.written.err }).toEqual({ status: 0, err: "" });
  return searchSchema.parse(JSON.parse(host.written.out));
}

it("an index says what it misses; an exact search of the same store misses nothing", async () => {
  const like = ["--like", "d7", "--like", "d1234"];
  const coarse = await result(address, ...like, "--tune", "refineFactor=1", "--tune", "nprobes=1");
  expect(coarse.search).toMatchObject({
    kind: "lance",
    exact: false,
    index: { kind: "ivf-rq", rows: 3000 },
    tuning: { refineFactor: 1, nprobes: 1 },
    recall: { k: 10, queries: 2, drawn: 98 },
  });
  const fine = await result(address, ...like, "--tune", "refineFactor=50", "--tune", "nprobes=200");
  expect(coarse.search.recall!.interval[1]).toBeLessThan(fine.search.recall!.interval[0]!);
  const exact = await result(address, ...like, "--exact");
  expect(exact.search).toMatchObject({ exact: true, recall: null });
  const file = await result(table, "--id", "doc", "--metric", "euclidean", ...like);
  const plain = ({ answers }: typeof file) =>
    answers.map(({ hits }) => hits.map(({ name, distance }) => ({ name, distance: distance.toFixed(9) })));
  expect(plain(exact)).toEqual(plain(file));
});
