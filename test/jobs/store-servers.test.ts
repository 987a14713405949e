import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { auditStoreSchema } from "../../src/jobs/schema-audit-store.ts";
import { conformanceSchema } from "../../src/jobs/schema-conformance.ts";
import { ingestSchema } from "../../src/jobs/schema-ingest.ts";
import { openStore } from "../../src/stores/index.ts";
import { scratchPlace } from "../../src/stores/scratch.ts";
import { testHost } from "../app/host.ts";
import { gaussian } from "../matrices.ts";
import { type QdrantServer, startQdrant } from "../stores/qdrant-server.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

/* The jobs around stores, on stores that are servers. */

const folder = mkdtempSync(join(tmpdir(), "isometer-servers-"));
const file = (name: string) => join(folder, name);
const ROWS = 300;

let qdrant: QdrantServer;
let postgres: PostgresServer;
beforeAll(async () => {
  [qdrant, postgres] = await Promise.all([startQdrant(), startPostgres()]);
  const columns = { doc: Array.from({ length: ROWS }, (_, row) => `d${row}`) };
  await writeRows(file("all.parquet"), rowsFromMatrix(gaussian(rng(1), ROWS, 5)), { columns });
}, 40_000);
afterAll(async () => {
  await Promise.all([qdrant.close(), postgres.close()]);
  rmSync(folder, { recursive: true });
});
const atQdrant = () => `qdrant://127.0.0.1:${qdrant.port}/docs`;
const atPostgres = () => `postgres://postgres:secret@127.0.0.1:${postgres.port}/postgres?table=docs`;

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(args, host);
  return { status, ...host.written };
}

async function result(...args: string[]): Promise<unknown> {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  expect(out).not.toContain("secret");
  return JSON.parse(out);
}

describe("Qdrant", () => {
  it("takes rows once, although it keeps unit rows, in batches as large as a request", async () => {
    const args = ["ingest", file("all.parquet"), "--store", atQdrant(), "--id", "doc"];
    const first = ingestSchema.parse(await result(...args, "--batch-rows", "64"));
    expect(first.rows).toMatchObject({ added: ROWS, inAll: ROWS });
    const again = ingestSchema.parse(await result(...args));
    expect(again.rows).toMatchObject({ added: 0, replaced: 0, there: ROWS });
    const large = await run(...args, "--batch-rows", "1000000");
    expect(large).toMatchObject({ status: 2, err: expect.stringContaining("--batch-rows must be at most") });
  });

  it("has the recall that its index has, which leaves every fiftieth point out", async () => {
    const found = auditStoreSchema.parse(await result("audit", "--store", atQdrant(), "--sample", "80"));
    const { recall } = found.settings[0]!;
    expect(recall.interval[0]).toBeLessThan(0.98);
    expect(recall.interval[1]).toBeGreaterThan(0.98);
    expect(recall.interval[1]).toBeLessThan(1);
    expect(found.store).toMatchObject({ kind: "qdrant", index: { kind: "hnsw", rows: ROWS } });
    // Nothing that it is told changes that: each ladder is left after its second step.
    expect(found.settings.length).toBe(7);
    expect(found.unknownToExact).toBe(0);
  });

  it("passes the checks in collections of their own, which are taken away", async () => {
    const { passed, checks } = conformanceSchema.parse(await result("conformance", "--store", atQdrant()));
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect(passed).toBe(true);
    await expect(openStore(atQdrant().replace("docs", "isometer-conformance-cosine"))).rejects.toMatchObject({
      code: "missing-file",
    });
    const store = await openStore(atQdrant());
    expect(await store.count()).toBe(ROWS);
    await store.close();
  });

  it("that goes away in the midst is told of, with the next step", async () => {
    qdrant.fail(503, "shutting down");
    try {
      for (const args of [["audit"], ["ingest", file("all.parquet"), "--id", "doc"], ["conformance"]]) {
        const { status, err } = await run(...args, "--store", atQdrant());
        expect([args[0], status]).toEqual([args[0], 2]);
        expect(err).toMatch(/127\.0\.0\.1.*\n {2}\S/);
      }
    } finally {
      qdrant.fail(null);
    }
  });
});

describe("Postgres", () => {
  it("takes rows once, builds an index, and is audited, its password nowhere", async () => {
    const args = ["ingest", file("all.parquet"), "--store", atPostgres(), "--id", "doc"];
    const { rows, store } = ingestSchema.parse(await result(...args, "--index", "hnsw"));
    expect(rows).toMatchObject({ added: ROWS, inAll: ROWS });
    expect(store).toMatchObject({ kind: "pgvector", index: { kind: "hnsw", rows: ROWS } });
    expect(ingestSchema.parse(await result(...args)).rows.there).toBe(ROWS);
    const found = auditStoreSchema.parse(await result("audit", "--store", atPostgres(), "--sample", "5"));
    expect(found.settings[0]!.recall.value).toBeGreaterThan(0.9);
    expect(found.settings.slice(1).every(({ tuning }) => "hnsw.ef_search" in tuning)).toBe(true);
    expect(found.advice.index).toBe("in-use");
    const refused = await run(
      "ingest",
      file("all.parquet"),
      "--store",
      atPostgres(),
      "--metric",
      "euclidean",
    );
    expect(refused.err).toContain("measures by cosine");
  }, 20_000);

  it("has tables for the checks, which are made anew and taken away, and no others", async () => {
    const tables = () =>
      postgres.ask("SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE '%o%c%'");
    const before = await tables();
    const schema = { dims: 3, metric: "cosine", mapVersion: null } as const;
    for (const left of [true, false]) {
      const place = await scratchPlace(atPostgres());
      expect(place.shown).not.toContain("secret");
      const store = await place.create("conformance-cosine", schema);
      expect(await store.count()).toBe(0);
      await store.upsert({ ids: ["a"], vectors: gaussian(rng(1), 1, 3) });
      await store.close();
      expect(await tables()).toContainEqual({ name: "isometer-conformance-cosine" });
      // The first is as one that was killed.
      if (!left) await place.remove();
    }
    expect(await tables()).toEqual(before);
  });
});
