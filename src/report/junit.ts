import type { AuditResult, GateRecord } from "./result.ts";
import { headline } from "./rules.ts";
import { gateText } from "./terminal.ts";

/** A suite of test cases: the gates of an audit, and its verdict. */
export interface Suite {
  readonly classname: string;
  readonly name: string;
  readonly gates: readonly GateRecord[];
  readonly says: string;
  readonly seconds: number;
}

/** The suite of an audit. */
export function suiteOf(result: AuditResult, classname: string): Suite {
  const { inputs, scores, options, gates, seconds } = result;
  const name = inputs.map(({ path }) => path).join(" against ");
  return { classname, name, gates, says: headline(scores, options.nNeighbors), seconds };
}

/** An audit as JUnit XML: a test case for each gate; one that always passes where there are none. */
export function auditJunit(result: AuditResult): string {
  return junitSuites([suiteOf(result, "isometer.audit")], result.seconds);
}

/** JUnit XML of several suites, which took `seconds` together. */
export function junitSuites(suites: readonly Suite[], seconds: number): string {
  const all = suites.map((suite) => countsOf(suite.gates));
  const tests = all.reduce((sum, own) => sum + own.tests, 0);
  const failures = all.reduce((sum, own) => sum + own.failures, 0);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="isometer" ${countsText({ tests, failures }, seconds)}>`,
    ...suites.flatMap(suiteLines),
    `</testsuites>`,
    "",
  ].join("\n");
}

function suiteLines({ gates, name, says, seconds, classname }: Suite): string[] {
  const start = `    <testcase classname="${attribute(classname)}"`;
  return [
    `  <testsuite name="${attribute(name)}" ${countsText(countsOf(gates), seconds)}>`,
    ...(gates.length > 0 ? gates.map((gate) => testCase(gate, start)) : [`${start} name="audit"/>`]),
    `    <system-out>${attribute(says)}</system-out>`,
    `  </testsuite>`,
  ];
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
}

function countsOf(gates: readonly GateRecord[]): Counts {
  return { tests: Math.max(1, gates.length), failures: gates.filter(({ passed }) => !passed).length };
}

function countsText({ tests, failures }: Counts, seconds: number): string {
  return `tests="${tests}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}"`;
}

function testCase(gate: GateRecord, start: string): string {
  const { score, kind, limit, passed } = gate;
  const wanted = kind === "under" ? "at least" : "at most";
  const named = `${start} name="${attribute(`${score} ${wanted} ${limit}`)}"`;
  if (passed) return `${named}/>`;
  const message = attribute(gateText(gate));
  return `${named}>\n      <failure message="${message}" type="gate">${message}</failure>\n    </testcase>`;
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
