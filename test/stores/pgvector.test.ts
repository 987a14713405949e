import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStore } from "../../src/stores/index.ts";
import { openPgvectorStore } from "../../src/stores/pgvector.ts";
import { createPgvectorStore } from "../../src/stores/pgvector-table.ts";
import { AWKWARD, fillAwkward } from "./places.ts";

let db: PGlite;
beforeAll(async () => {
  db = await PGlite.create({ extensions: { vector } });
}, 30_000);
afterAll(() => db.close());

describe("pgvector", () => {
  it("does all that a store has to do, without an index and with each", async () => {
    const { checks, kind } = await checkStore({
      create: async (name, schema) => {
        await createPgvectorStore(db, name, schema, name);
        return openPgvectorStore(db, name, name);
      },
      reopen: (name) => openPgvectorStore(db, name, name),
    });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([kind, checks.length]).toEqual(["pgvector", 24]);
  }, 60_000);

  it("takes fields with any name, and filters by them", async () => {
    await createPgvectorStore(db, "awkward", { dims: 2, metric: "euclidean", mapVersion: null }, "awkward");
    const store = await openPgvectorStore(db, "awkward", "awkward");
    await fillAwkward(store);
    for (const [i, { fields, filter }] of AWKWARD.entries()) {
      const parts = [];
      for await (const part of store.scan({ filter })) parts.push(...part.ids);
      expect([filter, parts]).toEqual([filter, [`${i}`]]);
      expect((await store.get([`${i}`])).fields).toEqual([fields]);
      expect(await store.count({ none: [filter] })).toBe(AWKWARD.length - 1);
    }
    await store.close();
  });
});
