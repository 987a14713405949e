import type { Estimate, Listed, SpaceShape } from "../measure/result.ts";
import { count, plural, significant } from "./numbers.ts";
import type { AuditResult } from "./result.ts";
import {
  BLANK,
  type Column,
  type Line,
  line,
  type Span,
  span,
  table,
  type View,
  width,
  wrap,
} from "./text.ts";

/** The parts of a result that shapes are told from. */
export type Shaped = Pick<AuditResult, "shape" | "options" | "inputs">;

type Cell = (shape: SpaceShape) => string | null;

/** One line of the table: null where a space has no such number. */
interface ShapeRow {
  readonly name: string;
  readonly about: string;
  readonly cell: Cell;
}

const ROWS: readonly ShapeRow[] = [
  {
    name: "intrinsic dimension",
    about: "directions near by (TwoNN)",
    cell: ({ intrinsicDimension }) => withHalf(intrinsicDimension?.twoNN, 3),
  },
  {
    name: "by likelihood",
    about: "the same from k neighbours",
    cell: ({ intrinsicDimension }) => withHalf(intrinsicDimension?.mle, 3),
  },
  {
    name: "effective rank",
    about: "directions in use, by size",
    cell: ({ effectiveRank }) => withHalf(effectiveRank, 3),
  },
  {
    name: "participation ratio",
    about: "directions in use, by variance",
    cell: ({ participationRatio }) => withHalf(participationRatio, 3),
  },
  { name: "hubness", about: "0: no hubs", cell: ({ hubness }) => hubnessText(hubness) },
  { name: "anisotropy", about: "mean cosine", cell: ({ anisotropy }) => fixed(anisotropy) },
  {
    name: "distance spread",
    about: "deviation / mean",
    cell: ({ concentration }) => fixed(concentration),
  },
  {
    name: "components",
    about: "pieces of the neighbour graph",
    cell: ({ components }) => (components === null ? null : count(components)),
  },
];

/** The shape of each space as text: heads of the columns, and the rows that at least one space has. */
export function shapeCells({ shape, options }: Shaped): {
  readonly heads: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    readonly about: string;
    readonly cells: readonly string[];
  }[];
} {
  const { original, latent, baseline } = shape;
  const spaces = [original, latent, ...(baseline ? [baseline] : [])];
  const heads = ["original", "latent", ...(baseline ? [options.baseline ?? "baseline"] : [])];
  const rows = ROWS.flatMap(({ name, about, cell }) => {
    const cells = spaces.map(cell);
    return cells.every((text) => text === null)
      ? []
      : [{ name, about, cells: cells.map((text) => text ?? "") }];
  });
  return { heads, rows };
}

/** The shape of each space by itself, then in words what is alarming about the latent's. */
export function shapeTable(result: Shaped, view: View): Line[] {
  const { heads, rows } = shapeCells(result);
  if (rows.length === 0) return [];
  const used = widthOf(heads, rows);
  // Where three spaces do not fit, the two that were asked about stay.
  if (used > view.width && result.shape.baseline)
    return shapeTable({ ...result, shape: { ...result.shape, baseline: null } }, view);
  const explained = used + 2 + Math.max(...rows.map(({ about }) => width(about))) <= view.width;
  const columns: Column[] = [
    { head: "", align: "left" },
    ...heads.map((head) => ({ head, align: "right" }) as const),
    ...(explained ? [{ head: "", align: "left" } as const] : []),
  ];
  const body = rows.map(({ name, about, cells }): Span[] => [
    span(name),
    ...cells.map((text) => span(text)),
    ...(explained ? [span(about, "muted")] : []),
  ]);
  const alarms = shapeAlarms(result).flatMap((alarm) =>
    wrap(alarm, view.width - 2, "    ").map((text, i) =>
      i === 0 ? line(span("  ! ", "fair"), ...text.slice(1)) : text,
    ),
  );
  const title = line(span("Shape", "strong"), span("  of each space by itself", "muted"));
  return [title, ...table(columns, body, { width: view.width }), ...alarms, BLANK];
}

/** Columns that the table takes without its explanations. */
function widthOf(heads: readonly string[], rows: ReturnType<typeof shapeCells>["rows"]): number {
  const all = [["", ...heads], ...rows.map(({ name, cells }) => [name, ...cells])];
  return 2 + all[0]!.reduce((sum, _, j) => sum + 2 + Math.max(...all.map((cells) => width(cells[j]!))), -2);
}

/** A value and, where it has an interval, half the width of that. */
function withHalf(estimate: Estimate | null | undefined, digits: number): string | null {
  if (!estimate) return null;
  const {
    value,
    interval: [low, high],
  } = estimate;
  const text = significant(value, digits);
  return high > low ? `${text} ± ${significant((high - low) / 2, 2)}` : text;
}

/** Too few anchors show little of it: nothing is printed that may be anything. */
function hubnessText(estimate: Estimate | null): string | null {
  if (!estimate) return null;
  const half = (estimate.interval[1] - estimate.interval[0]) / 2;
  return half > 1 + Math.abs(estimate.value) ? "unclear" : fixed(estimate);
}

function fixed(estimate: Estimate | null): string | null {
  if (!estimate) return null;
  const half = (estimate.interval[1] - estimate.interval[0]) / 2;
  return half > 0 ? `${estimate.value.toFixed(3)} ± ${half.toFixed(3)}` : estimate.value.toFixed(3);
}

/** Skewness from which on hubs are worth a word. */
const HUBS = 3;

/** Mean cosine from which on angles say little. */
const ONE_WAY = 0.5;

/** Distance spread below which nearest means little. */
const CONCENTRATED = 0.1;

/** What is alarming about the latent, in words. The bars are conventions, stated here once. */
export function shapeAlarms({ shape, options, inputs }: Shaped): string[] {
  const { original, latent } = shape;
  const cols = inputs.at(-1)!.cols;
  if (latent.collapse.constant) return ["the latent has collapsed: all rows are the same"];
  return [
    fewDimensions(original, cols),
    ...collapsed(latent, cols),
    hubs(original, latent),
    options.latentMetric === "cosine" && (latent.anisotropy?.value ?? 0) > ONE_WAY
      ? `the latent's rows point much the same way (mean cosine ${latent.anisotropy!.value.toFixed(2)}): take off their mean before comparing angles`
      : null,
    (latent.concentration?.value ?? 1) < CONCENTRATED
      ? "all distances in the latent are nearly equal: nearest means little there"
      : null,
    pieces(original, latent),
  ].filter((alarm) => alarm !== null);
}

/** Said only where the whole interval is above. */
function fewDimensions({ intrinsicDimension }: SpaceShape, cols: number): string | null {
  const dimension = intrinsicDimension?.twoNN;
  if (!dimension || dimension.interval[0] <= cols) return null;
  const value = significant(dimension.value, 2);
  return `the latent has fewer dimensions than the data: intrinsic dimension ${value} against ${count(cols)}`;
}

function collapsed({ collapse, effectiveRank }: SpaceShape, cols: number): (string | null)[] {
  const { deadDimensions: dead, duplicateDimensions: copies } = collapse;
  const rank = effectiveRank && effectiveRank.value < (cols - dead.count) / 2 ? effectiveRank.value : null;
  return [
    dead.count > 0
      ? `${count(dead.count)} of ${plural(cols, "dimension")} of the latent ${dead.count === 1 ? "is" : "are"} dead, not varying: ${someOf(dead, String)}`
      : null,
    copies && copies.count > 0
      ? `${plural(copies.count, "pair")} of dimensions of the latent ${copies.count === 1 ? "is a copy" : "are copies"} of each other: ${someOf(copies, ([a, b]) => `${a} and ${b}`)}`
      : null,
    rank === null
      ? null
      : `the latent uses about ${significant(rank, 2)} of its ${plural(cols, "dimension")}`,
  ];
}

function hubs(original: SpaceShape, latent: SpaceShape): string | null {
  if (!latent.hubness || latent.hubness.interval[0] <= HUBS) return null;
  const skewness = latent.hubness.value;
  if (skewness <= (original.hubness?.value ?? 0)) return null;
  return `the latent has hubs: a few rows are among the neighbours of very many others (skewness ${significant(skewness, 2)})`;
}

function pieces(original: SpaceShape, latent: SpaceShape): string | null {
  if (original.components === null || latent.components === null) return null;
  if (latent.components <= original.components) return null;
  return `the latent's neighbour graph falls into ${count(latent.components)} pieces, the original's into ${count(original.components)}`;
}

/** The first few, "3, 8, 9 and 12 more". */
function someOf<T>({ count: all, first }: Listed<T>, text: (item: T) => string): string {
  const shown = first.slice(0, 5).map(text).join(", ");
  return all > 5 ? `${shown} and ${count(all - 5)} more` : shown;
}
