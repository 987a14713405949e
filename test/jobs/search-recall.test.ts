import { expect, it } from "vitest";
import { gatherRows, rng } from "../../src/base/index.ts";
import { sampleVectors, storeRecall } from "../../src/jobs/search-recall.ts";
import { type Filter, holds, type Items, type QueryOptions, type Store } from "../../src/stores/index.ts";
import { gaussian } from "../matrices.ts";

const vectors = gaussian(rng(1), 500, 4);
const ids = Array.from({ length: 500 }, (_, i) => `d${i}`);
const fields = ids.map((_, i) => ({ even: i % 2 === 0 }));

/** A store whose index misses every item of which `isMissed` holds. */
function storeThatMisses(isMissed: (row: number) => boolean): Store {
  const items = (rows: readonly number[]): Required<Items> => ({
    ids: rows.map((row) => ids[row]!),
    vectors: gatherRows(vectors, rows),
    fields: rows.map((row) => fields[row]!),
  });
  const query: Store["query"] = async (queries, { nNeighbors, exact, filter }: QueryOptions) =>
    Array.from({ length: queries.rows }, (_, q) =>
      ids
        .map((id, row) => ({ id, row, fields: fields[row]! }))
        .filter(({ row }) => exact || !isMissed(row))
        .filter((own) => !filter || holds(filter, own.fields))
        .map((own) => ({
          ...own,
          distance: Math.hypot(
            ...[0, 1, 2, 3].map((k) => queries.data[4 * q + k]! - vectors.data[4 * own.row + k]!),
          ),
        }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, nNeighbors),
    );
  return {
    schema: { dims: 4, metric: "euclidean", mapVersion: null },
    query,
    async *scan({ filter }: { readonly filter?: Filter } = {}) {
      const rows = ids.flatMap((_, row) => (filter && !holds(filter, fields[row]!) ? [] : [row]));
      yield items(rows.slice(0, 200));
      yield items(rows.slice(200));
    },
  } as unknown as Store;
}

const measured = async (store: Store, sought: readonly number[], filter?: { even: boolean }) => {
  const queries = { sought: gatherRows(vectors, sought), own: sought.map((row) => ids[row]!) };
  const drawn = await sampleVectors(store, filter, sought.length, rng(2));
  const options = { nNeighbors: 5, ...(filter && { filter }) };
  return { drawn, recall: await storeRecall(store, options, queries, drawn) };
};

it("is 1 where the index misses nothing, and near the share that it does not miss", async () => {
  const whole = await measured(
    storeThatMisses(() => false),
    [3],
  );
  expect(whole.recall).toMatchObject({ value: 1, k: 5, queries: 1, drawn: 99 });
  expect(whole.recall.interval[0]).toBeLessThan(1);
  const { recall } = await measured(
    storeThatMisses((row) => row % 4 === 0),
    [3],
  );
  expect(recall.interval[0]).toBeLessThan(0.75);
  expect(recall.interval[1]).toBeGreaterThan(0.75);
});

it("draws items once each, over the whole store, and only those that the filter holds for", async () => {
  const { drawn } = await measured(
    storeThatMisses(() => false),
    [3],
  );
  expect(new Set(drawn.own).size).toBe(99);
  expect(drawn.own.filter((id) => Number(id!.slice(1)) >= 250).length).toBeGreaterThan(30);
  const row = ids.indexOf(drawn.own[7]!);
  expect(drawn.vectors.data.slice(28, 32)).toEqual(vectors.data.slice(4 * row, 4 * row + 4));
  const even = await measured(
    storeThatMisses(() => false),
    [3],
    { even: true },
  );
  expect(even.drawn.own.every((id) => Number(id!.slice(1)) % 2 === 0)).toBe(true);
});

it("draws none where there are queries enough, and takes the first hundred", async () => {
  const sought = Array.from({ length: 150 }, (_, i) => i);
  const { recall } = await measured(
    storeThatMisses((row) => row < 100),
    sought,
  );
  expect(recall).toMatchObject({ queries: 100, drawn: 0 });
});
