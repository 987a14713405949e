import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStore, createStore, openStore, type StoreSchema } from "../../src/stores/index.ts";
import { checkAfterKill, checkAwkward, killedAfter, someItems, storesFolder } from "./places.ts";
import { type QdrantServer, startQdrant } from "./qdrant-server.ts";

const root = storesFolder();
const schema: StoreSchema = { dims: 8, metric: "euclidean", mapVersion: null };
let server: QdrantServer;
beforeAll(async () => {
  server = await startQdrant();
});
afterAll(() => server.close());
const address = (name: string, port = server.port) => `qdrant://127.0.0.1:${port}/${name}`;
const placeAt = (at: (name: string) => string) => ({
  create: (name: string, of: StoreSchema) => createStore(at(name), of),
  reopen: (name: string) => openStore(at(name)),
});

describe("Qdrant, as a small server speaks", () => {
  it("does all that a store has to do", async () => {
    const { checks, kind } = await checkStore(placeAt(address));
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([kind, checks.length]).toEqual(["qdrant", 20]);
  }, 60_000);

  it("takes fields with any name, and filters by them, but does not compare texts", async () => {
    const store = await createStore(address("awkward"), { ...schema, dims: 2 });
    await checkAwkward(store);
    await expect(store.count({ back: { gt: "a" } })).rejects.toMatchObject({
      code: "bad-option",
      hint: expect.stringContaining("eq, ne or in"),
    });
  });

  it("refuses more than one request holds, since several would not be whole", async () => {
    const store = await createStore(address("large"), { ...schema, dims: 2000 });
    const { batchRows } = store;
    await expect(store.upsert(someItems(batchRows + 1, 2000))).rejects.toMatchObject({ code: "too-large" });
    await store.upsert(someItems(batchRows, 2000));
    expect(await store.count()).toBe(batchRows);
  });

  it("refuses what is not there, what is there, what is not its own, and servers that keep no metadata", async () => {
    await expect(openStore(address("nothing"))).rejects.toMatchObject({ code: "missing-file" });
    await createStore(address("twice"), schema);
    await expect(createStore(address("twice"), schema)).rejects.toMatchObject({ code: "file-exists" });
    const old = await startQdrant({ keepsMetadata: false });
    await expect(createStore(address("x", old.port), schema)).rejects.toMatchObject({
      code: "store-failed",
      needed: "Qdrant 1.16 or newer",
    });
    await expect(openStore(address("x", old.port))).rejects.toMatchObject({ code: "missing-file" });
    await fetch(`http://127.0.0.1:${old.port}/collections/foreign`, {
      method: "PUT",
      body: JSON.stringify({ vectors: { size: 2, distance: "Dot" } }),
    });
    await expect(openStore(address("foreign", old.port))).rejects.toMatchObject({ code: "bad-format" });
    await old.close();
  });

  it("sends the key of the environment, and never tells it", async () => {
    process.env.QDRANT_API_KEY = "secret";
    try {
      const store = await createStore(address("keyed"), schema);
      expect([...server.seen.keys]).toEqual(["secret"]);
      server.fail(403, "Forbidden");
      const error: unknown = await store.count().catch((e) => e);
      expect(error).toMatchObject({ code: "store-failed", hint: expect.stringContaining("QDRANT_API_KEY") });
      const { message, got, hint, cause } = error as Record<string, unknown>;
      expect(JSON.stringify([message, got, hint, cause, String(cause)])).not.toContain("secret");
    } finally {
      server.fail(null);
      delete process.env.QDRANT_API_KEY;
    }
  });
});

describe("nothing is lost", () => {
  it("when a writer is killed", async () => {
    await createStore(address("killed"), schema);
    const told = await killedAfter(address("killed"), 3, schema.dims);
    await checkAfterKill(await openStore(address("killed")), told);
  }, 20_000);

  it("when there is no room left: the error says what to do", async () => {
    const store = await createStore(address("full"), schema);
    await store.upsert(someItems(20, schema.dims));
    server.fail(500, "Service internal error: No space left on device (os error 28)");
    await expect(store.upsert(someItems(50, schema.dims, 2))).rejects.toMatchObject({
      code: "store-failed",
      message: expect.stringContaining("no room left"),
      hint: expect.stringContaining("Free some space"),
    });
    server.fail(null);
    expect(await store.count()).toBe(20);
  });

  it("when the server goes away between two queries, and when it is there again", async () => {
    const own = await startQdrant();
    const store = await createStore(address("c", own.port), schema);
    const { vectors } = someItems(1, schema.dims);
    await own.close();
    await expect(store.query(vectors, { nNeighbors: 1 })).rejects.toMatchObject({
      code: "store-failed",
      message: expect.stringContaining("it is gone"),
      hint: expect.stringContaining("Check that the server runs"),
    });
    const again = await startQdrant({ port: own.port });
    await expect(store.count()).rejects.toMatchObject({ message: expect.stringContaining("doesn't exist") });
    await createStore(address("c", own.port), schema);
    expect(await store.query(vectors, { nNeighbors: 1 })).toEqual([[]]);
    await again.close();
  });
});

const PYTHON = fileURLToPath(new URL("../../bench/peers/.venv/bin/python", import.meta.url));
const hasEdge = existsSync(PYTHON) && spawnSync(PYTHON, ["-c", "import qdrant_edge"]).status === 0;

describe.skipIf(!hasEdge)("Qdrant's own engine (pip install qdrant-edge-py into bench/peers/.venv)", () => {
  const script = fileURLToPath(new URL("qdrant-edge-server.py", import.meta.url));
  let engine: ChildProcess | undefined;
  /** Starts it over the collections that are there; its port. */
  async function started(port: number): Promise<number> {
    engine = spawn(PYTHON, [script, root, `${port}`], { stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise<string>((resolve) => {
      createInterface({ input: engine!.stdout! }).once("line", resolve);
    });
    return Number(line.split(" ")[1]);
  }
  afterAll(() => engine?.kill("SIGKILL"));

  it("does all that a store has to do, through an index of bytes, and loses nothing when it is killed itself", async () => {
    const port = await started(0);
    const at = (name: string) => address(name, port);
    const { checks } = await checkStore(placeAt(at));
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect(await (await openStore(at("conformance-cosine"))).index()).toMatchObject({ kind: "hnsw" });
    await checkAwkward(await createStore(at("awkward"), { ...schema, dims: 2 }), 15);

    const store = await createStore(at("ingested"), schema);
    const { ids, vectors } = someItems(4000, schema.dims);
    let told = 0;
    for (let b = 0; b < 80 && told === b; b++) {
      if (b === 4) setTimeout(() => engine!.kill("SIGKILL"), 5);
      const part = vectors.data.subarray(50 * b * 8, 50 * (b + 1) * 8);
      const batch = { ids: ids.slice(50 * b, 50 * (b + 1)), vectors: { data: part, rows: 50, cols: 8 } };
      await store.upsert(batch).then(
        () => told++,
        (error) => expect(error).toMatchObject({ code: "store-failed" }),
      );
    }
    expect(told).toBeGreaterThanOrEqual(4);
    expect(told).toBeLessThan(80);
    await started(port);
    await checkAfterKill(store, told);
  }, 60_000);
});
