import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { rng } from "../../src/base/index.ts";
import type { Items, Store } from "../../src/stores/index.ts";
import { gaussian } from "../matrices.ts";

/** A folder for the stores of a test file, removed after it. */
export function storesFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "isometer-test-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** n items with fields, from a seed. */
export function someItems(n: number, dims: number, seed = 1): Required<Items> {
  return {
    ids: Array.from({ length: n }, (_, i) => `${i}`),
    vectors: gaussian(rng(seed), n, dims),
    fields: Array.from({ length: n }, (_, i) => ({ n: i, odd: i % 2 === 1, name: `it's "${i}"` })),
  };
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
  { fields: { "日本 $1 %": "'; DROP TABLE items; --" }, filter: { "日本 $1 %": "'; DROP TABLE items; --" } },
  { fields: { back: "a\\b" }, filter: { back: { gt: "a\\a", lt: "a\\c" } } },
  {
    fields: { id: "own", vector: 2, fields: 3 },
    filter: { all: [{ id: "own" }, { vector: 2 }, { fields: 3 }] },
  },
  { fields: { far: 1.5e-300, near: -0.25 }, filter: { far: 1.5e-300, near: { ne: null } } },
] as const;

/** A store with two dimensions and the awkward fields, one item each. */
export async function fillAwkward(store: Store): Promise<void> {
  await store.upsert({
    ids: AWKWARD.map((_, i) => `${i}`),
    vectors: gaussian(rng(3), AWKWARD.length, 2),
    fields: AWKWARD.map(({ fields }) => fields),
  });
}
