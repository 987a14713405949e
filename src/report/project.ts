import { count, duration, plural, significant } from "./numbers.ts";
import type {
  AuditState,
  ContentState,
  InitEntry,
  InitResult,
  KeptScores,
  OtherResult,
  Refreshed,
  RefreshResult,
  StatusResult,
} from "./project-result.ts";
import { nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  type Line,
  line,
  type Span,
  type Style,
  span,
  table,
  tableWidth,
  type View,
  width,
  wrap,
} from "./text.ts";

const NOUNS: Readonly<Record<InitEntry["kind"], string>> = {
  originals: "original",
  latents: "latent",
  labels: "labels",
  maps: "map",
  stores: "store",
};

const left = (head: string): Column => ({ head, align: "left" });
const right = (head: string): Column => ({ head, align: "right" });

/** A table and an empty line; nothing where there are no rows. What stands last, the path of a file, keeps its end where it is too long. */
function block(columns: readonly Column[], body: readonly (readonly Span[])[], view: View): Line[] {
  if (body.length === 0) return [];
  const others = tableWidth(
    columns.slice(0, -1),
    body.map((cells) => cells.slice(0, -1)),
  );
  const room = Math.max(12, view.width - others - 2);
  const fitted = body.map((cells): Span[] => {
    const last = cells.at(-1)!;
    return [...cells.slice(0, -1), { ...last, text: endOf(last.text, room) }];
  });
  return [...table(columns, fitted, { width: view.width }), BLANK];
}

/** "outside: …/vectors.npy" */
function endOf(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const head = text.startsWith(OUTSIDE) ? OUTSIDE : "";
  const kept = [...text.slice(head.length)];
  while (kept.length > 1 && width(`${head}…${kept.join("")}`) > columns) kept.shift();
  return `${head}…${kept.join("")}`;
}

const OUTSIDE = "outside: ";

/** What was added to a project. */
export function initReport(
  { project, made, entries, warnings, next, seconds }: InitResult,
  view: View,
): Line[] {
  const done = entries.filter(({ state }) => state !== "unchanged").length;
  const rest = entries.length - done;
  const what = made ? `Made project ${project.name}` : `Project ${project.name}`;
  const added = [
    ...(done > 0 ? [`${plural(done, "entry", "entries")} written`] : []),
    ...(rest > 0 ? [`${count(rest)} as before`] : []),
  ];
  const body = entries.map(({ kind, name, state, files, outside }): Span[] => [
    span(NOUNS[kind], "muted"),
    span(name),
    span(state, state === "unchanged" ? "muted" : "good"),
    span(filesText(files, outside)),
  ]);
  return [
    BLANK,
    ...wrap([what, ...added].join(", "), view.width, "", "strong"),
    line(span(`  in ${project.path}, ${duration(seconds)}`, "muted")),
    BLANK,
    ...block([left(""), left("name"), left(""), left("file")], body, view),
    ...warningLines(warnings, view),
    ...nextLines(next, view).slice(1),
  ];
}

function filesText(files: readonly string[], outside: boolean): string {
  return `${outside ? OUTSIDE : ""}${files.join(", ")}`;
}

/** What is in a project, and what its results are worth. */
export function statusReport(result: StatusResult, view: View): Line[] {
  const { project, contents, stores, audits, results, warnings, next, seconds } = result;
  return [
    BLANK,
    ...wrap(statusWords(result), view.width, "", "strong"),
    line(
      span(
        `  in ${project.path}, made by Isometer ${project.madeBy}, looked at in ${duration(seconds)}`,
        "muted",
      ),
    ),
    BLANK,
    ...contentLines(contents, stores, view),
    ...auditLines(audits, view),
    ...staleLines(audits, view),
    ...otherLines(results, view),
    ...warningLines(warnings, view),
    ...nextLines(next, view).slice(1),
  ];
}

function statusWords({ project, audits, contents }: StatusResult): string {
  const lost = contents.filter(({ state }) => state === "lost").length;
  const of = (wanted: AuditState["state"]) => audits.filter(({ state }) => state === wanted).length;
  const parts = [
    ...(audits.length > 0
      ? [`${count(of("current"))} of ${plural(audits.length, "audit")} up to date`]
      : ["no latents"]),
    ...(of("stale") > 0 ? [`${count(of("stale"))} stale`] : []),
    ...(of("none") > 0 ? [`${count(of("none"))} not measured`] : []),
    ...(lost > 0 ? [`${plural(lost, "file")} lost`] : []),
  ];
  return `Project ${project.name}: ${parts.join(", ")}`;
}

const CONTENT_STYLES: Readonly<Record<ContentState["state"], Style>> = {
  "as recorded": "good",
  changed: "fair",
  lost: "bad",
};

function contentLines(contents: readonly ContentState[], stores: StatusResult["stores"], view: View): Line[] {
  const body = contents.map(({ kind, name, version, shape, state, files, outside }): Span[] => [
    span(NOUNS[kind], "muted"),
    span(name),
    span(String(version)),
    span(shape ? `${count(shape.rows)} x ${count(shape.cols)}` : ""),
    span(shape?.metric ?? "", "muted"),
    span(state === "as recorded" ? "" : state, CONTENT_STYLES[state]),
    span(filesText(files, outside)),
  ]);
  const addresses = stores.map(({ name, address }): Span[] => [
    ...[span(NOUNS.stores, "muted"), span(name), span(""), span(""), span(""), span("")],
    span(address),
  ]);
  const columns = [
    left(""),
    left("name"),
    right("version"),
    right("rows"),
    left("metric"),
    left(""),
    left("file"),
  ];
  const problems = contents.flatMap(({ name, problem }) => (problem ? [`${name}: ${problem.message}`] : []));
  return [...block(columns, [...body, ...addresses], view), ...signLines(problems, "bad", view)];
}

/** Each problem on its own, with a sign in front. */
function signLines(problems: readonly string[], style: Style, view: View): Line[] {
  if (problems.length === 0) return [];
  const lines = problems.flatMap((problem) =>
    wrap(problem, view.width - 2, "    ").map((words, i) =>
      i === 0 ? line(span("  ! ", style), ...words.slice(1)) : words,
    ),
  );
  return [...lines, BLANK];
}

const AUDIT_STYLES: Readonly<Record<AuditState["state"] | Refreshed["state"], Style>> = {
  current: "good",
  measured: "good",
  stale: "fair",
  none: "fair",
  lost: "bad",
};

const AUDIT_COLUMNS = [
  left("audit of"),
  left("against"),
  right("trustworthiness"),
  right("stretch"),
  left(""),
];

const AUDIT_WORDS: Readonly<Record<AuditState["state"] | Refreshed["state"], string>> = {
  current: "up to date",
  measured: "measured",
  stale: "stale",
  none: "not measured",
  lost: "files are lost",
};

function auditLines(audits: readonly (AuditState | Refreshed)[], view: View): Line[] {
  const body = audits.map(({ latent, original, state, scores }): Span[] => [
    span(latent),
    span(original, "muted"),
    ...scoreSpans(scores),
    span(AUDIT_WORDS[state], AUDIT_STYLES[state]),
  ]);
  return block(AUDIT_COLUMNS, body, view);
}

/** Why audits are stale. */
function staleLines(audits: readonly AuditState[], view: View): Line[] {
  const stale = audits.filter(({ state }) => state === "stale");
  return signLines(
    stale.map(({ latent, why }) => `the audit of ${latent} is stale: ${why.join("; ")}`),
    "fair",
    view,
  );
}

function scoreSpans(scores: KeptScores | null): Span[] {
  const text = (value: number | null | undefined) =>
    value === null || value === undefined ? "" : significant(value, 3);
  return [span(text(scores?.trustworthiness)), span(text(scores?.stretch))];
}

function otherLines(results: readonly OtherResult[], view: View): Line[] {
  const body = results.map(({ name, job, state, why }): Span[] => [
    span(name),
    span(job, "muted"),
    span(state === "current" ? "up to date" : state, AUDIT_STYLES[state]),
    span(why.join("; "), "muted"),
  ]);
  return block([left("other results"), left("job"), left(""), left("why")], body, view);
}

/** What was measured, and what was up to date. */
export function refreshReport(result: RefreshResult, view: View): Line[] {
  const { project, taken, audits, warnings, next, seconds } = result;
  const measured = audits.filter(({ state }) => state === "measured").length;
  const rest = audits.length - measured;
  const words =
    audits.length === 0
      ? "nothing to audit"
      : [
          ...(measured > 0 ? [`${plural(measured, "audit")} measured`] : []),
          ...(rest > 0 ? [`${count(rest)} up to date before`] : []),
        ].join(", ");
  return [
    BLANK,
    ...wrap(`Project ${project.name}: ${words}`, view.width, "", "strong"),
    line(span(`  in ${project.path}, ${duration(seconds)}`, "muted")),
    BLANK,
    ...taken.map(({ kind, name, version }) =>
      line(span(`  ${NOUNS[kind]} ${name} is now version ${version}`)),
    ),
    ...(taken.length > 0 ? [BLANK] : []),
    ...auditLines(audits, view),
    ...warningLines(warnings, view),
    ...nextLines(next, view).slice(1),
  ];
}
