import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/temporary.ts"],
    setupFiles: ["test/setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two files at a time: every audit already runs its own block workers.
    maxWorkers: 2,
    reporters: [["default", { summary: false }], "./test/reporter.ts"],
  },
});
