import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@lancedb/lancedb";
import { describe, expect, it } from "vitest";
import { checkStore, createStore, openStore } from "../../src/stores/index.ts";
import { checkAfterKill, checkAwkward, INGEST, killedAfter, someItems, storesFolder } from "./places.ts";

const root = storesFolder();
const address = (name: string) => `lance:${join(root, "all")}#${name}`;
const schema = { dims: 8, metric: "euclidean", mapVersion: null } as const;

/** n items in a new store. */
async function filled(at: string, n: number) {
  const store = await createStore(at, schema);
  const items = someItems(n, schema.dims);
  await store.upsert(items);
  return { store, items };
}

describe("LanceDB", () => {
  it("refuses an index that the width of its vectors does not fit", async () => {
    const store = await createStore(`lance:${join(root, "uneven")}`, {
      dims: 2,
      metric: "euclidean",
      mapVersion: null,
    });
    await expect(store.buildIndex!("ivf-rq")).rejects.toMatchObject({
      code: "bad-option",
      hint: expect.stringContaining("hnsw-sq"),
    });
    await store.close();
  });

  it("does all that a store has to do, without an index and with each", async () => {
    const { checks, kind } = await checkStore({
      create: (name, of) => createStore(address(name), of),
      reopen: (name) => openStore(address(name)),
    });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([kind, checks.length]).toEqual(["lance", 24]);
  }, 60_000);

  it("takes fields with any name, and filters by them", async () => {
    const store = await createStore(address("awkward"), { ...schema, dims: 2 });
    await checkAwkward(store);
    expect(await store.count({ back: { gt: "a\\a", lt: "a\\c" } })).toBe(1);
    await store.close();
  });

  it("gives distances of the vectors where LanceDB, by its index, gives others", async () => {
    const { store, items } = await filled(address("indexed"), 400);
    await store.buildIndex!("ivf-rq");
    const query = { ...items.vectors, data: items.vectors.data.slice(0, schema.dims), rows: 1 };
    const [hits] = await store.query(query, { nNeighbors: 5 });
    const [exact] = await store.query(query, { nNeighbors: 5, exact: true });
    expect(hits!.map(({ distance }) => distance)).toEqual(exact!.map(({ distance }) => distance));

    const table = await (await connect(join(root, "all"))).openTable("indexed");
    const raw = await table.query().nearestTo(query.data).limit(5).select(["id", "_distance"]).toArray();
    // LanceDB gives squares of lengths, and through codes not even those: below 0 at times.
    expect(Math.abs(raw[1]._distance - exact![1]!.distance ** 2)).toBeGreaterThan(0.01);

    const stopped = { nNeighbors: 5, signal: AbortSignal.abort() };
    for (const exact of [true, false])
      await expect(store.query(items.vectors, { ...stopped, exact })).rejects.toMatchObject({
        code: "aborted",
      });

    await store.upsert({ ids: ["new"], vectors: query });
    expect(await store.index()).toEqual({ kind: "ivf-rq", rows: 400 });
    const [seen] = await store.query(query, { nNeighbors: 2 });
    expect(seen!.map(({ id }) => id).sort()).toEqual(["0", "new"]);
    await store.close();
  });

  it("replaces what is there, appends what is not, in writes small and large", async () => {
    const store = await createStore(address("replaced"), { ...schema, dims: 2 });
    const large = someItems(25_000, 2);
    const half = someItems(12_500, 2, 5);
    for (const items of [half, large, someItems(10, 2, 7), half, large]) await store.upsert(items);
    expect(await store.count()).toBe(25_000);
    expect(await store.get(large.ids.slice(12_000))).toEqual({
      ids: large.ids.slice(12_000),
      vectors: { ...large.vectors, data: large.vectors.data.slice(24_000), rows: 13_000 },
      fields: large.fields.slice(12_000),
    });
    const more = someItems(50_000, 2);
    const ids = more.ids.map((id) => `more ${id}`);
    await store.upsert({ ids, vectors: more.vectors });
    expect(await store.count()).toBe(75_000);
    await store.close();
  });

  it("refuses an index of few items, or of another kind, and says what there is", async () => {
    const { store } = await filled(address("few"), 40);
    await expect(store.buildIndex!("ivf-rq")).rejects.toMatchObject({ code: "too-few-rows" });
    await expect(store.buildIndex!("ivf-pq")).rejects.toMatchObject({
      code: "bad-option",
      needed: "ivf-rq, hnsw-sq",
    });
    expect(await store.index()).toBe(null);
    await store.close();
  });

  it("refuses what is not there, what is there, and what is not its own", async () => {
    await expect(openStore(address("nothing"))).rejects.toMatchObject({ code: "missing-file" });
    await (await createStore(address("twice"), schema)).close();
    await expect(createStore(address("twice"), schema)).rejects.toMatchObject({ code: "file-exists" });
    const connection = await connect(join(root, "all"));
    await connection.createTable("foreign", [{ id: "a", vector: [1, 2] }]);
    await expect(openStore(address("foreign"))).rejects.toMatchObject({ code: "bad-format" });
    const reader = await openStore(address("twice"), { readOnly: true });
    await expect(reader.upsert(someItems(1, schema.dims))).rejects.toMatchObject({ code: "bad-option" });
    expect(await reader.count()).toBe(0);
    await reader.close();
  });
});

describe("nothing is lost", () => {
  it("when a writer is killed, at any moment", async () => {
    const at = address("killed");
    await (await createStore(at, schema)).close();
    for (const after of [1, 5]) {
      const told = await killedAfter(at, after, schema.dims);
      const again = await openStore(at);
      await checkAfterKill(again, told);
      await again.close();
    }
  }, 20_000);

  it("when there is no room left: the error says what to do", async () => {
    const at = address("full");
    const { store, items } = await filled(at, 60);
    await store.close();
    const node = `"${process.execPath}" "${INGEST}" "${at}" 1 ${schema.dims}`;
    // Blocks of 1 kB: no file of a batch fits.
    const { stdout } = spawnSync("bash", ["-c", `trap '' XFSZ; ulimit -f 1; exec ${node}`], {
      encoding: "utf8",
    });
    expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toMatchObject({
      code: "store-failed",
      message: expect.stringContaining("no room left"),
      hint: expect.stringContaining("Free some space"),
    });
    const again = await openStore(at);
    expect(await again.get(items.ids)).toEqual(items);
    await again.close();
  }, 20_000);

  it("when its folder goes away between two queries: an error that says so, and nothing is made in its place", async () => {
    const at = `lance:${join(root, "gone")}`;
    const { store, items } = await filled(at, 40);
    rmSync(join(root, "gone"), { recursive: true });
    for (const work of [
      () => store.query(items.vectors, { nNeighbors: 1 }),
      () => store.count(),
      () => store.upsert(items),
      () => store.remove(["1"]),
    ])
      await expect(work()).rejects.toMatchObject({
        code: "store-failed",
        hint: expect.stringContaining("Check that the folder is there"),
      });
    await store.close();
    expect(existsSync(join(root, "gone"))).toBe(false);
  });

  it("when several write at once", async () => {
    const at = address("at-once");
    await (await createStore(at, schema)).close();
    const [one, other] = [await openStore(at), await openStore(at)];
    const { vectors } = someItems(1, schema.dims);
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        (i % 2 ? one : other).upsert({ ids: [`${i}`], vectors, fields: [{ [`f${i % 3}`]: i }] }),
      ),
    );
    expect(await one.count()).toBe(12);
    await one.close();
    await other.close();
  });
});
