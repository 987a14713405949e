import type { PointWitness } from "../measure/geometry/result.ts";
import {
  GEOMETRY_SCORE_NAMES,
  GEOMETRY_SCORES,
  type GeometryResult,
  geometryGrade,
  geometryScoresOf,
} from "./geometry-result.ts";
import { geometryHeadline, geometryWords } from "./geometry-words.ts";
import { count, duration, plural, significant } from "./numbers.ts";
import { engineText, gateLines, nextLines, warningLines } from "./terminal.ts";
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

/** The geometry of a network as a person reads it: the verdict first, then the evidence, then what to type next. */
export function geometryReport(result: GeometryResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(geometryHeadline(result), view.width, "", "strong"),
    BLANK,
    ...modelLines(result, view),
    BLANK,
    ...scoreLines(result, view),
    BLANK,
    ...geometryWords(result).flatMap((words) => [...wrap(words, view.width, "  "), BLANK]),
    ...singularLines(result, view),
    ...axisLines(result, view),
    ...witnessLines(result, view),
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(geometryHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function modelLines({ models, inputs, network }: GeometryResult, view: View): Line[] {
  const shape = (dims: readonly number[]) => dims.map(count).join(" x ") || "1";
  const maps = `${network.input} (${shape(network.inputShape)}) to ${network.output} (${shape(network.outputShape)})`;
  const facts = [
    ...models.map(({ role, path }) => [role, role === "model" ? `${path}  ${maps}` : path] as const),
    ...inputs.map(
      ({ role, path, rows, cols, dtype, format }) =>
        [role, `${path}  ${count(rows)} x ${count(cols)}, ${dtype}, ${format}`] as const,
    ),
  ];
  return facts.flatMap(([role, text]) =>
    wrap(text, view.width, " ".repeat(12)).map((own, i) =>
      i === 0 ? line(span(`  ${role.padEnd(10)}`, "muted"), ...own.slice(1)) : own,
    ),
  );
}

/** Every score with what it would be by chance and in the best linear coordinates, as the width allows. */
function scoreLines(result: GeometryResult, view: View): Line[] {
  const scores = geometryScoresOf(result);
  const sampled = Object.values(scores).some(({ exact }) => !exact);
  const wide = view.width >= 100;
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: "value", align: "right" },
    ...(sampled ? [{ head: "95 % interval", align: "right" } as const] : []),
    { head: "linear", align: "right" },
    ...(wide ? [{ head: "chance", align: "right" } as const] : []),
    ...(wide ? [{ head: "isometry", align: "right" } as const] : []),
    { head: "", align: "left" },
  ];
  const lines: Line[] = [];
  const groups = [...new Set(GEOMETRY_SCORE_NAMES.map((name) => GEOMETRY_SCORES[name].group))];
  const bodies = groups.map((group) => ({
    group,
    rows: GEOMETRY_SCORE_NAMES.filter((name) => GEOMETRY_SCORES[name].group === group && scores[name]).map(
      (name): Span[] => {
        const { value, interval, exact, baseline, null: chance, ideal } = scores[name]!;
        const number = (v: number | null | undefined) =>
          v === null || v === undefined ? "" : significant(v);
        return [
          span(name),
          span(number(value), geometryGrade(name, value)),
          ...(sampled
            ? [span(exact ? "exact" : interval.map((end) => significant(end, 3)).join(" to "), "muted")]
            : []),
          span(number(baseline?.value), "muted"),
          ...(wide ? [span(number(chance), "muted")] : []),
          ...(wide ? [span(number(ideal), "muted")] : []),
          span(GEOMETRY_SCORES[name].about, "muted"),
        ];
      },
    ),
  }));
  const all = table(
    columns,
    bodies.flatMap(({ rows }) => rows),
    { width: view.width },
  );
  lines.push(all[0]!);
  let at = 1;
  for (const { group, rows } of bodies) {
    if (rows.length === 0) continue;
    lines.push(line(span(`  ${group}`, "strong")), ...all.slice(at, at + rows.length));
    at += rows.length;
  }
  return [
    ...lines,
    ...wrap(
      "linear: in the best linear coordinates of the latent. An isometry has 1 (relaxedDistortion 1 over dimensions), and 0 for what varies, turns or is lost.",
      view.width,
      "  ",
      "muted",
    ),
  ];
}

/** At most so many singular values are listed. */
const LISTED = 8;

function singularLines({ singularValues, jacobians, network }: GeometryResult, view: View): Line[] {
  const names =
    jacobians === "lanczos"
      ? ["largest, at least", "smallest, at most"]
      : singularValues.map((_, k) => `${k + 1}`);
  const shown =
    singularValues.length <= LISTED
      ? names.map((_, k) => k)
      : [0, 1, 2, 3, ...names.map((_, k) => k).slice(-3)];
  const columns: Column[] = [
    { head: "", align: "left" },
    ...["least", "5 %", "median", "95 %", "most"].map((head) => ({ head, align: "right" as const })),
  ];
  const rows = shown.map((k) => {
    const own = singularValues[k]!;
    return [span(names[k]!), ...[0, 1, 3, 5, 6].map((level) => span(significant(own[level]!, 3)))];
  });
  const rest = singularValues.length - shown.length;
  return [
    line(
      span("Singular values", "strong"),
      span(`  over the points, ${count(network.rank)} of each Jacobian`, "muted"),
    ),
    ...table(columns, rows, { width: view.width }),
    ...(rest > 0 ? [line(span(`  ${count(rest)} between are in the JSON`, "muted"))] : []),
    BLANK,
  ];
}

function axisLines({ axes, network }: GeometryResult, view: View): Line[] {
  if (!axes || network.rank < 2) return [];
  const last = axes.stretch.length - 1;
  const named = (k: number) => `${significant(axes.stretch[k]!, 3)} along ${direction(axes.directions[k]!)}`;
  const text = `Mean metric of the latent: lengths are stretched most, ${named(0)}; least, ${named(last)}.`;
  return [...wrap(text, view.width, "  "), BLANK];
}

/** "(0.98, -0.17)"; of many coordinates the largest three by number: "0.81 of 12, -0.4 of 3, 0.2 of 7". */
export function direction(v: readonly number[]): string {
  if (v.length <= 3) return `(${v.map((value) => value.toFixed(2)).join(", ")})`;
  const order = v.map((_, k) => k).sort((a, b) => Math.abs(v[b]!) - Math.abs(v[a]!));
  return order
    .slice(0, 3)
    .map((k) => `${v[k]!.toFixed(2)} of ${k}`)
    .join(", ");
}

function witnessLines({ witnesses }: GeometryResult, view: View): Line[] {
  const { uneven, expanded, collapsed } = witnesses;
  const columns: Column[] = [
    { head: "row", align: "right" },
    { head: "most", align: "right" },
    { head: "least", align: "right" },
    { head: "log-volume", align: "right" },
    { head: "", align: "left" },
  ];
  const row = (point: PointWitness, why: string) => [
    span(String(point.row)),
    span(significant(point.largest, 3)),
    span(significant(point.smallest, 3)),
    span(significant(point.logVolume, 3)),
    span(why, "muted"),
  ];
  const toward = ({ least }: PointWitness) => (least ? `uneven, least along ${direction(least)}` : "uneven");
  const rows = [
    ...uneven.slice(0, 3).map((point) => row(point, toward(point))),
    ...expanded.slice(0, 1).map((point) => row(point, "most volume")),
    ...collapsed.slice(0, 1).map((point) => row(point, "least volume")),
  ];
  return [line(span("Worst points", "strong")), ...table(columns, rows, { width: view.width }), BLANK];
}

/** How the numbers came about, in parts that stay whole. */
export function geometryHow({
  points,
  rows,
  derivatives,
  jacobians,
  options,
  seed,
  engine,
  seconds,
}: GeometryResult): string[] {
  return [
    points === rows ? `all ${plural(rows, "point")}` : `${count(points)} of ${count(rows)} points`,
    derivatives === "graph" ? "derivatives of the graph" : "central differences",
    jacobians === "full" ? "full Jacobians" : "Lanczos estimates",
    `${plural(options.nNeighbors, "neighbour")} for directions of the data`,
    `seed ${seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
