import type { AlignResult } from "../align-result.ts";
import { count } from "../numbers.ts";
import { figure, key, type Markup, NOTHING } from "./markup.ts";
import { logAxis, type Plots } from "./plots.ts";

/** Recall over the number of anchors, with its interval, on a log axis. */
export function learningFigure({ learningCurve, options }: AlignResult, { plot, render }: Plots): Markup {
  if (learningCurve.length < 2) return NOTHING;
  const line = learningCurve.map(({ anchors, value, interval: [low, high] }) => ({
    power: Math.log10(anchors),
    value,
    low,
    high,
  }));
  const [first, last] = [learningCurve[0]!.anchors, learningCurve.at(-1)!.anchors];
  const picture = render(
    {
      height: 300,
      marginLeft: 48,
      marginBottom: 52,
      marginRight: 14,
      marginTop: 26,
      x: { ...logAxis(first, last, 9), label: "anchors", labelAnchor: "center", labelArrow: "none" },
      y: { domain: [0, 1], label: `recall@${options.nNeighbors}`, ticks: 5, labelArrow: "none" },
      marks: [
        plot.ruleY([0], { stroke: "var(--ink)" }),
        plot.ruleY([options.target], { stroke: "var(--soft)", strokeDasharray: "5,4" }),
        plot.areaY(line, { x: "power", y1: "low", y2: "high", fill: "var(--blue)", fillOpacity: 0.18 }),
        plot.lineY(line, { x: "power", y: "value", stroke: "var(--blue)", strokeWidth: 2.5 }),
        plot.dot(line, { x: "power", y: "value", r: 3, fill: "var(--blue)" }),
      ],
    },
    "Recall over the number of anchors.",
  );
  const keys = [key("line blue", "recall, with its 95 % interval"), key("dash", `target ${options.target}`)];
  return figure(
    picture,
    keys,
    `With ${count(last)} anchors recall is ${learningCurve.at(-1)!.value.toFixed(3)}.`,
  );
}

/** One line of a figure of intervals. */
interface Held {
  readonly name: string;
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly null?: number;
}

const ROW = 30;

/** Values with their intervals, one below the other. */
function intervalFigure(
  rows: readonly Held[],
  label: string,
  target: number | null,
  { plot, render }: Plots,
): Markup {
  const body = rows.map(({ name, value, interval: [low, high], null: shuffled }) => ({
    name,
    value,
    low,
    high,
    shuffled,
  }));
  return render(
    {
      height: 70 + ROW * rows.length,
      marginLeft: 110,
      marginBottom: 48,
      marginRight: 18,
      marginTop: 12,
      x: { domain: [0, 1], label, labelAnchor: "center", labelArrow: "none", ticks: 5 },
      y: { domain: rows.map(({ name }) => name), label: null, tickSize: 0 },
      marks: [
        ...(target === null ? [] : [plot.ruleX([target], { stroke: "var(--soft)", strokeDasharray: "5,4" })]),
        plot.ruleY(body, {
          y: "name",
          x1: "low",
          x2: "high",
          stroke: "var(--blue)",
          strokeWidth: 3,
          strokeOpacity: 0.45,
        }),
        plot.dot(body, { y: "name", x: "value", r: 4.5, fill: "var(--blue)" }),
        plot.tickX(
          body.filter(({ shuffled }) => shuffled !== undefined),
          { y: "name", x: "shuffled", stroke: "var(--orange)", strokeWidth: 2, insetTop: 6, insetBottom: 6 },
        ),
      ],
    },
    label,
  );
}

/** Every method that was tried, from stiff to flexible. */
export function methodFigure({ methods, options, method }: AlignResult, plots: Plots): Markup {
  const rows = methods.map((own) => ({ name: own.method, ...own.recall }));
  const label = `recall@${options.nNeighbors} on rows that nothing was fitted to`;
  const keys = [
    key("dot blue", "recall, with its 95 % interval"),
    key("line orange", "shuffled pairs"),
    key("dash", `target ${options.target}`),
  ];
  const caption = `From stiff to flexible. Taken: ${method}, the stiffest that is surely at most a point below the best.`;
  return figure(intervalFigure(rows, label, options.target, plots), keys, caption);
}

const MOST_REGIONS = 12;

/** Regions of the second space, the worst first. */
export function regionFigure({ regions, options }: AlignResult, plots: Plots): Markup {
  if (regions.length < 2) return NOTHING;
  const rows = regions.slice(0, MOST_REGIONS).map((own) => ({
    name: `region ${own.region}`,
    value: own.value,
    interval: own.interval,
  }));
  const picture = intervalFigure(rows, `recall@${options.nNeighbors} by region of TO`, null, plots);
  const keys = [key("dot blue", "recall, with its 95 % interval")];
  return figure(
    picture,
    keys,
    "Regions are clusters of the second space, those that carry over worst first.",
  );
}
