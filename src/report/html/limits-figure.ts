import type { LimitCell } from "../../spaces/limits/index.ts";
import type { LimitsResult } from "../limits-result.ts";
import { cellWords, shareWords } from "../limits-words.ts";
import { count } from "../numbers.ts";
import { figure, key, type Markup } from "./markup.ts";
import { logAxis, type Plots } from "./plots.ts";

const COLOURS: Readonly<Record<LimitCell["method"], string>> = {
  pca: "var(--blue)",
  truncate: "var(--orange)",
};

/** Bytes of a row against recall: every cell, the frontier with intervals, the target and what was chosen. */
export function frontierFigure(
  result: LimitsResult,
  kind: "recall" | "rescored",
  { plot, render }: Plots,
): Markup {
  const { cells, options, originalBytes } = result;
  const answer = kind === "recall" ? result.chosen : result.rescored;
  const places = kind === "recall" ? result.frontier : result.rescoredFrontier;
  const place = (cell: LimitCell) => ({
    power: Math.log10(cell.bytes),
    value: cell[kind].value,
    low: cell[kind].interval[0],
    high: cell[kind].interval[1],
    colour: COLOURS[cell.method],
  });
  const line = places.map((at) => place(cells[at]!));
  const least = Math.min(...cells.map(({ bytes }) => bytes));
  const chosen = answer ? [place(cells[answer.cell]!)] : [];
  const at = { x: "power", y: "value" } as const;
  const picture = render(
    {
      height: 320,
      marginLeft: 48,
      marginBottom: 52,
      marginRight: 14,
      marginTop: 26,
      x: {
        ...logAxis(least, originalBytes, 9),
        label: "bytes of a row",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: { domain: [0, 1], label: "recall (1 = all kept)", ticks: 5, labelArrow: "none" },
      marks: [
        plot.ruleY([options.target], { stroke: "var(--ink)", strokeDasharray: "5,4" }),
        plot.dot(cells.map(place), { ...at, r: 2, fill: "colour", fillOpacity: 0.45 }),
        plot.lineY(line, { ...at, stroke: "var(--ink)", strokeWidth: 1.5 }),
        plot.ruleX(line, { x: "power", y1: "low", y2: "high", stroke: "var(--ink)" }),
        plot.dot(line, { ...at, r: 3.5, fill: "colour" }),
        plot.dot(chosen, { ...at, r: 8, stroke: "var(--ink)", strokeWidth: 2 }),
      ],
    },
    `Recall over bytes of a row${kind === "rescored" ? ", with a second look at originals" : ""}. The table has the same numbers.`,
  );
  const keys = [
    key("dot blue", "PCA"),
    key("dot orange", "without PCA"),
    key("line", "frontier"),
    key("dash", `target ${options.target}`),
    ...(answer ? [key("ring", "chosen")] : []),
  ];
  return figure(picture, keys, captionOf(result, kind));
}

function captionOf({ cells, options, ...result }: LimitsResult, kind: "recall" | "rescored"): string {
  const answer = kind === "recall" ? result.chosen : result.rescored;
  const what =
    kind === "recall"
      ? "By compressed rows alone"
      : `With a second look at ${4 * options.nNeighbors} candidates, ordered by their originals`;
  if (!answer)
    return `${what}: nothing that is smaller than float32 of all dimensions is above the target for sure.`;
  const cell = cells[answer.cell]!;
  return `${what}: ${count(cell.bytes)} bytes, ${cellWords(cell)}, keep ${shareWords(cell[kind])}.`;
}
