import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { findEngine, runBlocks } from "../../src/engine/index.ts";

/** A kernel written to a file: squares its task, waits where asked, throws where asked, counts what it did. */
const kernel = (() => {
  const file = join(mkdtempSync(join(tmpdir(), "isometer-kernel-")), "squares.mjs");
  writeFileSync(
    file,
    `export async function open(setup) {
      let count = 0;
      return {
        async run(task) {
          if (task === setup.throwAt) throw new Error("broken on purpose");
          await new Promise((resolve) => setTimeout(resolve, setup.wait * (task % 3)));
          count++;
          if (setup.seen) Atomics.add(setup.seen, 0, 1);
          return task * task + setup.shared[0];
        },
        finish: () => count,
      };
    }`,
  );
  return pathToFileURL(file).href;
})();

async function squares(
  tasks: number,
  options: {
    threads?: number;
    throwAt?: number;
    wait?: number;
    signal?: AbortSignal;
    onProgress?: () => void;
    seen?: Int32Array;
  } = {},
) {
  const shared = new Float64Array(new SharedArrayBuffer(8)).fill(0.5);
  return runBlocks<number, number, number>({
    engine: await findEngine({ threads: options.threads ?? 3 }),
    kernel,
    setup: { shared, throwAt: options.throwAt ?? -1, wait: options.wait ?? 0, seen: options.seen },
    tasks: Array.from({ length: tasks }, (_, i) => i),
    stage: "squares",
    ...(options.signal && { signal: options.signal }),
    ...(options.onProgress && { onProgress: options.onProgress }),
  });
}

describe("block workers", () => {
  it("give results in task order, each task once, whatever finishes first", async () => {
    const { results, states } = await squares(20, { wait: 3 });
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i * i + 0.5));
    expect(states.reduce((a, b) => a + b, 0)).toBe(20);
  });

  it("serve two jobs at once", async () => {
    const [a, b] = await Promise.all([squares(9, { wait: 2 }), squares(5)]);
    expect(a.results).toHaveLength(9);
    expect(b.results).toEqual([0.5, 1.5, 4.5, 9.5, 16.5]);
  });

  it("report a kernel's error with its words and cause, and work again after it", async () => {
    await expect(squares(6, { throwAt: 4 })).rejects.toMatchObject({
      code: "engine-failed",
      message: expect.stringContaining("broken on purpose"),
    });
    expect((await squares(2)).results).toEqual([0.5, 1.5]);
  });

  it("stop between tasks when asked to", async () => {
    const stop = new AbortController();
    const work = squares(10_000, { wait: 1, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(work).rejects.toMatchObject({ code: "aborted" });
    expect((await squares(2)).results).toEqual([0.5, 1.5]);
  });

  it("go on while the main thread is busy", async () => {
    const seen = new Int32Array(new SharedArrayBuffer(4));
    const work = squares(200, { wait: 1, seen });
    await new Promise((resolve) => setTimeout(resolve, 20));
    // No message is heard in this loop: whoever waits for an answer waits for ever.
    const end = Date.now() + 20_000;
    while (Atomics.load(seen, 0) < 200 && Date.now() < end);
    expect(Atomics.load(seen, 0)).toBe(200);
    expect((await work).results).toHaveLength(200);
  });

  it("fail with what a watcher of progress throws, and work again after it", async () => {
    const onProgress = () => {
      throw new Error("no wish to know");
    };
    await expect(squares(6, { onProgress })).rejects.toThrow("no wish to know");
    expect((await squares(2)).results).toEqual([0.5, 1.5]);
  });

  it("refuse a thread count or provider that is none", async () => {
    await expect(findEngine({ threads: 0 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(findEngine({ provider: "abacus" as "cpu" })).rejects.toMatchObject({ code: "bad-option" });
  });
});
