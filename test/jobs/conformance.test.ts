import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { rng } from "../../src/base/index.ts";
import { conformanceSchema } from "../../src/jobs/schema-conformance.ts";
import { createStore, type Store } from "../../src/stores/index.ts";
import type * as opened from "../../src/stores/open.ts";
import { testHost } from "../app/host.ts";
import { gaussian } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-conformance-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

/** Stores that are made and opened are changed by this. */
let fault: (store: Store) => Store = (store) => store;
vi.mock("../../src/stores/open.ts", async (load) => {
  const own = await load<typeof opened>();
  return {
    ...own,
    createStore: async (...args: Parameters<typeof own.createStore>) => fault(await own.createStore(...args)),
    openStore: async (...args: Parameters<typeof own.openStore>) => fault(await own.openStore(...args)),
  };
});

async function run(...args: string[]) {
  const host = testHost();
  const status = await runCommandLine(["conformance", ...args], host);
  return { status, ...host.written };
}

describe("isometer conformance", () => {
  it("passes the flat store, leaves nothing behind, and does not touch what is there", async () => {
    const store = await createStore(file("index"), { dims: 3, metric: "cosine", mapVersion: null });
    await store.upsert({ ids: ["a"], vectors: gaussian(rng(1), 1, 3) });
    await store.close();
    // What a run left that was killed.
    mkdirSync(file("index.isometer-conformance/conformance-cosine"), { recursive: true });
    writeFileSync(file("index.isometer-conformance/conformance-cosine/store.json"), "{");
    const manifest = readFileSync(file("index/store.json"), "utf8");
    const { status, out, err } = await run("--store", file("index"), "--json", "-");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const { passed, checks, store: own, gates } = conformanceSchema.parse(JSON.parse(out));
    expect(passed).toBe(true);
    expect(checks.length).toBeGreaterThanOrEqual(20);
    expect(gates).toEqual([expect.objectContaining({ value: checks.length, passed: true })]);
    expect(own).toMatchObject({ kind: "flat", address: file("index") });
    expect(readdirSync(folder)).toEqual(["index"]);
    expect(readFileSync(file("index/store.json"), "utf8")).toBe(manifest);
    expect((await run("--store", `${file("index")}/`)).out).toContain("checks passed");
  });

  it("ends with status 3 and names the check where a store has a fault, and takes its stores away", async () => {
    fault = (store) => ({
      ...store,
      query: async (vectors, { filter: _, ...rest }) => store.query(vectors, rest),
    });
    try {
      const { status, out, err } = await run("--store", file("faulty"));
      expect(status).toBe(3);
      expect(out).toMatch(/2 of \d+ checks failed/);
      expect(out).toMatch(/FAILED cosine: filters leave out all others/);
      expect(out).toMatch(/passed cosine: every vector finds itself/);
      expect(err).toContain("gate failed: checks passed");
      expect(existsSync(file("faulty.isometer-conformance"))).toBe(false);
    } finally {
      fault = (store) => store;
    }
  });

  it("says what is wrong with an address, without secrets", async () => {
    expect(await run()).toMatchObject({ status: 2, err: expect.stringContaining("--store") });
    const { status, err } = await run("--store", "qdrant://key:secret@localhost/docs");
    expect(status).toBe(2);
    expect(err).not.toContain("secret");
    writeFileSync(file("plain"), "no folder");
    expect(await run("--store", file("plain/index"))).toMatchObject({
      status: 2,
      err: expect.stringMatching(/plain\/index.*\n {2}\S/),
    });
  });
});
