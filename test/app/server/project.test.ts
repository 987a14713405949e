import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../../../src/app/cli/run.ts";
import type { KeptAudit, View, ViewRequest } from "../../../src/app/views-contract.ts";
import { gatherRows, matrix, rng, rowsFromMatrix } from "../../../src/base/index.ts";
import { writeRows } from "../../../src/data/index.ts";
import { gaussian } from "../../matrices.ts";
import { testHost } from "../host.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "isometer-explored-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (...parts: string[]) => join(root, ...parts);

const ROWS = 60;
const original = gaussian(rng(1), ROWS, 5);
const all = Array.from({ length: ROWS }, (_, i) => i);
const latent = (seed: number) => {
  const noise = gaussian(rng(seed), ROWS, 2);
  const data = Float32Array.from(
    noise.data,
    (value, p) => original.data[5 * (p >> 1) + (p & 1)]! + value / 3,
  );
  return rowsFromMatrix(matrix(data, ROWS, 2));
};

async function isometer(...args: string[]) {
  const host = testHost();
  return { status: await runCommandLine(args, host), ...host.written };
}

async function done(...args: string[]): Promise<string> {
  const { status, out, err } = await isometer(...args);
  expect([status, err]).toEqual([0, ""]);
  return out;
}

type Ask = <T>(path: string, body?: unknown) => Promise<T>;

/** What `explore` says to a terminal while `work` asks it. */
async function explored(args: readonly string[], work: (ask: Ask) => Promise<void>): Promise<string> {
  const controller = new AbortController();
  const host = testHost({ signal: controller.signal });
  const ended = runCommandLine(["explore", ...args, "--port", "0", "--no-browser"], host);
  const url = () => /http:\S+/.exec(host.written.out)?.[0];
  await expect.poll(url, { timeout: 20_000 }).toBeDefined();
  const ask: Ask = async (path, body) => {
    const answer = await fetch(new URL(path, url()!), {
      ...(body !== undefined && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    return (await answer.json()) as never;
  };
  try {
    await work(ask);
  } finally {
    controller.abort();
    await ended;
  }
  return host.written.err;
}

async function suggestedBy(...args: string[]): Promise<{ request: ViewRequest | null; err: string }> {
  let request: ViewRequest | null = null;
  const err = await explored(args, async (ask) => {
    ({ request } = await ask<{ request: ViewRequest | null }>("/api/suggestion"));
  });
  return { request, err };
}

const words = file("words");
const manifest = () => JSON.parse(readFileSync(join(words, "isometer.json"), "utf8"));
const edited = (change: (now: ReturnType<typeof manifest>) => void) => {
  const now = manifest();
  change(now);
  writeFileSync(join(words, "isometer.json"), JSON.stringify(now));
};

beforeAll(async () => {
  await done("init", words);
  await writeRows(join(words, "x.npy"), rowsFromMatrix(original));
  for (const [i, name] of ["a", "b", "c", "d"].entries()) {
    await writeRows(join(words, `${name}.npy`), latent(10 + i));
  }
  await writeRows(file("outside.npy"), latent(2));
  writeFileSync(join(words, "y.csv"), `row,kind\n${all.map((i) => `${i},${i % 2}\n`).join("")}`);
  writeFileSync(join(words, "own.txt"), all.map((i) => `${i % 3}\n`).join(""));
  await done(
    ...["init", words, "--original", join(words, "x.npy"), "--metric", "cosine"],
    ...["--labels", `${join(words, "y.csv")}:kind`],
    ...["--latent", file("outside.npy"), "--latent", join(words, "a.npy"), "--latent", join(words, "b.npy")],
  );
});

describe("explore PROJECT", () => {
  test("opens its original, latents and labels as it means them; files elsewhere are left out, and told", async () => {
    const expected = {
      ...{ original: "x.npy", latent: ["a.npy", "b.npy"], labels: "y.csv:kind" },
      ...{ metric: "cosine", latentMetric: "euclidean" },
    };
    const err = await explored([words], async (ask) => {
      const { request } = await ask<{ request: ViewRequest }>("/api/suggestion");
      expect(request).toEqual(expected);
      const view = await ask<View>("/api/views", request);
      expect(view).toMatchObject({ rows: ROWS, original: { metric: "cosine" }, latents: [{}, {}] });
      expect(view.columns).toMatchObject([{ kind: "category", categories: ["0", "1"] }]);
    });
    expect(err).toBe("isometer: not shown: outside (lies outside of the folder)\n");
  });

  test("options go before what the project says; labels stay in its folder", async () => {
    const { request } = await suggestedBy(words, "--labels", join(words, "own.txt"), "--metric", "manhattan");
    expect(request).toMatchObject({ labels: "own.txt", metric: "manhattan", latent: ["a.npy", "b.npy"] });
    const column = `${join(words, "y.csv")}:kind`;
    expect((await suggestedBy(words, "--labels", column)).request).toMatchObject({ labels: "y.csv:kind" });
    // The same of files, wherever the command is given.
    const files = [join(words, "x.npy"), join(words, "a.npy"), "--labels", column];
    expect((await suggestedBy(...files)).request).toMatchObject({ original: "x.npy", labels: "y.csv:kind" });
    writeFileSync(file("own.txt"), "");
    const refused = await isometer("explore", words, "--labels", file("own.txt"), "--no-browser");
    expect([refused.status, refused.out]).toEqual([2, ""]);
    expect(refused.err).toMatch(/own\.txt" lies outside of the project\n {2}.*--copy/);
  });

  test("three latents that are meant alike; what is lost, of another metric or too many is told", async () => {
    const before = manifest();
    for (const name of ["c", "d"]) await done("init", words, "--latent", join(words, `${name}.npy`));
    edited(({ latents }) => {
      latents[2].metric = "cosine";
      latents.push({ ...latents[1], name: "gone", file: "gone.npy" });
      latents.push({ ...latents[1], name: "again" });
    });
    const { request, err } = await suggestedBy(words);
    expect(request!.latent).toEqual(["a.npy", "c.npy", "d.npy"]);
    expect(err).toBe(
      "isometer: not shown: outside (lies outside of the folder), gone (is not there any more), b (of another metric), again (three at a time)\n",
    );
    edited((now) => Object.assign(now, before));
  });

  test("a link out of the folder is no way out of it, and geodesics are shown straight", async () => {
    const before = manifest();
    symlinkSync(file("outside.npy"), join(words, "link.npy"));
    edited(({ originals, latents }) => {
      originals[0].metric = "geodesic";
      latents[1].file = "link.npy";
    });
    const { request, err } = await suggestedBy(words);
    expect(request!.latent).toEqual(["b.npy"]);
    expect(request).not.toHaveProperty("metric");
    expect(err).toMatch(/, a \("?link\.npy"? leads out of .*\), geodesic distance \(straight instead\)\n$/);
    edited((now) => Object.assign(now, before));
  });

  test("what is no project, or has no latents, is asked about; options without files are refused", async () => {
    await done("init", file("empty"));
    expect(await suggestedBy(file("empty"))).toEqual({ request: null, err: "" });
    expect(await suggestedBy(root)).toEqual({ request: null, err: "" });
    const refused = await isometer("explore", root, "--latent-vector", "z", "--no-browser");
    expect([refused.status, refused.err]).toEqual([
      2,
      expect.stringMatching(/--latent-vector is about files/),
    ]);
  });

  test.each([
    ["no JSON", "{"],
    ["another schema", '{"schema":"isometer/project/9"}'],
    ["a latent of nothing", null],
  ])("a manifest that is broken (%s) is told as status tells it", async (name, text) => {
    const folder = file(`broken ${name}`);
    await done("init", folder);
    const torn = { ...manifest(), originals: [] };
    writeFileSync(join(folder, "isometer.json"), text ?? JSON.stringify(torn));
    const told = await isometer("status", folder);
    expect(told.status).toBe(2);
    expect(await isometer("explore", folder, "--no-browser")).toEqual(told);
  });
});

test("explore FILES takes the columns of vectors, and no more latents than a page has", async () => {
  const rows = all.map((i) => `${original.data[5 * i]},${original.data[5 * i + 1]},${i}\n`).join("");
  writeFileSync(file("data.csv"), `p,q,n\n${rows}`);
  writeFileSync(file("map.csv"), `u,v,n\n${rows}`);
  const named = [file("data.csv"), file("map.csv"), "--vector", "p,q", "--latent-vector", "u,v"];
  await explored(named, async (ask) => {
    const { request } = await ask<{ request: ViewRequest }>("/api/suggestion");
    expect(request).toEqual({
      original: "data.csv",
      latent: ["map.csv"],
      vector: "p,q",
      latentVector: "u,v",
    });
    const view = await ask<View>("/api/views", request);
    expect(view).toMatchObject({ original: { dims: 2 }, latents: [{ dims: 2 }] });
  });
  const many = await isometer("explore", ...Array(5).fill(file("map.csv")), "--no-browser");
  expect([many.status, many.err]).toEqual([2, expect.stringMatching(/4 latents are too many/)]);
});

describe("audits that a project keeps", () => {
  const asked = { original: "x.npy", latent: ["b.npy", "a.npy"], labels: "y.csv:kind", metric: "cosine" };
  const keptOf = async (ask: Ask, request: object = asked) => {
    const { id } = await ask<View>("/api/views", request);
    return (await ask<{ audits: KeptAudit[] }>(`/api/views/${id}/audits`)).audits;
  };

  beforeAll(async () => {
    edited((now) => {
      now.latents = now.latents.filter(({ name }: { name: string }) => name !== "outside");
    });
    await done("refresh", words, "--threads", "1");
  });

  test("are those that status calls current, of what the view shows", async () => {
    await explored([words], async (ask) => {
      const kept = await keptOf(ask);
      expect(kept.map(({ latent, file }) => [latent, file])).toEqual([
        [1, "results/audit-a.json"],
        [0, "results/audit-b.json"],
      ]);
      for (const { file, audit, written } of kept) {
        expect(audit).toEqual(JSON.parse(readFileSync(join(words, file), "utf8")).result);
        expect(Math.abs(Date.parse(written) - performance.timeOrigin)).toBeLessThan(600_000);
      }
      // Labels are of no matter where a view has none; another distance, other labels or vectors are.
      const { labels: _, ...plain } = asked;
      expect(await keptOf(ask, plain)).toHaveLength(2);
      expect(await keptOf(ask, { ...asked, metric: "euclidean" })).toEqual([]);
      expect(await keptOf(ask, { ...asked, labels: "own.txt" })).toEqual([]);
      expect(await keptOf(ask, { ...asked, latentMetric: "cosine" })).toEqual([]);
    });
  });

  test("are none once a setting or a file is another one, and none of files elsewhere", async () => {
    const before = manifest();
    await explored([words], async (ask) => {
      edited(({ audit }) => {
        audit.nNeighbors = 7;
      });
      expect(await keptOf(ask)).toEqual([]);
      edited((now) => Object.assign(now, before));
      const { id } = await ask<View>("/api/views", asked);
      const audits = async () => (await ask<{ audits: KeptAudit[] }>(`/api/views/${id}/audits`)).audits;
      expect(await audits()).toHaveLength(2);
      await writeRows(join(words, "a.npy"), rowsFromMatrix(gatherRows(matrix(original.data, ROWS, 5), all)));
      // The view is one of the file as it was.
      expect(await audits()).toEqual([]);
      expect((await keptOf(ask)).map(({ file }) => file)).toEqual(["results/audit-b.json"]);
      edited(({ originals }) => {
        originals[0].file = join(words, "x.npy");
      });
      expect(await keptOf(ask)).toEqual([]);
      writeFileSync(join(words, "isometer.json"), "{");
      expect(await keptOf(ask)).toEqual([]);
    });
    writeFileSync(join(words, "isometer.json"), JSON.stringify(before));
  });
});
