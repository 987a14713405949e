import { defineConfig } from "vitest/config";
import LongestFirst from "./test/sequencer.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/temporary.ts"],
    setupFiles: ["test/setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two files at a time: every audit already runs its own block workers.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: [["default", { summary: false }], "./test/reporter.ts"],
  },
});
