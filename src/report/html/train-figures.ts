import type { PlotOptions } from "@observablehq/plot";
import { significant } from "../numbers.ts";
import type { TrainEpoch } from "../train-result.ts";
import { figure, key, type Markup, NOTHING } from "./markup.ts";
import { logAxis, type Plots } from "./plots.ts";

/** What curves are drawn of. */
export interface CurvesOf {
  readonly epochs: readonly TrainEpoch[];
  /** The epoch of the model that was kept; null while nobody knows. */
  readonly best: number | null;
  readonly plots: Plots;
}

interface Point {
  readonly epoch: number;
  readonly value: number;
}

interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  readonly isDashed: boolean;
}

const COLOURS = ["blue", "orange", "both", "grey"] as const;

/** Losses and penalties over epochs, without weights, on a log axis: they differ by powers of ten. */
export function lossFigure({ epochs, best, plots }: CurvesOf): Markup {
  const all = new Set(epochs.flatMap(({ terms }) => Object.keys(terms)));
  const names = [...all].filter((name) => name !== "loss");
  const curves = names.map((name, k): Curve => {
    const points = epochs.flatMap(({ epoch, terms }) => {
      const value = terms[name];
      return value !== undefined && value > 0 ? [{ epoch, value }] : [];
    });
    return { name, points, colour: COLOURS[k % COLOURS.length]!, isDashed: k >= COLOURS.length };
  });
  const caption =
    "Each loss and penalty, mean over the steps of an epoch, without its weight. A loss that has settled says nothing about distances: those are beside it.";
  return curveFigure(curves, { best, plots, label: "loss", isLog: true, level: null }, caption);
}

/** One number of looks at held-out rows over epochs. */
export function lookFigure(
  { epochs, best, plots }: CurvesOf,
  of: keyof NonNullable<TrainEpoch["look"]>,
  {
    label,
    caption,
    level,
    isLog,
  }: {
    readonly label: string;
    readonly caption: string;
    readonly level: number | null;
    readonly isLog: boolean;
  },
): Markup {
  const points = epochs.flatMap(({ epoch, look }) => {
    const value = look?.[of] ?? null;
    return value !== null && Number.isFinite(value) ? [{ epoch, value }] : [];
  });
  const curves: readonly Curve[] = [{ name: label, points, colour: "blue", isDashed: false }];
  return curveFigure(curves, { best, plots, label, isLog, level }, caption);
}

interface Drawn {
  readonly best: number | null;
  readonly plots: Plots;
  readonly label: string;
  readonly isLog: boolean;
  /** PCA's value. */
  readonly level: number | null;
}

/** Curves with fewer points show nothing. */
const LEAST_POINTS = 2;

/** So many points of a curve are drawn: more do not fit. */
const MOST_POINTS = 300;

function curveFigure(all: readonly Curve[], drawn: Drawn, caption: string): Markup {
  const curves = all
    .filter(({ points }) => points.length >= LEAST_POINTS)
    .map((curve) => ({ ...curve, points: thinned(curve.points) }));
  if (curves.length === 0) return NOTHING;
  const { best, level, label } = drawn;
  const picture = drawn.plots.render(
    optionsOf(curves, drawn),
    `${label} over epochs: ${curves.map(({ name, points }) => `${name} ${significant(points.at(-1)!.value, 3)} at the end`).join(", ")}`,
  );
  const keys = [
    ...curves.map(({ name, colour, isDashed }) => key(`${isDashed ? "dash" : "line"} ${colour}`, name)),
    ...(level !== null ? [key("dash grey", `PCA ${significant(level, 3)}`)] : []),
    ...(best !== null ? [key("dash", `epoch ${best}, which was kept`)] : []),
  ];
  return figure(picture, keys, caption);
}

function optionsOf(curves: readonly Curve[], { best, plots, label, isLog, level }: Drawn): PlotOptions {
  const { plot } = plots;
  const values = [
    ...curves.flatMap(({ points }) => points.map(({ value }) => value)),
    ...(level !== null ? [level] : []),
  ];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const usesLog = isLog && low > 0 && high > 3 * low;
  const at = (value: number) => (usesLog ? Math.log10(value) : value);
  const y = usesLog
    ? logAxis(low, high, 7)
    : { domain: [Math.min(0, low), high > 0 ? high * 1.05 : 1], ticks: 5 };
  return {
    height: 280,
    marginLeft: 62,
    marginBottom: 46,
    marginRight: 14,
    marginTop: 28,
    x: { label: "epoch", labelAnchor: "center", labelArrow: "none", ticks: 6 },
    y: { ...y, label, labelArrow: "none" },
    marks: [
      ...(best !== null ? [plot.ruleX([best], { stroke: "var(--soft)", strokeDasharray: "5,4" })] : []),
      ...(level !== null
        ? [plot.ruleY([at(level)], { stroke: "var(--grey)", strokeDasharray: "5,4", strokeWidth: 2 })]
        : []),
      ...curves.map(({ points, colour, isDashed }) =>
        plot.lineY(
          points.map(({ epoch, value }) => ({ epoch, value: at(value) })),
          {
            x: "epoch",
            y: "value",
            stroke: `var(--${colour})`,
            strokeWidth: 2.2,
            ...(isDashed && { strokeDasharray: "6,3" }),
          },
        ),
      ),
    ],
  };
}

/** Evenly chosen, the last among them. */
function thinned(points: readonly Point[]): readonly Point[] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return step === 1 ? points : points.filter((_, k) => (points.length - 1 - k) % step === 0);
}
