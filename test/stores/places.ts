import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { rng } from "../../src/base/index.ts";
import type { Fields, Items, Store } from "../../src/stores/index.ts";
import { gaussian } from "../matrices.ts";

export const INGEST = fileURLToPath(new URL("ingest.mjs", import.meta.url));

/** A folder for the stores of a test file, removed after it. */
export function storesFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "isometer-test-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** n items, from a seed. */
export function someItems(n: number, dims: number, seed = 1): Required<Items> {
  return {
    ids: Array.from({ length: n }, (_, i) => `${i}`),
    vectors: gaussian(rng(seed), n, dims),
    fields: Array.from({ length: n }, (_, i) => ({ n: i })),
  };
}

/** Runs `ingest.mjs` and kills it without warning once it has told of so many batches; how many it told of. */
export async function killedAfter(address: string, batches: number, dims: number): Promise<number> {
  const child = spawn(process.execPath, [INGEST, address, "4000", `${dims}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = 0;
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (text: Buffer) => {
      told += text.toString().split("\n").length - 1;
      if (told >= batches) child.kill("SIGKILL");
    });
    child.on("exit", () => resolve());
  });
  expect(child.signalCode).toBe("SIGKILL");
  return told;
}

/** Whole batches are there, at least those that were told of, and can be searched and written to. */
export async function checkAfterKill(store: Store, told: number): Promise<void> {
  const count = await store.count();
  expect(count % 50).toBe(0);
  expect(count).toBeGreaterThanOrEqual(50 * told);
  const last = `${count - 1}`;
  const { vectors } = await store.get([last]);
  const [hits] = await store.query(vectors, { nNeighbors: 1, exact: true });
  expect(hits![0]!.id).toBe(last);
  await store.upsert({ ids: ["after"], vectors });
  expect(await store.count()).toBe(count + 1);
  await store.remove(["after"]);
}

/** Fields with names and values that a language of queries may stumble over, and filters that each hold for one item. */
export const AWKWARD = [
  { fields: { "a.b": 1 }, filter: { "a.b": 1 } },
  { fields: { "q\"u`o'te": "x" }, filter: { "q\"u`o'te": { in: ["x", 3] } } },
  { fields: { Year: 1 }, filter: { Year: { gt: 0 } } },
  { fields: { year: 1 }, filter: { year: { lte: 1 } } },
  { fields: { mixed: "1" }, filter: { mixed: "1" } },
  { fields: { mixed: 1 }, filter: { mixed: { gte: 1, lt: 1e21 } } },
  { fields: { mixed: true }, filter: { mixed: true } },
  {
    fields: { "日本 $1 %25": "'; DROP TABLE items; --" },
    filter: { "日本 $1 %25": "'; DROP TABLE items; --" },
  },
  { fields: { back: "a\\b" }, filter: { back: "a\\b" } },
  {
    fields: { id: "own", vector: 2, fields: 3 },
    filter: { all: [{ id: "own" }, { vector: 2 }, { fields: 3 }] },
  },
  { fields: { far: 1.5e-300, near: -0.25 }, filter: { far: 1.5e-300, near: { ne: null } } },
] as const;

/** Writes the awkward fields to an empty store of two dimensions, one item each, and asks for each. Numbers come back with so many digits. */
export async function checkAwkward(store: Store, digits = 17): Promise<void> {
  const shown = (fields: Fields | undefined) =>
    Object.entries(fields ?? {}).map(([name, value]) => [
      name,
      typeof value === "number" ? value.toPrecision(digits) : value,
    ]);
  await store.upsert({
    ids: AWKWARD.map((_, i) => `${i}`),
    vectors: gaussian(rng(3), AWKWARD.length, 2),
    fields: AWKWARD.map(({ fields }) => fields),
  });
  for (const [i, { fields, filter }] of AWKWARD.entries()) {
    const parts = [];
    for await (const part of store.scan({ filter })) parts.push(...part.ids);
    expect([filter, parts]).toEqual([filter, [`${i}`]]);
    const { fields: kept } = await store.get([`${i}`]);
    expect(shown(kept[0]).sort()).toEqual(shown(fields).sort());
    expect(await store.count({ none: [filter] })).toBe(AWKWARD.length - 1);
  }
}
