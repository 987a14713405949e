import { score, significant } from "./numbers.ts";
import type { AuditResult, NamedPair, NamedPoint, RowNames } from "./result.ts";
import { BLANK, type Column, cut, type Line, line, type Span, span, table, type View } from "./text.ts";

/** Witnesses shown of each kind; the JSON has all that were kept. */
export const SHOWN_WITNESSES = 5;

/** The worst points and the worst pairs behind the scores. */
export function witnessTables(witnesses: AuditResult["witnesses"], view: View): Line[] {
  return [...points(witnesses.points, view), ...pairs(witnesses, view)];
}

/** Right to the four decimals that are shown: nobody's witness. */
export function isRight({ trustworthiness, continuity }: NamedPoint): boolean {
  return Math.min(trustworthiness, continuity) >= 0.99995;
}

/** Kept to the three digits that are shown. */
export function isKept({ stretch }: NamedPair): boolean {
  return Math.abs(stretch - 1) < 0.005;
}

function points(all: readonly NamedPoint[], view: View): Line[] {
  const shown = all.filter((point) => !isRight(point)).slice(0, SHOWN_WITNESSES);
  if (shown.length === 0) return [];
  const columns: Column[] = [
    { head: "row", align: "right" },
    { head: "trustworthiness", align: "right" },
    { head: "continuity", align: "right" },
    { head: "neighbours kept", align: "right" },
    ...nameColumns(shown),
  ];
  const body = shown.map((point) => [
    span(String(point.row)),
    span(score(point.trustworthiness)),
    span(score(point.continuity)),
    span(score(point.recall)),
    ...nameCells(point, shown),
  ]);
  return [
    line(span("Worst points", "strong"), span("  their neighbourhoods are the most wrong", "muted")),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

function pairs({ stretched, shrunk }: AuditResult["witnesses"], view: View): Line[] {
  const shown = [stretched, shrunk].flatMap((kind) =>
    kind.filter((pair) => !isKept(pair)).slice(0, SHOWN_WITNESSES),
  );
  if (shown.length === 0) return [];
  const named = shown.some((pair) => pair.aNames !== undefined || pair.bNames !== undefined);
  const columns: Column[] = [
    { head: "row", align: "right" },
    { head: "row", align: "right" },
    { head: "original", align: "right" },
    { head: "latent", align: "right" },
    { head: "stretch", align: "right" },
    ...(named ? [{ head: "what they are", align: "left" } as const] : []),
  ];
  const body = shown.map((pair) => [
    span(String(pair.a)),
    span(String(pair.b)),
    span(significant(pair.original)),
    span(significant(pair.latent)),
    span(significant(pair.stretch, 3), "bad"),
    ...(named ? [span(pairNames(pair))] : []),
  ]);
  return [
    line(
      span("Worst pairs", "strong"),
      span("  torn apart (stretch above 1), pushed together (below 1)", "muted"),
    ),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

function nameColumns(shown: readonly NamedPoint[]): Column[] {
  return nameKeys(shown).map((head) => ({ head, align: "left" }));
}

function nameCells(names: RowNames, shown: readonly NamedPoint[]): Span[] {
  return nameKeys(shown).map((key) => span(cut(names[key] ?? "", 24)));
}

function nameKeys(shown: readonly NamedPoint[]): (keyof RowNames)[] {
  return (["label", "id"] as const).filter((key) => shown.some((names) => names[key] !== undefined));
}

function pairNames({ aNames, bNames }: NamedPair): string {
  return `${nameText(aNames)} / ${nameText(bNames)}`;
}

function nameText(names: RowNames | undefined): string {
  const parts = [names?.label, names?.id].filter((part) => part !== undefined);
  return parts.length === 0 ? "?" : parts.map((part) => cut(part, 20)).join(" ");
}
