import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkStore, createStore, openStore } from "../../src/stores/index.ts";
import { AWKWARD, fillAwkward, storesFolder } from "./places.ts";

const root = storesFolder();
const address = (name: string) => `lance:${join(root, "checked")}#${name}`;

describe("LanceDB", () => {
  it("does all that a store has to do, without an index and with each", async () => {
    const { checks, kind } = await checkStore({
      create: (name, schema) => createStore(address(name), schema),
      reopen: (name) => openStore(address(name)),
    });
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([kind, checks.length]).toEqual(["lance", 24]);
  }, 60_000);

  it("takes fields with any name, and filters by them", async () => {
    const store = await createStore(address("awkward"), { dims: 2, metric: "euclidean", mapVersion: null });
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
