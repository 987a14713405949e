import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { nearestNeighbors, openSearched } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const rows = mapMatrix(gaussian(rng(1), 900, 12), (value, col) => value + col);
const path = join(folder, "rows.f32");
writeFileSync(path, new Uint8Array(rows.data.buffer));
const stored = { stored: { path, offset: 0 }, rows: rows.rows, cols: rows.cols };

describe("rows made ready once", () => {
  it.each(["euclidean", "cosine", "manhattan"] as const)(
    "give what nearestNeighbors gives, time and again, in memory and from a file: %s",
    async (metric) => {
      const engine = await findEngine({ threads: 2 });
      for (const points of [rows, stored]) {
        const searched = await openSearched(points, { metric, engine, name: "rows" });
        for (const [count, k] of [
          [70, 5],
          [1, 900],
        ] as const) {
          const queries = gaussian(rng(count), count, 12);
          const { ids, distances } = await nearestNeighbors(queries, rows, { metric, nNeighbors: k });
          expect(await searched.nearest(queries, k)).toEqual({ ids, distances });
        }
      }
    },
  );

  it("say what is wrong with k and width", async () => {
    const engine = await findEngine({ threads: 1 });
    const searched = await openSearched(rows, { metric: "euclidean", engine, name: "rows" });
    await expect(searched.nearest(gaussian(rng(1), 2, 12), 901)).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(searched.nearest(gaussian(rng(1), 2, 11), 3)).rejects.toMatchObject({ code: "bad-value" });
  });
});
