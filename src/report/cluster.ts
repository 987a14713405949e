import type { ClusterResult, FoundCluster } from "./cluster-result.ts";
import {
  agreementWords,
  clusterHeadline,
  clusterHow,
  clusterLegend,
  stabilityGrade,
  verdictBrief,
  verdictGrade,
} from "./cluster-words.ts";
import { count, plural } from "./numbers.ts";
import { inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  type Line,
  line,
  type Span,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** Clusters, and rows that belong least, in the report: the JSON has all. */
const SHOWN = 20;
const LOOSE = 5;

/** Clusters, how stable they are, and whether they are there in the original. */
export function clusterReport(result: ClusterResult, view: View): Line[] {
  const { clusters, members } = result;
  const more = clusters.length - SHOWN;
  const agreement = agreementWords(result);
  return [
    BLANK,
    ...wrap(clusterHeadline(result), view.width, "", "strong"),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...(clusters.length > 0 ? clusterTable(result, view) : []),
    ...(more > 0 ? wrap(`${count(more)} more: --json has all`, view.width, "  ", "muted") : []),
    ...clusterLegend(result).flatMap((words) => wrap(words, view.width, "  ", "muted")),
    BLANK,
    ...(agreement ? [...wrap(agreement, view.width), BLANK] : []),
    ...looseLines(result, view),
    ...(members
      ? [line("wrote ", span(members.path, "strong"), `, ${plural(members.rows, "row")}`), BLANK]
      : []),
    ...warningLines(result.warnings, view),
    ...wrapParts(clusterHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function clusterTable({ clusters, options, original }: ClusterResult, view: View): Line[] {
  const right = (head: string): Column => ({ head, align: "right" });
  const left = (head: string): Column => ({ head, align: "left" });
  const columns = [
    right(""),
    right("rows"),
    ...(options.runs > 0 ? [right("stable")] : []),
    ...(original
      ? [right("kept"), right("apart"), right("border"), right("Jaccard"), left("in the original")]
      : []),
    ...(original ? [] : [left("such as")]),
  ];
  const body = clusters
    .slice(0, SHOWN)
    .map((cluster): Span[] => [
      span(String(cluster.id), "strong"),
      span(count(cluster.size)),
      ...(cluster.stability
        ? [span(cluster.stability.value.toFixed(2), stabilityGrade(cluster.stability.value))]
        : []),
      ...(cluster.inOriginal
        ? originalCells(cluster.inOriginal)
        : [span(cluster.examples.slice(0, 3).join(", "), "muted")]),
    ]);
  return table(columns, body, { width: view.width });
}

function originalCells(own: NonNullable<FoundCluster["inOriginal"]>): Span[] {
  const { share, apart, cut, cohesion, verdict } = own;
  return [
    span(share.value.toFixed(2)),
    span(apart.value.toFixed(2)),
    span(Number.isFinite(cut.ratio) ? cut.ratio.toFixed(2) : "∞"),
    span(`${cohesion.value.toFixed(2)} (${cohesion.null.toFixed(2)})`, "muted"),
    span(verdictBrief(own), verdictGrade(verdict)),
  ];
}

/** Rows that belong least to their clusters. */
function looseLines({ clusters }: ClusterResult, view: View): Line[] {
  const all = clusters.flatMap(({ id, inOriginal }) =>
    (inOriginal?.worst ?? []).map((member) => ({ id, ...member })),
  );
  const loose = all
    .filter(({ share }) => share < 0.5)
    .sort((a, b) => a.share - b.share || a.row - b.row)
    .slice(0, LOOSE);
  if (loose.length === 0) return [];
  const columns: Column[] = [
    { head: "row", align: "left" },
    { head: "in", align: "right" },
    { head: "kept", align: "right" },
    { head: "margin", align: "right" },
  ];
  const body = loose.map(({ name, id, share, margin }): Span[] => [
    span(name),
    span(String(id)),
    span(share.toFixed(2), "bad"),
    span(margin === null ? "" : margin.toFixed(2)),
  ]);
  return [
    ...wrap("Rows that belong least to their clusters in the original", view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}
