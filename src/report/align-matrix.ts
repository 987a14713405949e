import {
  AGREEMENT_MEASURES,
  AGREEMENT_WORDS,
  type AgreementMeasure,
  type AlignMatrixResult,
  agreementText,
  scoreBetween,
} from "./align-matrix-result.ts";
import { treeLines } from "./align-matrix-tree.ts";
import { chanceWords, clusterWords, matrixHeadline } from "./align-matrix-words.ts";
import { count, duration } from "./numbers.ts";
import { engineText, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  cutMiddle,
  type Line,
  line,
  pad,
  type Span,
  span,
  table,
  type View,
  width,
  wrap,
  wrapParts,
} from "./text.ts";

/** Characters of a value and the two spaces before it. */
const CELL = 6;

/** A tree of fewer characters would say nothing. */
const LEAST_TREE = 12;

/** The agreement of several models as a person reads it: who goes with whom, the tree, then the three tables in its order. */
export function alignMatrixReport(result: AlignMatrixResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(matrixHeadline(result), view.width, "", "strong"),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    line(span("Groups", "strong")),
    ...clusterWords(result).flatMap((words) => wrap(words, view.width, "  ")),
    BLANK,
    ...tree(result, view),
    BLANK,
    ...AGREEMENT_MEASURES.flatMap((measure) => [...matrix(measure, result, view), BLANK]),
    ...warningLines(result.warnings, view),
    ...wrapParts(matrixHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

/** How the numbers came about, in parts that stay whole. */
export function matrixHow({ rows, options, engine, seconds, models }: AlignMatrixResult): string[] {
  const { sample, nNeighbors, metric, seed } = options;
  const joined = models.slice(1).filter((model) => model.joined === "id").length;
  const how =
    joined === models.length - 1 ? "by id" : joined === 0 ? "by order" : "by id where there are ids";
  return [
    `${count(rows)} rows joined ${how}`,
    sample === "exact" ? "exact" : `neighbours of ${count(sample)} rows drawn`,
    `k = ${nNeighbors} by ${metric}`,
    `seed ${seed}`,
    engineText(engine),
    duration(seconds),
  ];
}

/** "3 bge-small": the number that stands for a model in the heads of tables, and its name in `columns` characters. */
function named({ models, clustering: { order } }: AlignMatrixResult, columns: number): string[] {
  const digits = String(order.length).length;
  return order.map(
    (model, at) =>
      `${pad(String(at + 1), digits, "left")} ${cutMiddle(models[model]!.name, Math.max(4, columns - digits - 1))}`,
  );
}

function tree(result: AlignMatrixResult, { width: room }: View): Line[] {
  const { by, merges } = result.clustering;
  const widest = Math.max(...result.models.map(({ name }) => width(name))) + 3;
  const names = named(result, Math.min(widest, room - LEAST_TREE - 4));
  const columns = Math.max(...names.map(width));
  const size = Math.max(LEAST_TREE, Math.min(48, room - columns - 4));
  const drawn = treeLines(result.clustering, size);
  const top = Math.max(...merges.map(({ height }) => height));
  const [left, right] = by === "procrustes" ? [0, top] : [1, 1 - top];
  const scale = `${pad(left.toFixed(2), size - 4)}${right.toFixed(2)}`;
  return [
    line(span("Tree", "strong")),
    ...wrap(
      `by ${AGREEMENT_WORDS[by].short}, average linkage; two groups meet at the mean of their pairs`,
      room,
      "  ",
      "muted",
    ),
    ...drawn.map((text, i) => line("  ", pad(names[i]!, columns), "  ", span(text, "accent"))),
    line(span(`  ${pad("", columns)}  ${scale}`, "muted")),
  ];
}

/** One measure, models in the order of the tree, each pair once; in blocks of columns where there are too many for a line. */
function matrix(measure: AgreementMeasure, result: AlignMatrixResult, view: View): Line[] {
  const { title, about } = AGREEMENT_WORDS[measure];
  const { order } = result.clustering;
  const longest = Math.max(...result.models.map(({ name }) => width(name))) + 3;
  const fitting = view.width - 2 - CELL * (order.length - 1);
  const names = named(result, Math.min(longest, Math.max(16, fitting)));
  const room = view.width - 2 - Math.max(...names.map(width));
  const block = Math.max(1, Math.floor(room / CELL));
  const lines: Line[] = [];
  for (let from = 0; from < order.length - 1; from += block) {
    const to = Math.min(order.length - 1, from + block);
    lines.push(...matrixBlock(measure, result, names, [from, to], view));
  }
  return [
    line(span(title, "strong")),
    ...wrap(about, view.width, "  ", "muted"),
    ...lines,
    ...wrap(chanceWords(result, measure), view.width, "  ", "muted"),
  ];
}

function matrixBlock(
  measure: AgreementMeasure,
  result: AlignMatrixResult,
  names: readonly string[],
  [from, to]: readonly [number, number],
  view: View,
): Line[] {
  const { order, clusters } = result.clustering;
  const group = (model: number) => clusters.findIndex((own) => own.includes(model));
  const shown = order.slice(from, to);
  const columns: Column[] = [
    { head: "", align: "left" },
    ...shown.map((_, c): Column => ({ head: pad(String(from + c + 1), CELL - 2, "left"), align: "right" })),
  ];
  const body = order.flatMap((model, r): Span[][] => {
    if (r <= from) return [];
    const cells = shown.map((other, c) => {
      if (from + c >= r) return span("");
      const text = agreementText(scoreBetween(result, model, other, measure));
      return span(text, clusters.length > 1 && group(model) === group(other) ? "good" : "plain");
    });
    return [[span(names[r]!), ...cells]];
  });
  // The first model has no line of its own in the first block: its number is told there.
  const first = from === 0 ? [[span(names[0]!), ...shown.map(() => span(""))]] : [];
  return table(columns, [...first, ...body], { width: view.width });
}
