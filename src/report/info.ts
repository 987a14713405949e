import { count, plural, significant } from "./numbers.ts";
import type { InfoResult } from "./result.ts";
import { nextLines, warningLines } from "./terminal.ts";
import { BLANK, cut, type Line, line, span, type View, wrap } from "./text.ts";

/** A file as a person wants to see it before measuring: shape, columns, first rows, problems. */
export function infoReport(result: InfoResult, view: View): Line[] {
  const { input, shape, columns, vector, values, firstRows } = result;
  const facts: [string, string][] = [["format", input.format]];
  if (input.dtype !== null) facts.push(["type", input.dtype]);
  const shapeText = shapeWords(shape, input);
  if (shapeText) facts.push(["shape", shapeText]);
  if (columns.length > 0) {
    facts.push([hasArrays(input.format) ? "arrays" : "columns", columnText(columns)]);
    const partly = vector.length > 0 && vector.length < columns.length;
    if (partly) facts.push(["vectors", columnText(vector.map((name) => ({ name })))]);
  }
  if (values) {
    const { min, max, mean } = values;
    facts.push(["values", `from ${valueText(min)} to ${valueText(max)}, mean ${significant(mean)}`]);
  }
  return [
    BLANK,
    line(span(cut(input.path, view.width), "strong")),
    ...facts.flatMap(([name, text]) => fact(name, text, view)),
    BLANK,
    ...firstRowLines(firstRows, input.cols ?? 0, view),
    ...problemLines(result, view),
    ...warningLines(result.warnings, view),
    ...nextLines(result.next, view).slice(1),
  ];
}

function fact(name: string, text: string, view: View): Line[] {
  return wrap(text, view.width, "          ").map((words, i) =>
    i === 0 ? line(span(`  ${name.padEnd(8)}`, "muted"), ...words.slice(1)) : words,
  );
}

/** Formats that hold arrays with names, where tables hold columns. */
function hasArrays(format: string): boolean {
  return format === "npz" || format === "safetensors";
}

/** "10,000 x 28 x 28 as stored; read as 10,000 rows x 784 columns", or what is known of it. */
function shapeWords(shape: readonly number[], { rows, cols }: InfoResult["input"]): string | undefined {
  if (rows === null) return undefined;
  if (cols === null) return plural(rows, "row");
  const read = `${plural(rows, "row")} x ${plural(cols, "column")}`;
  return shape.length === 2 ? read : `${shape.map(count).join(" x ")} as stored; read as ${read}`;
}

/** At most twelve names, and how many there are. */
function columnText(columns: InfoResult["columns"]): string {
  const shown = columns
    .slice(0, 12)
    .map(({ name, type }) => cut(name, 30) + (type === undefined ? "" : ` (${type})`));
  const rest = columns.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${count(rest)} more` : "");
}

function firstRowLines(rows: InfoResult["firstRows"], cols: number, view: View): Line[] {
  if (rows.length === 0) return [];
  const cell = 2 + Math.max(8, ...rows.flat().map((value) => valueText(value).length));
  const columns = Math.max(1, Math.min(rows[0]!.length, Math.floor((view.width - 12) / cell)));
  const lines = rows.map((values, i) => {
    const shown = values.slice(0, columns).map((value) => valueText(value).padStart(cell));
    const rest = cols > columns ? "  …" : "";
    return line(span(String(i).padStart(6), "muted"), span(shown.join("") + rest));
  });
  return [line(span("First rows", "strong")), ...lines, BLANK];
}

function valueText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf";
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : significant(value);
}

function problemLines({ problems }: InfoResult, view: View): Line[] {
  if (problems.length === 0) return [line(span("No problems found.", "good")), BLANK];
  const lines = problems.flatMap(({ message }) =>
    wrap(message, view.width, "    ").map((words, i) =>
      i === 0 ? line(span("  ! ", "bad"), ...words.slice(1)) : words,
    ),
  );
  return [line(span(plural(problems.length, "problem"), "bad")), ...lines, BLANK];
}
