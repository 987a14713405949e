import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { addressFor, createStore, isStoreAddress, openStore, showAddress } from "../../src/stores/index.ts";
import { loadPeer } from "../../src/stores/peer.ts";

const root = mkdtempSync(join(tmpdir(), "isometer-test-"));
afterAll(() => rmSync(root, { recursive: true }));
const schema = { dims: 2, metric: "euclidean", mapVersion: "map 1" } as const;

describe("addresses", () => {
  it("make a flat store in a folder, with its scheme or without, and open it again", async () => {
    const path = join(root, "made");
    const store = await createStore(path, schema);
    await store.upsert({ ids: ["a"], vectors: { data: Float32Array.of(1, 2), rows: 1, cols: 2 } });
    await store.close();
    await expect(createStore(path, schema)).rejects.toMatchObject({ code: "file-exists" });
    const again = await openStore(`flat:${path}`, { readOnly: true });
    expect([again.schema, await again.count()]).toEqual([schema, 1]);
    await again.close();
  });

  it("of a folder alone: flat up to a million rows, LanceDB beyond; it opens as what it is", async () => {
    const path = join(root, "grown");
    expect(await addressFor(path, 1_000_000)).toBe(path);
    expect(await addressFor(`flat:${path}`, 2_000_000)).toBe(`flat:${path}`);
    const address = await addressFor(path, 1_000_001);
    expect(address).toBe(`lance:${path}`);
    expect(isStoreAddress(path)).toBe(false);
    const made = await createStore(address, schema);
    await made.upsert({ ids: ["a"], vectors: { data: Float32Array.of(1, 2), rows: 1, cols: 2 } });
    await made.close();
    expect(isStoreAddress(path)).toBe(true);
    const store = await openStore(path);
    expect([store.kind, await store.count()]).toEqual(["lance", 1]);
    await store.close();
  });

  it("tell stores from files", async () => {
    const [there, empty] = [join(root, "there"), join(root, "empty")];
    await (await createStore(there, schema)).close();
    mkdirSync(empty);
    const addresses = [there, "lance:some/folder", "postgres://localhost/db?table=t", "qdrants://host/c"];
    expect(addresses.map(isStoreAddress)).toEqual([true, true, true, true]);
    expect([empty, "points.npy", "C:\\points.npy", "https://host/c"].map(isStoreAddress)).toEqual(
      Array(4).fill(false),
    );
    await expect(openStore(empty)).rejects.toMatchObject({ code: "missing-file" });
  });

  it("are shown without secrets", () => {
    expect(showAddress("postgres://me:secret@host:5/db?table=t&sslpassword=secret")).toBe(
      "postgres://me@host:5/db?table=t",
    );
    expect(showAddress("qdrant://:secret@host/c")).not.toContain("secret");
    expect(showAddress("postgres://me:secret@ho st/db")).not.toContain("secret");
    expect(showAddress("lance:folder#table")).toBe("lance:folder#table");
  });

  it.each(["flat:", "lance:", "lance:x#", "qdrant://host", "qdrant://key@host/c", "qdrant://host/c?key=1"])(
    "that are none are refused: %s",
    async (address) => {
      await expect(openStore(address)).rejects.toMatchObject({ code: "bad-option" });
    },
  );
});

describe("a package that is not installed", () => {
  it("is an error that gives the line that installs it", async () => {
    const name = "@isometer/no-such-package";
    await expect(loadPeer(name, () => import(name))).rejects.toMatchObject({
      code: "store-failed",
      needed: name,
      hint: `Install it: npm install ${name}`,
    });
    const broken = () => Promise.reject(new Error("libfoo.so: wrong ELF class"));
    await expect(loadPeer(name, broken)).rejects.toMatchObject({
      message: expect.stringContaining("does not load"),
      hint: expect.stringContaining("binary"),
    });
    expect(await loadPeer("node:path", () => import("node:path"))).toHaveProperty("join");
  });
});
