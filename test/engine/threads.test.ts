import { afterEach, expect, it, vi } from "vitest";
import { findEngine } from "../../src/engine/index.ts";

const machine = vi.hoisted(() => ({ cores: 64, usable: 1 }));
vi.mock("node:os", async (original) => ({
  ...(await original<typeof import("node:os")>()),
  cpus: () => Array.from({ length: machine.cores }, () => ({})),
  availableParallelism: () => machine.usable,
}));

const THREADS = process.env.ISOMETER_THREADS;
afterEach(() => {
  if (THREADS === undefined) delete process.env.ISOMETER_THREADS;
  else process.env.ISOMETER_THREADS = THREADS;
});

it("threads are the cores that this process may use, 256 of more, unless a number is given", async () => {
  delete process.env.ISOMETER_THREADS;
  expect((await findEngine()).threads).toBe(1);
  machine.usable = 1000;
  expect((await findEngine()).threads).toBe(256);
  expect((await findEngine({ threads: 3 })).threads).toBe(3);
  process.env.ISOMETER_THREADS = "2";
  expect((await findEngine()).threads).toBe(2);
});
