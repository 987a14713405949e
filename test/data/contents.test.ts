import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { listContents, openSource, writeNpz, writeSafetensors } from "../../src/data/index.ts";
import { scratch } from "./arrays.ts";
import { folder, table } from "./tables-kit.ts";

const { put } = folder();
const { path } = scratch();

test("columns of a table that nothing decides among", async () => {
  const csv = put("amb.csv", "id,x,y,label\n1,2,3,a\n2,3,4,b\n");
  expect(await listContents(csv)).toEqual({
    format: "csv",
    rows: 2,
    columns: [
      { name: "id", type: "decimal" },
      { name: "x", type: "decimal" },
      { name: "y", type: "decimal" },
      { name: "label", type: "text" },
    ],
  });
  expect((await listContents(table("two-lists.parquet")))?.columns.length).toBeGreaterThan(1);
  expect(await listContents(table("columns.arrow"))).toMatchObject({ format: "arrow" });
  expect(await listContents(table("pandas.jsonl"))).toMatchObject({ format: "jsonl" });
});

test("arrays and tensors with their shapes; formats of one array have none", async () => {
  const source = await openSource(put("v.csv", "1,2\n3,4\n5,6\n"));
  await writeNpz(path("a.npz"), source, { extra: { label: Int32Array.of(0, 1, 1) } });
  await writeSafetensors(path("a.safetensors"), source);
  await source.close();
  expect(await listContents(path("a.npz"))).toEqual({
    format: "npz",
    columns: [
      { name: "vectors", type: "3 x 2" },
      { name: "label", type: "3" },
    ],
  });
  expect(await listContents(path("a.safetensors"))).toEqual({
    format: "safetensors",
    columns: [{ name: "vectors", type: "3 x 2 F32" }],
  });
  const npy = fileURLToPath(new URL("../../examples/digits-pca.npy", import.meta.url));
  expect(await listContents(npy)).toBeUndefined();
});

test("the arrays that hold the vectors are named", async () => {
  const source = await openSource(path("a.npz"));
  expect(source.vector).toEqual(["vectors"]);
  await source.close();
});
