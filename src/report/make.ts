import { count, duration } from "./numbers.ts";
import type { MakeResult } from "./result.ts";
import { nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Line, line, span, type View, wrap } from "./text.ts";

/** What was written, and where its truth lies. */
export function makeReport(result: MakeResult, view: View): Line[] {
  const { kind, options, out, truth, seconds } = result;
  const file = (name: string, { path, rows, cols }: MakeResult["out"]) =>
    line(span(`  ${name.padEnd(6)}`, "muted"), span(`${path}  ${count(rows)} x ${count(cols)}`));
  return [
    BLANK,
    line(
      span(`Made ${kind}`, "strong"),
      span(`  noise ${options.noise}, seed ${options.seed}, ${duration(seconds)}`, "muted"),
    ),
    file("space", out),
    file("truth", truth),
    BLANK,
    ...wrap(result.about, view.width, "  "),
    BLANK,
    ...warningLines(result.warnings, view),
    ...nextLines(result.next, view).slice(1),
  ];
}
