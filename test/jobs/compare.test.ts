import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentsOf, jobContext } from "../../src/app/cli/context.ts";
import { matrix, type Progress, rng, row, rowsFromMatrix } from "../../src/base/index.ts";
import { writeRows } from "../../src/data/index.ts";
import { AUDIT_DEFAULTS } from "../../src/jobs/audit-options.ts";
import { compare } from "../../src/jobs/compare.ts";
import { audit } from "../../src/jobs/index.ts";
import { checkOptions } from "../../src/jobs/validate.ts";
import type { CompareResult } from "../../src/report/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const folder = mkdtempSync(join(tmpdir(), "isometer-compare-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

const context = (onProgress: (progress: Progress) => void) =>
  jobContext({ onProgress }, "0", documentsOf({}), () => {});

function compared(name: string, options: object, hear: (progress: Progress) => void = () => {}) {
  const values = checkOptions(compare.options, { with: ["pca,mds"], threads: 2, ...options });
  return compare.run(context(hear), { vectors: file(name) }, values as Parameters<typeof compare.run>[2]);
}

describe("a comparison of some rows, of one of two columns of vectors", () => {
  const [ALL, FIRST, END] = [300, 40, 200];
  let some: CompareResult;
  let byHand: CompareResult;
  const heard: Progress[] = [];
  beforeAll(async () => {
    const all = mapMatrix(gaussian(rng(4), ALL, 8), (value, col) => value / 2 ** col);
    const lines = Array.from({ length: ALL }, (_, i) =>
      JSON.stringify({ other: [i, -i, 0], kind: "abc"[i % 3], own: [...row(all, i)] }),
    );
    await writeFile(file("all.jsonl"), lines.join("\n"));
    const kept = matrix(all.data.slice(8 * FIRST, 8 * END), END - FIRST, 8);
    await writeRows(file("kept.npy"), rowsFromMatrix(kept), {});
    const kinds = Array.from({ length: END - FIRST }, (_, i) => "abc"[(FIRST + i) % 3]);
    await writeFile(file("kept-kinds.csv"), `kind\n${kinds.join("\n")}\n`);
    const options = { rows: `${FIRST}:${END}`, vector: "own", labels: "kind", codes: file("some") };
    some = await compared("all.jsonl", options, (progress) => heard.push(progress));
    byHand = await compared("kept.npy", { labels: file("kept-kinds.csv"), codes: file("by-hand") });
  });

  test("has the scores of the same rows in a file of their own", () => {
    const scores = ({ audits }: CompareResult) => audits.map(({ name, audit }) => [name, audit.scores]);
    expect(scores(some)).toEqual(scores(byHand));
    expect(some.audits.map(({ audit }) => audit.rows)).toEqual([END - FIRST, END - FIRST]);
    expect(some.audits[0]!.audit.classes).toEqual(byHand.audits[0]!.audit.classes);
    expect(some.ranking).toEqual(byHand.ranking);
  });

  test("has those of an audit of its codes with that file", async () => {
    const inputs = { original: file("kept.npy"), latent: [file("some/pca.npy"), file("some/mds.npy")] };
    const options = {
      ...AUDIT_DEFAULTS,
      labels: file("kept-kinds.csv"),
      baseline: "none" as const,
      threads: 2,
    };
    const result = await audit.run(
      context(() => {}),
      inputs,
      options,
    );
    const { audits } = result as unknown as CompareResult;
    expect(some.audits.map(({ audit }) => audit.scores)).toEqual(audits.map(({ audit }) => audit.scores));
  });

  test("names no command on codes that lack the other rows; the map is of the same rows", () => {
    expect(some.audits.map(({ audit }) => audit.next)).toEqual([[], []]);
    expect(byHand.audits[0]!.audit.next[0]!.command).toContain("by-hand/pca.npy");
    expect(some.next[0]!.command).toContain(`--rows ${FIRST}:${END} --vector own`);
  });

  test("tells one progress, from reading to the audit, which never goes back", () => {
    const done = heard.map((progress) => progress.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(new Set(heard.map(({ total }) => total))).toEqual(new Set([1000]));
    expect(heard[0]).toMatchObject({ stage: "reading" });
    expect(heard[0]!.done).toBeLessThanOrEqual(20);
    expect(heard.at(-1)!.stage).toMatch(/^audit: /);
    expect(done.at(-1)).toBeGreaterThan(980);
    expect(done.at(-1)).toBeLessThanOrEqual(1000);
  });
});

test("a range that goes beyond the rows is refused as an audit refuses it", async () => {
  await expect(compared("kept.npy", { rows: "0:900" })).rejects.toMatchObject({ code: "bad-range" });
});
