import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

/**
 * The last lines of a run: how many tests were skipped and why, then "N passed, N failed[, N skipped]".
 *
 * With ISOMETER_NO_SKIPS=1 (set by .ci/run) a skipped test fails the run.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const { passed, skipped, ...counts } = countTests(modules);
    const failed = counts.failed + unhandled.length;
    const lines: string[] = [];
    if (skipped > 0) {
      lines.push(`${skipped} skipped: they need what is not here (the real data in ../shared, or Chromium)`);
      if (process.env.ISOMETER_NO_SKIPS === "1") {
        lines.push("ISOMETER_NO_SKIPS=1: a skipped test is a failure");
        process.exitCode = 1;
      }
    }
    const total = `${passed} passed, ${failed} failed`;
    lines.push(skipped > 0 ? `${total}, ${skipped} skipped` : total);
    // After the default reporter's own summary, which is written in the same phase.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}

/** How the tests of a run ended. A file that could not be loaded counts as one failure. */
export function countTests(modules: readonly TestModule[]): {
  passed: number;
  failed: number;
  skipped: number;
} {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    const tests: TestCase[] = [...module.children.allTests()];
    for (const test of tests) {
      const { state } = test.result();
      if (state === "passed") counts.passed++;
      else if (state === "skipped") counts.skipped++;
      else counts.failed++;
    }
    if (module.errors().length > 0 && !tests.some((test) => test.result().state === "failed"))
      counts.failed++;
  }
  return counts;
}
