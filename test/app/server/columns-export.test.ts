import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { View } from "../../../src/app/views-contract.ts";
import { openSource } from "../../../src/data/index.ts";
import { type Served, served } from "./server.ts";

let server: Served;
beforeAll(async () => {
  server = await served();
});
afterAll(() => server.close());

const fetched = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);
async function opened(request: unknown): Promise<View> {
  const answer = await fetched("/api/views", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  return (await answer.json()) as View;
}
/** The columns of a Parquet answer, as texts. */
async function columnsAt(path: string): Promise<Record<string, readonly string[]>> {
  const answer = await fetched(path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-disposition")).toContain("attachment");
  const bytes = new Uint8Array(await answer.arrayBuffer());
  expect(answer.headers.get("content-length")).toBe(String(bytes.length));
  const file = join(server.folder, "saved.parquet");
  await writeFile(file, bytes);
  const source = await openSource(file, { vector: "x,y" });
  const read: Record<string, readonly string[]> = {};
  for (const name of source.columns) read[name] = await source.column!(name);
  await source.close();
  return read;
}
const leftOver = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("isometer-columns-"));

describe("the columns of a view as Parquet", () => {
  test("are rows, places and labels as the page has them, and nothing is left behind", async () => {
    const before = await leftOver();
    const latent = ["digits-umap.npy", "digits-pca.npy"];
    const { id, rows } = await opened({ original: "digits.npy", latent, labels: "digits-labels.npy" });
    const read = await columnsAt(`/api/views/${id}/columns.parquet?latent=1`);
    expect(Object.keys(read)).toEqual(["row", "x", "y", "labels"]);
    const answer = await fetched(`/api/views/${id}/positions?latent=1`);
    const positions = new Float32Array(await answer.arrayBuffer());
    expect(read.row!.map(Number)).toEqual(Array.from({ length: rows }, (_, i) => i));
    expect(Float32Array.from(read.x!, Number)).toEqual(positions.filter((_, i) => i % 2 === 0));
    expect(Float32Array.from(read.y!, Number)).toEqual(positions.filter((_, i) => i % 2 === 1));
    expect(new Set(read.labels)).toEqual(new Set("0123456789"));
    await expect.poll(leftOver).toEqual(before);
    expect((await readdir(server.folder)).filter((name) => name.includes("tmp"))).toEqual([]);
  });

  test("have ids where there are, empty values where there are none, and names that do not collide", async () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) => `item-${i},${i % 5},${(i * i) % 7},${i === 3 ? "" : i},${i}`,
    );
    await writeFile(join(server.folder, "own.csv"), ["key,a,b,price,X", ...lines].join("\n"));
    const { id } = await opened({ original: "own.csv", latent: ["own.csv"], id: "key", vector: "a,b" });
    const read = await columnsAt(`/api/views/${id}/columns.parquet?latent=0`);
    expect(Object.keys(read)).toEqual(["id", "row", "x", "y", "price", "X (column)"]);
    expect(read.id![11]).toBe("item-11");
    expect(read.price![3]).not.toBe("3");
    expect(read["X (column)"]!.map(Number)).toEqual(lines.map((_, i) => i));
  });

  test("of many who ask at once each are whole; who asks for no latent, or no view, is told", async () => {
    const { id } = await opened({ original: "digits.npy", latent: ["digits-umap.npy"] });
    const path = `/api/views/${id}/columns.parquet?latent=0`;
    const sizes = await Promise.all(
      Array.from({ length: 8 }, async () => (await (await fetched(path)).arrayBuffer()).byteLength),
    );
    expect(new Set(sizes).size).toBe(1);
    expect((await fetched(path, { method: "HEAD" })).status).toBe(200);
    expect((await fetched(`/api/views/${id}/columns.parquet?latent=3`)).status).toBe(400);
    expect((await fetched("/api/views/none/columns.parquet?latent=0")).status).toBe(404);
    await expect.poll(leftOver).toEqual([]);
  });
});
