import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentsOf, jobContext } from "../../src/app/cli/context.ts";
import type { Run } from "../../src/app/server/runs.ts";
import type { JobContext } from "../../src/jobs/define.ts";
import { train } from "../../src/jobs/train.ts";
import type { TrainValues } from "../../src/jobs/train-options.ts";
import { checkOptions } from "../../src/jobs/validate.ts";
import { post, raw, type Served, served } from "../app/server/server.ts";

const DIGITS = fileURLToPath(new URL("../../examples/digits.npy", import.meta.url));
/** Epochs of 68 steps, which are looked at every second time. */
const SMALL = { hidden: "32", epochs: 4, rows: "0:600", batchSize: 8, lookEvery: 2, to: 3, threads: 1 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "isometer-positions-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Told {
  readonly places: Float32Array;
  readonly epoch: number;
  readonly rows: Int32Array;
}

async function trained(out: string, more: Partial<JobContext> = {}) {
  const context = jobContext(more.watch ?? {}, "1.2.3", documentsOf({}), () => {});
  const options = checkOptions(train.options, { ...SMALL, out: join(folder, out) });
  return train.run({ ...context, ...more }, { vectors: DIGITS }, options as TrainValues);
}

/** What a training tells to whoever watches. */
function watching(): { told: Told[]; context: Pick<JobContext, "onPositions"> } {
  const told: Told[] = [];
  const onPositions: JobContext["onPositions"] = (places, epoch, rows) =>
    told.push({ places, epoch, rows: rows! });
  return { told, context: { onPositions } };
}

const bytes = (out: string, name: string) => readFile(join(folder, out, name));

describe("a training that is watched", () => {
  test("learns the same bytes, and is seen within epochs, after looks, and as its best model", async () => {
    await trained("alone");
    const { told, context } = watching();
    const { best, rows } = await trained("watched", context);
    for (const name of ["encoder.onnx", "decoder.onnx", "codes.npy", "checkpoint.safetensors"])
      expect((await bytes("watched", name)).equals(await bytes("alone", name)), name).toBe(true);
    const epochs = told.map(({ epoch }) => epoch);
    expect(epochs.some((epoch) => !Number.isInteger(epoch))).toBe(true);
    expect(epochs.slice(0, -1)).toEqual(epochs.slice(0, -1).sort((a, b) => a - b));
    expect(epochs.at(-1)).toBe(best.epoch);
    for (const { places, rows: shown } of told) {
      expect(places.length).toBe(2 * rows.heldOut);
      expect(places.every(Number.isFinite)).toBe(true);
      expect(shown.length).toBe(rows.heldOut);
      expect(shown.every((row) => row >= 0 && row < 600)).toBe(true);
    }
  });

  test("where nobody waits makes no picture but the last", async () => {
    const { told, context } = watching();
    const { best } = await trained("unseen", { ...context, wantsPositions: () => false });
    expect(told.map(({ epoch }) => epoch)).toEqual([best.epoch]);
  });

  test("says that it writes first when it is stopped, and ends with its best model", async () => {
    const controller = new AbortController();
    const notes: string[] = [];
    const { told, context } = watching();
    const tell = (text: string) => {
      notes.push(text);
      if (/^ +2 /.test(text)) controller.abort();
    };
    const watch = { signal: controller.signal };
    await expect(trained("stopped", { ...context, tell, watch })).rejects.toMatchObject({
      code: "aborted",
      hint: expect.stringContaining("best model so far, of epoch 2"),
    });
    expect(notes.at(-1)).toMatch(/^stopping/);
    expect(told.at(-1)!.epoch).toBe(2);
    expect(existsSync(join(folder, "stopped/encoder.onnx"))).toBe(true);
  });
});

describe("a training over HTTP", () => {
  let server: Served;
  beforeAll(async () => {
    server = await served();
  });
  afterAll(() => server.close());

  const runNow = async (id: string) => JSON.parse((await raw(server, `/api/runs/${id}`)).text) as Run;
  const cancel = (id: string) => raw(server, `/api/runs/${id}`, { method: "DELETE" });
  const positions = (id: string, query = "") =>
    fetch(new URL(`/api/runs/${id}/positions${query}`, server.url));

  /** A training that somebody sees. */
  async function seen(out: string): Promise<string> {
    const options = { ...SMALL, epochs: 400, lookEvery: 1, out };
    const { text } = await post(server, "train", { inputs: { vectors: "digits.npy" }, options });
    const { id } = JSON.parse(text) as Run;
    await expect.poll(async () => (await positions(id)).status, { timeout: 60_000 }).toBe(200);
    return id;
  }

  test("tells which rows are seen; cancelled it keeps its best model, and says so", async () => {
    const id = await seen("kept");
    const answer = await positions(id);
    expect(answer.headers.get("x-isometer-rows")).toBe("some");
    expect(answer.headers.get("x-isometer-shape")).toBe("60,2");
    const rows = new Int32Array(await (await positions(id, "?of=rows")).arrayBuffer());
    expect(new Set(rows).size).toBe(60);
    await cancel(id);
    await expect.poll(async () => (await runNow(id)).state, { timeout: 60_000 }).toBe("cancelled");
    const { error, notes } = await runNow(id);
    expect(notes).toContainEqual(expect.stringMatching(/^stopping/));
    expect(error).toMatchObject({
      code: "aborted",
      hint: expect.stringContaining("kept has the best model"),
    });
    expect(existsSync(join(server.folder, "kept/encoder.onnx"))).toBe(true);
  });

  test("asked to stop twice it ends at once: what it saved before stays", async () => {
    const id = await seen("ended");
    await expect
      .poll(() => existsSync(join(server.folder, "ended/checkpoint.safetensors")), { timeout: 60_000 })
      .toBe(true);
    await cancel(id);
    const isStopping = async () => (await runNow(id)).notes.some((note) => note.startsWith("stopping"));
    await expect.poll(isStopping, { timeout: 60_000, interval: 5 }).toBe(true);
    await cancel(id);
    await expect.poll(async () => (await runNow(id)).state, { timeout: 60_000 }).toBe("cancelled");
    expect((await runNow(id)).error).toBeNull();
    expect(existsSync(join(server.folder, "ended/report.json"))).toBe(false);
  });
});
