import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
import { type EngineInfo, findEngine } from "../../src/engine/index.ts";
import { checkStore, createFlatStore, openFlatStore, type Store } from "../../src/stores/index.ts";
import { gaussian } from "../matrices.ts";
import { checkAfterKill, INGEST, killedAfter } from "./places.ts";

const root = mkdtempSync(join(tmpdir(), "isometer-test-"));
afterAll(() => rmSync(root, { recursive: true }));

let engine: EngineInfo;
beforeAll(async () => {
  engine = await findEngine({ threads: 2 });
});
const schema = { dims: 8, metric: "euclidean", mapVersion: null } as const;

/** n items in a new store. */
async function filled(name: string, n: number): Promise<readonly [Store, Matrix, string]> {
  const path = join(root, name);
  const store = await createFlatStore(path, schema, { engine });
  const vectors = gaussian(rng(n), n, schema.dims);
  await store.upsert({ ids: idsTo(n), vectors });
  return [store, vectors, path];
}
const idsTo = (n: number) => Array.from({ length: n }, (_, i) => `${i}`);

/** What a store is checked with, each made by `change` into one that has a fault. */
function place(change: (store: Store) => Store = (store) => store) {
  const own = mkdtempSync(join(root, "place-"));
  return {
    create: async (name: string, of: Store["schema"]) =>
      change(await createFlatStore(join(own, name), of, { engine })),
    reopen: async (name: string) => change(await openFlatStore(join(own, name), { engine })),
  };
}

describe("the flat store", () => {
  it("does all that a store has to do", async () => {
    const { checks, passed, kind } = await checkStore(place());
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect([passed, kind, checks.length]).toEqual([true, "flat", 20]);
  });

  it.each([
    [
      "doubles distances",
      "distances are those of the vectors",
      (store: Store): Store => ({
        ...store,
        query: async (...args) =>
          (await store.query(...args)).map((hits) =>
            hits.map((hit) => ({ ...hit, distance: 2 * hit.distance })),
          ),
      }),
    ],
    [
      "keeps what was removed",
      "replaced and removed",
      (store: Store): Store => ({ ...store, remove: async (ids) => ids.length - 1 }),
    ],
    [
      "misses neighbours without saying so",
      "the index finds",
      (store: Store): Store => ({
        ...store,
        query: async (vectors, { exact, nNeighbors, ...rest }) => {
          const found = await store.query(vectors, {
            ...rest,
            nNeighbors: exact ? nNeighbors : nNeighbors + 3,
          });
          return exact ? found : found.map((hits) => hits.slice(-nNeighbors));
        },
      }),
    ],
    [
      "changes distances once it has an index",
      "the index codes changes no distance",
      (store: Store): Store => {
        let built = false;
        return {
          ...store,
          indexKinds: ["codes"],
          buildIndex: async () => {
            built = true;
          },
          index: async () => (built ? { kind: "codes", rows: await store.count() } : null),
          query: async (vectors, options) =>
            (await store.query(vectors, options)).map((hits) =>
              hits.map((hit) => ({ ...hit, distance: (built && !options.exact ? 1.01 : 1) * hit.distance })),
            ),
        };
      },
    ],
    [
      "forgets filters",
      "filters leave out",
      (store: Store): Store => ({
        ...store,
        query: (vectors, { filter: _, ...rest }) => store.query(vectors, rest),
      }),
    ],
    [
      "takes in what is no number",
      "what cannot be asked or stored",
      (store: Store): Store => ({
        ...store,
        upsert: async (items) => {
          if (items.vectors.data.every(Number.isFinite)) await store.upsert(items);
        },
      }),
    ],
  ])("is told from one that %s", async (_, name, change) => {
    const { passed, checks } = await checkStore(place(change));
    expect(passed).toBe(false);
    expect(checks.filter((check) => !check.passed).map((check) => check.name)).toContainEqual(
      expect.stringContaining(name),
    );
  });

  it("answers after removals as if the removed had never been there, few or many", async () => {
    const [store, vectors] = await filled("removed", 400);
    const queries = gaussian(rng(5), 20, schema.dims);
    for (const gone of [idsTo(20), idsTo(300)]) {
      await store.remove(gone);
      const left = idsTo(400).slice(gone.length);
      const fresh = await createFlatStore(join(root, `fresh-${gone.length}`), schema, { engine });
      const data = vectors.data.slice(gone.length * schema.dims);
      await fresh.upsert({ ids: left, vectors: { data, rows: left.length, cols: schema.dims } });
      expect(await store.query(queries, { nNeighbors: 15 })).toEqual(
        await fresh.query(queries, { nNeighbors: 15 }),
      );
      await fresh.close();
    }
    await store.close();
  });

  it("gives fewer than k where there are fewer, and nothing where there is nothing", async () => {
    const store = await createFlatStore(join(root, "empty"), schema, { engine });
    const queries = gaussian(rng(5), 2, schema.dims);
    expect(await store.query(queries, { nNeighbors: 3 })).toEqual([[], []]);
    await store.upsert({ ids: ["a", "b"], vectors: queries });
    expect((await store.query(queries, { nNeighbors: 3 })).map((hits) => hits.map(({ id }) => id))).toEqual([
      ["a", "b"],
      ["b", "a"],
    ]);
    await store.close();
  });

  it("writes itself anew when most of it is dead, and is the same", async () => {
    const [store, , path] = await filled("compacted", 2500);
    await store.remove(idsTo(2000));
    const before = await store.get(idsTo(2500));
    await store.close();
    expect(readdirSync(path).sort()).toEqual(["items-1.jsonl", "store.json", "vectors-1.f32"]);
    const again = await openFlatStore(path, { engine, readOnly: true });
    expect(await again.get(idsTo(2500))).toEqual(before);
    expect(await again.count()).toBe(500);
    await again.close();
  });
});

describe("nothing is lost", () => {
  it("when a writer is killed, at any moment: whole batches are there, and the next writer goes on", async () => {
    const [store, , path] = await filled("killed", 50);
    await store.close();
    for (const after of [1, 3, 7]) {
      const told = await killedAfter(path, after, schema.dims);
      const again = await openFlatStore(path, { engine });
      await checkAfterKill(again, told);
      await again.close();
    }
  });

  it("when there is no room left: what was stored is there, and the error says what to do", async () => {
    const path = join(root, "full");
    await (await createFlatStore(path, { ...schema, dims: 64 }, { engine })).close();
    const node = `"${process.execPath}" "${INGEST}" "${path}" 200 64`;
    // Blocks of 1 kB: the file of vectors may not grow beyond 200 kB, 15 batches.
    const { stdout } = spawnSync("bash", ["-c", `trap '' XFSZ; ulimit -f 200; exec ${node}`], {
      encoding: "utf8",
    });
    const lines = stdout.trim().split("\n");
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      code: "store-failed",
      hint: expect.stringContaining("Free some space"),
    });
    const again = await openFlatStore(path, { engine });
    expect(await again.count()).toBe(Number(lines.at(-2)));
    await again.close();
  });

  it("when files hold more than the manifest says; and says so when they hold less, or something else", async () => {
    const [store, , path] = await filled("torn", 60);
    await store.close();
    appendFileSync(join(path, "vectors-0.f32"), "half a vector");
    appendFileSync(join(path, "items-0.jsonl"), '{"id": "half an it');
    const again = await openFlatStore(path, { engine });
    expect(await again.count()).toBe(60);
    await again.upsert({ ids: ["more"], vectors: gaussian(rng(1), 1, 8) });
    expect((await again.get(["more", "59"])).ids).toEqual(["more", "59"]);
    await again.close();
    truncateSync(join(path, "vectors-0.f32"), 100);
    await expect(openFlatStore(path, { engine })).rejects.toMatchObject({ code: "truncated" });
    writeFileSync(join(path, "store.json"), '{"format": "isometer/store/1", "rows": -1}');
    await expect(openFlatStore(path, { engine })).rejects.toMatchObject({ code: "bad-format" });
    await expect(openFlatStore(root, { engine })).rejects.toMatchObject({ code: "missing-file" });
  });

  it("when two want to write: the second is refused, and may read", async () => {
    const [store, , path] = await filled("locked", 40);
    await expect(openFlatStore(path, { engine })).rejects.toMatchObject({
      code: "store-locked",
      hint: expect.stringContaining("lock"),
    });
    const reader = await openFlatStore(path, { engine, readOnly: true });
    expect(await reader.count()).toBe(40);
    await expect(reader.remove(["1"])).rejects.toMatchObject({ code: "bad-option" });
    await reader.close();
    await store.close();
    await (await openFlatStore(path, { engine })).close();
    await expect(createFlatStore(path, schema, { engine })).rejects.toMatchObject({ code: "file-exists" });
  });

  it("when many take over at once from a writer that was killed: one gets in", async () => {
    const [store, , path] = await filled("left", 1);
    await store.close();
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    let rows = 1;
    for (let turn = 0; turn < 40; turn++) {
      writeFileSync(join(path, "lock"), JSON.stringify({ pid, host: hostname() }));
      let inside = 0;
      const writer = async (_: unknown, w: number) => {
        const own = await openFlatStore(path, { engine });
        expect(++inside).toBe(1);
        await own.upsert({ ids: [`${turn} ${w}`], vectors: gaussian(rng(w), 1, schema.dims) });
        inside--;
        await own.close();
      };
      const ends = await Promise.allSettled(Array.from({ length: 8 }, writer));
      const refused = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
      expect(refused.filter(({ code }) => code !== "store-locked")).toEqual([]);
      expect(refused.length).toBeLessThan(8);
      rows += 8 - refused.length;
      expect(readdirSync(path).filter((name) => /lock|tmp/.test(name))).toEqual([]);
    }
    const reader = await openFlatStore(path, { engine, readOnly: true });
    expect(await reader.count()).toBe(rows);
  });

  it("when the store goes away between two queries: an error that says so", async () => {
    const [store, vectors, path] = await filled("gone", 40);
    await store.query(vectors, { nNeighbors: 1 });
    rmSync(path, { recursive: true });
    await expect(store.query(vectors, { nNeighbors: 1, filter: { a: null } })).rejects.toMatchObject({
      code: "store-failed",
    });
    await expect(store.upsert({ ids: ["a"], vectors: gaussian(rng(1), 1, 8) })).rejects.toMatchObject({
      code: "store-failed",
    });
  });

  it("when several write at once from one process", async () => {
    const store = await createFlatStore(join(root, "at-once"), schema, { engine });
    await Promise.all(
      Array.from({ length: 20 }, (_, b) =>
        store.upsert({ ids: [`${b}`, `${b}'`], vectors: gaussian(rng(b), 2, 8) }),
      ),
    );
    for (let b = 0; b < 20; b++) {
      const { vectors } = await store.get([`${b}`, `${b}'`]);
      expect(vectors.data).toEqual(gaussian(rng(b), 2, 8).data);
    }
    await store.close();
  });
});
