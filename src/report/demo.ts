import { comparison } from "./compare.ts";
import type { DemoResult } from "./result.ts";
import { auditReport, nextLines } from "./terminal.ts";
import { BLANK, type Line, line, span, type View } from "./text.ts";

/** The audit of each latent in full, then all of them side by side. */
export function demoReport(result: DemoResult, view: View): Line[] {
  const audits = result.audits.flatMap(({ name, audit }) => [
    BLANK,
    line(span(`── ${name} ${"─".repeat(Math.max(0, view.width - name.length - 4))}`, "accent")),
    ...auditReport({ ...audit, next: [] }, view),
  ]);
  return [
    ...audits,
    BLANK,
    line(span("─".repeat(view.width), "accent")),
    BLANK,
    ...comparison(result.audits, view),
    ...nextLines(result.next, view),
  ];
}
