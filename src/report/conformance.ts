import type { Warning } from "../base/index.ts";
import { count, duration } from "./numbers.ts";
import type { GateRecord, NextCommand } from "./result.ts";
import { nextLines } from "./terminal.ts";
import { BLANK, type Line, line, span, type View, wrap, wrapParts } from "./text.ts";

/** The result of job `conformance`. */
export interface ConformanceResult {
  readonly schema: "isometer/conformance/1";
  readonly job: "conformance";
  readonly isometer: string;
  readonly store: {
    readonly kind: string;
    /** Without secrets. */
    readonly address: string;
    /** Where the stores of the checks were. */
    readonly scratch: string;
  };
  readonly options: { readonly recallFloor: number; readonly seed: number };
  readonly passed: boolean;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
  readonly warnings: readonly Warning[];
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** Each check, and what was measured or was wrong. */
export function conformanceReport(result: ConformanceResult, view: View): Line[] {
  const { store, checks, options, seconds } = result;
  const parts = [
    `made and taken away in ${store.scratch}`,
    `recall of ${options.recallFloor} needed`,
    `seed ${options.seed}`,
    duration(seconds),
  ];
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    BLANK,
    line(span("  store     ", "muted"), store.address, span(`  ${store.kind}`, "muted")),
    BLANK,
    ...checks.flatMap((check) => checkLines(check, view)),
    BLANK,
    ...wrapParts(parts, " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function headline({ checks, passed }: ConformanceResult): string {
  if (passed) return `A store that does all that it has to: ${count(checks.length)} checks passed.`;
  const failed = checks.filter((check) => !check.passed).length;
  return `${count(failed)} of ${count(checks.length)} checks failed: do not rely on this store.`;
}

/** A check that passed on one line where that fits; one that failed with what was wrong below it. */
function checkLines({ name, passed, detail }: ConformanceResult["checks"][number], view: View): Line[] {
  const [mark, style] = passed ? (["passed", "good"] as const) : (["FAILED", "bad"] as const);
  const words = wrapParts(passed ? [name, detail] : [name], " · ", view.width - 9);
  return [
    ...words.map((own, i) => line(i === 0 ? span(`  ${mark} `, style) : "         ", ...own)),
    ...(passed ? [] : wrap(detail, view.width, "         ", "bad")),
  ];
}
