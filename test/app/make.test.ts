import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommandLine } from "../../src/app/cli/run.ts";
import { SYNTHETIC_KINDS } from "../../src/data/synthetic/index.ts";
import { auditSchema, makeSchema } from "../../src/jobs/schema.ts";
import { testHost } from "./host.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-make-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<string> {
  const host = testHost();
  expect(await runCommandLine(args, host), host.written.err).toBe(0);
  return host.written.out;
}

test("every kind can be made, and what comes next fits its truth", async () => {
  const why = new Map<string, string>();
  for (const kind of Object.keys(SYNTHETIC_KINDS)) {
    const out = join(folder, `${kind}.npy`);
    const made = makeSchema.parse(
      JSON.parse(await run("make", kind, "--rows", "20", "--out", out, "--json=-")),
    );
    expect(made.truth.columns).toHaveLength(made.truth.cols);
    why.set(kind, `${made.next[0]!.command.split(" ")[1]}: ${made.next[0]!.why}`);
  }
  for (const flat of ["swiss-roll", "square-roll-hole", "log-roll-hole", "klein-bottle", "cube"]) {
    expect(why.get(flat)).toBe("audit: what a perfect method would score");
  }
  for (const curved of ["sphere", "torus"]) {
    expect(why.get(curved)).toContain("audit: what these angles score");
  }
  for (const pieces of ["spheres", "mixture", "hierarchy", "tree", "linked-tori", "toroidal-helices"]) {
    expect(why.get(pieces)).toBe("reduce: a map to two dimensions, with its scores");
  }
});

test("a level of a hierarchy is a column of labels: clusters are told apart, those of other rows are not", async () => {
  const file = (name: string) => join(folder, name);
  await run("make", "hierarchy", "--rows", "250", "--out", file("h.csv"));
  await run("make", "hierarchy", "--rows", "250", "--seed", "1", "--out", file("other.csv"));
  const accuracy = async (labels: string) => {
    const files = [file("h.csv"), file("h.csv"), "--labels", file(labels), "--baseline", "none"];
    const { scores } = auditSchema.parse(
      JSON.parse(await run("audit", ...files, "--n-neighbors", "3", "--json=-")),
    );
    return scores.knnAccuracy!.value;
  };
  expect(await accuracy("h.truth.csv:x1")).toBeGreaterThan(0.95);
  expect(await accuracy("other.truth.csv:x1")).toBeLessThan(0.2);
});
