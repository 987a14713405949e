import type { AuditResult, GateRecord } from "./result.ts";
import { headline } from "./rules.ts";
import { gateText } from "./terminal.ts";

/** An audit as JUnit XML: a test case for each gate; one that always passes where there are none. */
export function auditJunit(result: AuditResult): string {
  const { gates, seconds, scores, options } = result;
  const failures = gates.filter(({ passed }) => !passed).length;
  const name = attribute(result.inputs.map(({ path }) => path).join(" against "));
  const cases =
    gates.length > 0 ? gates.map(testCase) : [`    <testcase classname="isometer.audit" name="audit"/>`];
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}"`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="isometer" ${counts}>`,
    `  <testsuite name="${name}" ${counts}>`,
    ...cases,
    `    <system-out>${attribute(headline(scores, options.nNeighbors))}</system-out>`,
    `  </testsuite>`,
    `</testsuites>`,
    "",
  ].join("\n");
}

function testCase(gate: GateRecord): string {
  const { score, kind, limit, passed } = gate;
  const wanted = kind === "under" ? "at least" : "at most";
  const start = `    <testcase classname="isometer.audit" name="${attribute(`${score} ${wanted} ${limit}`)}"`;
  if (passed) return `${start}/>`;
  const message = attribute(gateText(gate));
  return `${start}>\n      <failure message="${message}" type="gate">${message}</failure>\n    </testcase>`;
}

/** Text for XML. Characters that XML 1.0 has no way to write become a question mark. */
function attribute(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "?")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replace(/[\n\r\t]/g, " ")
  );
}
