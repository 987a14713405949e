import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStore, createStore, openStore, type StoreSchema } from "../../src/stores/index.ts";
import { openPgvectorStore } from "../../src/stores/pgvector.ts";
import { createPgvectorStore, type PostgresClient } from "../../src/stores/pgvector-table.ts";
import { checkAfterKill, checkAwkward, killedAfter, someItems, storesFolder } from "./places.ts";

const root = storesFolder();
let db: PGlite;
beforeAll(async () => {
  db = await PGlite.create({ extensions: { vector } });
}, 60_000);
afterAll(() => db.close());
const schema: StoreSchema = { dims: 8, metric: "euclidean", mapVersion: null };

async function created(name: string, of = schema, client: PostgresClient = db) {
  await createPgvectorStore(db, name, of, name);
  return openPgvectorStore(client, name, name);
}

/** PGlite, but every statement that a pattern fits fails as Postgres says it. */
function failingAt(pattern: RegExp, error: object): PostgresClient {
  return {
    query: async (text, params) => {
      if (pattern.test(text)) throw Object.assign(new Error(), error);
      return db.query(text, params);
    },
  };
}

describe("pgvector", () => {
  it("does all that a store has to do, without an index and with each", async () => {
    const { checks, kind } = await checkStore({
      create: created,
      reopen: (name) => openPgvectorStore(db, name, name),
    });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([kind, checks.length]).toEqual(["pgvector", 24]);
  }, 60_000);

  it("takes fields with any name, and filters by them, in a table with any name", async () => {
    const store = await created(`it's "a" table`, { ...schema, dims: 2, mapVersion: `map's \\ "1"` });
    await checkAwkward(store);
    expect(await store.count({ back: { gt: "a\\a", lt: "a\\c" } })).toBe(1);
    expect((await openPgvectorStore(db, `it's "a" table`, "x")).schema.mapVersion).toBe(`map's \\ "1"`);
  });

  it("indexes halves of the bits beyond 2000 dimensions, nothing beyond 4000, and gives distances of the vectors", async () => {
    const store = await created("wide", { ...schema, dims: 2001, metric: "cosine" });
    const items = someItems(60, 2001);
    await store.upsert(items);
    await store.buildIndex!("hnsw");
    // So few rows are read one by one, unless this is forbidden.
    await db.query("SET enable_seqscan = off");
    const some = { ...items.vectors, data: items.vectors.data.slice(0, 3 * 2001), rows: 3 };
    const found = await store.query(some, { nNeighbors: 5 });
    await db.query("RESET enable_seqscan");
    expect(found).toEqual(await store.query(some, { nNeighbors: 5, exact: true }));

    const wider = await created("wider", { ...schema, dims: 4001 });
    await expect(wider.buildIndex!("hnsw")).rejects.toMatchObject({
      code: "bad-option",
      hint: expect.stringContaining("Reduce"),
    });
  });

  it("goes on among all items where an index gives too few", async () => {
    const store = await created("short");
    const items = someItems(300, schema.dims);
    await store.upsert(items);
    await store.buildIndex!("ivfflat", { partitions: 100 });
    await db.query("SET enable_seqscan = off");
    const options = { nNeighbors: 40, filter: { n: { lt: 50 } }, tuning: { "ivfflat.probes": 1 } };
    const found = await store.query(items.vectors, options);
    await db.query("RESET enable_seqscan");
    expect(found.map((hits) => hits.length)).toEqual(Array(300).fill(40));
    expect(await store.index()).toEqual({ kind: "ivfflat", rows: 300 });
  });

  it("refuses what is not there, what is there, and what is not its own", async () => {
    await expect(openPgvectorStore(db, "nothing", "x")).rejects.toMatchObject({ code: "missing-file" });
    await created("twice");
    await expect(created("twice")).rejects.toMatchObject({ code: "file-exists" });
    await db.query("CREATE TABLE foreigner (id text)");
    await expect(openPgvectorStore(db, "foreigner", "x")).rejects.toMatchObject({ code: "bad-format" });
  });

  it("never tells a password", async () => {
    const error: unknown = await openStore("postgres://me:secret@127.0.0.1:1/db?table=t").catch((e) => e);
    expect(error).toMatchObject({ code: "store-failed", message: expect.stringContaining("ECONNREFUSED") });
    const { message, got, hint, cause } = error as {
      message: string;
      got: string;
      hint: string;
      cause: Error;
    };
    expect(JSON.stringify([message, got, hint, { ...cause }, String(cause)])).not.toContain("secret");
  });
});

const server = process.env.ISOMETER_TEST_POSTGRES;
// PGlite is always there; whoever has another Postgres names it, and it is asked too.
describe.each(server === undefined ? [] : [server])("a Postgres that ISOMETER_TEST_POSTGRES names", (url) => {
  it("does all that a store has to do", async () => {
    const address = (name: string) => `${url}?table=isometer-test-${name}`;
    const { checks } = await checkStore({
      create: (name, of) => createStore(address(name), of),
      reopen: (name) => openStore(address(name)),
    });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
  }, 60_000);
});

describe("nothing is lost", () => {
  it("when a writer is killed", async () => {
    const folder = join(root, "killed");
    const told = await killedAfter(`pglite:${folder}`, 3, schema.dims);
    const again = await PGlite.create(folder, { extensions: { vector } });
    await checkAfterKill(await openPgvectorStore(again, "items", "items"), told);
    await again.close();
  }, 60_000);

  it.each([
    [
      "there is no room left",
      /^INSERT/,
      { code: "53100", message: "could not extend file: No space left on device" },
      "Free some space",
    ],
    [
      "the server goes away before it has said that all is there",
      /^COMMIT/,
      { message: "Connection terminated unexpectedly" },
      "Check that the server runs",
    ],
  ])("when %s: all or nothing, and the error says what to do", async (what, pattern, error, hint) => {
    const name = `failing ${what}`;
    const store = await created(name);
    await store.upsert(someItems(20, schema.dims));
    const failing = await openPgvectorStore(failingAt(pattern, error), name, name);
    await expect(failing.upsert(someItems(50, schema.dims, 2))).rejects.toMatchObject({
      code: "store-failed",
      message: expect.stringContaining(error.message),
      hint: expect.stringContaining(hint),
    });
    expect(await store.get(someItems(50, schema.dims).ids)).toEqual(someItems(20, schema.dims));
  });

  it("when its table goes away between two queries: an error that says so", async () => {
    const store = await created("gone");
    await store.upsert(someItems(20, schema.dims));
    await db.query("DROP TABLE gone");
    for (const work of [
      () => store.query(someItems(1, schema.dims).vectors, { nNeighbors: 1 }),
      () => store.upsert(someItems(1, schema.dims)),
    ])
      await expect(work()).rejects.toMatchObject({
        code: "store-failed",
        message: expect.stringContaining("gone"),
        hint: expect.stringContaining("the table is there"),
      });
  });
});
