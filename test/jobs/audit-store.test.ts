import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { rng, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { auditStoreSchema } from "../../src/jobs/schema-audit-store.ts";
import { createStore, type Hit, type Items, type Store, type Tuning } from "../../src/stores/index.ts";
import type * as opened from "../../src/stores/open.ts";
import { testHost } from "../app/host.ts";
import { gaussian } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-audit-store-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Stores that are opened are changed by this. */
let fault: (store: Store) => Store = (store) => store;
vi.mock("../../src/stores/open.ts", async (load) => {
  const own = await load<typeof opened>();
  return {
    ...own,
    openStore: async (...args: Parameters<typeof own.openStore>) => fault(await own.openStore(...args)),
  };
});

const ROWS = 900;
const vectors = gaussian(rng(1), ROWS, 6);
const items: Required<Items> = {
  ids: Array.from({ length: ROWS }, (_, i) => `item ${i}`),
  vectors,
  fields: Array.from({ length: ROWS }, (_, i) => ({ number: i, half: i % 2 === 0 ? "even" : "odd" })),
};

beforeAll(async () => {
  const store = await createStore(file("flat"), { dims: 6, metric: "euclidean", mapVersion: null });
  await store.upsert(items);
  await store.close();
});

/** Misses each true hit with a chance that a tuning says, and gives the next one in its place. */
const EF: Tuning = { name: "ef", about: "", default: 20, ladder: [10, 20, 40, 80], indexes: ["made-up"] };
const MISSES: Readonly<Record<number, number>> = { 10: 0.5, 20: 0.2, 40: 0.02, 80: 0 };

function missing(store: Store): Store {
  const random = rng(7);
  // By hand: the flat store takes some milliseconds for each.
  const nearest = (query: Float32Array): Hit[] =>
    items.ids
      .map((id, i) => {
        const own = vectors.data.subarray(6 * i, 6 * i + 6);
        return { id, distance: Math.hypot(...own.map((value, k) => value - query[k]!)), fields: {} };
      })
      .sort((x, y) => x.distance - y.distance);
  return {
    ...store,
    tunings: [EF],
    indexKinds: ["made-up"],
    index: async () => ({ kind: "made-up", rows: ROWS }),
    query: async ({ data }, { tuning, exact, nNeighbors }) => {
      const hits = nearest(data).slice(0, 4 * nNeighbors);
      const chance = MISSES[tuning?.ef ?? EF.default]!;
      const kept = (own: readonly Hit[]) =>
        own.filter(({ distance }) => distance === 0 || random.uniform() >= chance);
      return [(exact ? hits : kept(hits)).slice(0, nNeighbors)];
    },
  };
}

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["audit", ...args, "--threads", "1"], host);
  return { status, ...host.written };
}

async function result(...args: string[]) {
  const { status, out, err } = await run(...args, "--json", "-");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return auditStoreSchema.parse(JSON.parse(out));
}

async function withFault<T>(change: typeof fault, use: () => Promise<T>): Promise<T> {
  fault = change;
  try {
    return await use();
  } finally {
    fault = (store) => store;
  }
}

describe("isometer audit --store", () => {
  it("finds a recall of 1 where there is no index, and says that none is needed", async () => {
    const found = await result("--store", file("flat"), "--k", "10", "--sample", "60");
    expect(found.settings).toHaveLength(1);
    expect(found.settings[0]).toMatchObject({
      tuning: {},
      recall: { value: 1 },
      poor: { value: 0 },
      excess: { value: 0 },
    });
    expect(found).toMatchObject({ items: ROWS, queries: { from: null, count: 60 }, unknownToExact: 0 });
    expect(found.chance).toBeCloseTo(10 / (ROWS - 1), 12);
    expect(found.advice.index).toBe("none-needed");
    const { out } = await run("--store", file("flat"), "--sample", "20");
    expect(out).toMatch(/no index: every answer is exact, recall@15 is 1[\s\S]*None is needed at this size/);
  });

  it("finds the recall of an index that misses a fifth, and the setting that misses little", async () => {
    await writeRows(file("many.npy"), rowsFromMatrix(gaussian(rng(6), 400, 6)), {});
    await withFault(missing, async () => {
      const texts = ["--html", file("page.html"), "--json", file("a.json")];
      const args = ["--store", file("flat"), "--queries", file("many.npy"), "--k", "10"];
      expect((await run(...args, ...texts)).status).toBe(0);
      const found = auditStoreSchema.parse(JSON.parse(readFileSync(file("a.json"), "utf8")));
      const { settings, advice, unknownToExact, next } = found;
      const [usual] = settings;
      expect(usual!.recall.interval[0]).toBeLessThan(0.8);
      expect(usual!.recall.interval[1]).toBeGreaterThan(0.8);
      expect(usual!.poor.value).toBeGreaterThan(0.3);
      expect(usual!.excess.value).toBeGreaterThan(0.005);
      expect(unknownToExact).toBe(0);
      const recalls = settings.slice(1).map(({ tuning, recall }) => [tuning.ef, recall.value] as const);
      expect(recalls.map(([ef]) => ef)).toEqual([10, 40, 80]);
      for (const [ef, value] of recalls) expect(Math.abs(value - (1 - MISSES[ef!]!))).toBeLessThan(0.03);
      expect(advice.index).toBe("in-use");
      expect(advice.targets.map(({ recall }) => recall)).toEqual([0.95, 0.99]);
      expect(settings[advice.targets[0]!.setting!]!.tuning.ef).toBeGreaterThanOrEqual(40);
      expect(settings[advice.targets[1]!.setting!]!.tuning.ef).toBe(80);
      expect(next[0]!.command).toMatch(/--fail-under recall=0\.7\d /);
      const page = readFileSync(file("page.html"), "utf8");
      expect(page).toContain("<svg");
      expect(page).toContain("ef 80");
    });
  });

  it("ends with status 3 where a gate fails, in words, Markdown and JUnit", async () => {
    const gates = ["--fail-under", "recall=0.9", "--fail-over", "p95=60000"];
    await withFault(missing, async () => {
      const texts = ["--markdown", file("a.md"), "--junit", file("a.xml")];
      const { status, err } = await run("--store", file("flat"), "--sample", "50", ...gates, ...texts);
      expect(status).toBe(3);
      expect(err).toMatch(/gate failed: recall 0\.\d+ is under 0\.9/);
      expect(readFileSync(file("a.md"), "utf8")).toMatch(/\| ef 80 \| \*\*1\.0000\*\* \|/);
      expect(readFileSync(file("a.xml"), "utf8")).toContain('tests="2" failures="1"');
    });
    expect((await run("--store", file("flat"), "--sample", "50", ...gates)).status).toBe(0);
    expect((await run("--store", file("flat"), "--fail-over", "recall=1")).err).toContain("--fail-under");
  });

  it("takes queries from a file, and only items that a condition holds for", async () => {
    await writeRows(file("queries.npy"), rowsFromMatrix(gaussian(rng(5), 20, 6)), {});
    const own = await result("--store", file("flat"), "--queries", file("queries.npy"), "--k", "5");
    expect(own.queries).toEqual({ from: file("queries.npy"), count: 20 });
    expect(own.chance).toBeCloseTo(5 / ROWS, 12);
    const even = await result("--store", file("flat"), "--where", "half=even", "--sample", "20");
    expect(even.items).toBe(ROWS / 2);
    await writeRows(file("narrow.npy"), rowsFromMatrix(gaussian(rng(5), 2, 5)), {});
    const refused = await run("--store", file("flat"), "--queries", file("narrow.npy"));
    expect(refused).toMatchObject({ status: 2, err: expect.stringContaining("queries have 5 numbers") });
  });

  it.each([
    [["--metric", "cosine"], /--metric is about an original/],
    [["--latent-metric", "cosine"], /--latent-metric is about an original/],
    [["original.npy", "latent.npy"], /audit takes 0 inputs/],
    [["--where", "half=third"], /no item passes the filter/],
    [["--where", "half>"], /cannot read/],
    [["--vector", "v"], /--vector is for --queries/],
    [["--sample", "5", "--queries", "q.npy"], /exclude each other/],
  ])("refuses %j", async (args, message) => {
    const { status, err } = await run(...args, "--store", file("flat"));
    expect(status).toBe(2);
    expect(err).toMatch(message);
  });

  it("says what to do where there is no store, or where it goes away", async () => {
    expect((await run("--store", file("nothing"))).err).toMatch(/nothing.*\n {2}\S/);
    expect((await run("a.npy", "b.npy", "--where", "x=1")).err).toContain("Give --store");
    const gone = (store: Store): Store => ({
      ...store,
      query: async (...args) => {
        rmSync(file("gone"), { recursive: true, force: true });
        return store.query(...args);
      },
    });
    const store = await createStore(file("gone"), { dims: 6, metric: "euclidean", mapVersion: null });
    await store.upsert(items);
    await store.close();
    await withFault(gone, async () => {
      const { status, err } = await run("--store", file("gone"), "--where", "half=even");
      expect(status).toBe(2);
      expect(err).toMatch(/\n {2}\S/);
    });
  });
});
