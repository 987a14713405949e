import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Run } from "../../../src/app/server/runs.ts";
import { reduce } from "../../../src/reduce/index.ts";
import { post, raw, type Served, served } from "./server.ts";

let server: Served;
beforeAll(async () => {
  server = await served();
});
afterAll(() => server.close());

const runNow = async (id: string) => JSON.parse((await raw(server, `/api/runs/${id}`)).text) as Run;
async function started(options: Readonly<Record<string, unknown>>): Promise<Run> {
  const answer = await post(server, "reduce", { inputs: { vectors: "digits.npy" }, options });
  return JSON.parse(answer.text) as Run;
}
async function positionsOf(id: string, after = "") {
  const answer = await fetch(new URL(`/api/runs/${id}/positions${after && `?after=${after}`}`, server.url));
  if (answer.status === 204) return null;
  return {
    iteration: Number(answer.headers.get("x-isometer-iteration")),
    shape: answer.headers.get("x-isometer-shape"),
    places: new Float32Array(await answer.arrayBuffer()),
  };
}
const areFinite = (places: Float32Array) => places.every(Number.isFinite);

describe("positions of a fit that runs", () => {
  test("are shown as it goes; who cancels keeps those of where it stopped", async () => {
    const { id } = await started({ with: "umap", steps: 100_000, threads: 1 });
    const seen: number[] = [];
    await expect
      .poll(
        async () => {
          const now = await positionsOf(id, String(seen.at(-1) ?? ""));
          if (now) {
            expect(now.shape).toBe("1797,2");
            expect(areFinite(now.places)).toBe(true);
            seen.push(now.iteration);
          }
          return seen.length;
        },
        { timeout: 60_000, interval: 50 },
      )
      .toBeGreaterThan(3);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    await raw(server, `/api/runs/${id}`, { method: "DELETE" });
    await expect.poll(async () => (await runNow(id)).state, { timeout: 30_000 }).toBe("cancelled");
    const last = await positionsOf(id);
    expect(last!.iteration).toBeGreaterThanOrEqual(seen.at(-1)!);
    expect(await positionsOf(id, String(last!.iteration))).toBeNull();
  });

  test("end with the codes; those of a job before are let go", async () => {
    const first = await started({ with: "tsne", steps: 60, threads: 1, perplexity: 10 });
    await positionsOf(first.id);
    await expect.poll(async () => (await runNow(first.id)).state, { timeout: 60_000 }).toBe("done");
    expect((await positionsOf(first.id))!.iteration).toBe(60);
    const second = await started({ with: "pacmap", to: 3, steps: 20, threads: 1 });
    await positionsOf(second.id);
    await expect.poll(async () => (await runNow(second.id)).state, { timeout: 60_000 }).toBe("done");
    expect((await positionsOf(second.id))!.shape).toBe("1797,2");
    expect(await positionsOf(first.id)).toBeNull();
    expect((await raw(server, "/api/runs/999/positions")).status).toBe(404);
  });

  test("nobody asks for are not told", async () => {
    const { id } = await started({ with: "pca", threads: 1 });
    await expect.poll(async () => (await runNow(id)).state, { timeout: 60_000 }).toBe("done");
    expect(await positionsOf(id)).toBeNull();
  });
});

describe("a fit that is watched", () => {
  const rows = 90;
  const x = {
    data: Float32Array.from({ length: rows * 4 }, (_, i) => Math.sin(i * 12.9898) * (1 + (i % 7))),
    rows,
    cols: 4,
  };
  test.each([
    ["umap", { steps: 30 }],
    ["densmap", { steps: 30 }],
    ["tsne", { steps: 30, perplexity: 5 }],
    ["pacmap", { steps: 30 }],
    ["mds", {}],
    ["sammon", {}],
    ["mde", { steps: 30 }],
  ] as const)("has the same bytes as one that is not, and is seen to end there: %s", async (method, own) => {
    const looks: { places: Float32Array; step: number }[] = [];
    const how = { method, nComponents: 2, threads: 1, ...own };
    const alone = await reduce(x, how);
    const watched = await reduce(x, {
      ...how,
      onPlaces: (places: () => Float32Array, step: number) => looks.push({ places: places(), step }),
    } as never);
    expect(watched.codes.data).toEqual(alone.codes.data);
    const last = looks.at(-1)!;
    expect(last.places.length).toBe(2 * rows);
    expect(looks.map(({ step }) => step)).toEqual(looks.map((_, i) => i + 1));
    expect(last.step).toBeLessThanOrEqual(alone.iterations);
    expect(last.places).toEqual(alone.codes.data);
    expect(looks[0]!.places).not.toEqual(alone.codes.data);
  });
});
