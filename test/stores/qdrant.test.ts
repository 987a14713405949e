import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStore, createStore, openStore } from "../../src/stores/index.ts";
import { AWKWARD, fillAwkward } from "./places.ts";
import { type QdrantServer, startQdrant } from "./qdrant-server.ts";

let server: QdrantServer;
beforeAll(async () => {
  server = await startQdrant();
});
afterAll(() => server.close());
const address = (name: string) => `qdrant://127.0.0.1:${server.port}/${name}`;

describe("Qdrant", () => {
  it("does all that a store has to do", async () => {
    const { checks, kind } = await checkStore({
      create: (name, schema) => createStore(address(name), schema),
      reopen: (name) => openStore(address(name)),
    });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([kind, checks.length]).toEqual(["qdrant", 20]);
  }, 30_000);

  it("takes fields with any name, and filters by them", async () => {
    const store = await createStore(address("awkward"), { dims: 2, metric: "euclidean", mapVersion: null });
    await fillAwkward(store);
    for (const [i, { fields, filter }] of AWKWARD.entries()) {
      if (JSON.stringify(filter).includes("a\\\\")) continue;
      const parts = [];
      for await (const part of store.scan({ filter })) parts.push(...part.ids);
      expect([filter, parts]).toEqual([filter, [`${i}`]]);
      expect((await store.get([`${i}`])).fields).toEqual([fields]);
      expect(await store.count({ none: [filter] })).toBe(AWKWARD.length - 1);
    }
    await expect(store.count({ back: { gt: "a" } })).rejects.toMatchObject({ code: "bad-option" });
    await store.close();
  });
});
