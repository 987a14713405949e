import type { PairPicture } from "../../measure/picture.ts";
import type { StretchScore } from "../../measure/result.ts";
import { count, percent, significant, times } from "../numbers.ts";
import { nearWords } from "../rules.ts";
import { figure, key, type Markup } from "./markup.ts";
import { drawing, logAxis, type Plots, type Shape } from "./plots.ts";

/** Steps of colour of the density. */
const LEVELS = 8;

/** Shepard's diagram as a density: original against latent length of many pairs. */
export function shepardFigure(pairs: PairPicture, { plot, render }: Plots): Markup {
  const { density, scale } = pairs;
  const [right, top] = density.most;
  const end = Math.min(right, top / scale);
  const step = right / density.cells[0];
  const medians = density.medians.flatMap((median, i) =>
    median === null ? [] : [[(i + 0.5) * step, Math.min(median, top)] as const],
  );
  const alt = `Density of ${count(pairs.pairs)} pairs: original length across, latent length up.`;
  const picture = render(
    {
      height: 340,
      marginLeft: 62,
      marginBottom: 52,
      marginRight: 12,
      marginTop: 26,
      x: {
        domain: [0, right],
        label: "original length",
        ticks: 5,
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: { domain: [0, top], label: "latent length", ticks: 5, labelArrow: "none" },
      marks: [
        drawing((x, y) => densityShapes(density, x, y)),
        plot.line(
          [
            [0, 0],
            [end, end * scale],
          ],
          { stroke: "var(--ink)", strokeWidth: 1.5, strokeDasharray: "5,4" },
        ),
        plot.line(medians, { stroke: "var(--orange)", strokeWidth: 2.5 }),
      ],
    },
    alt,
  );
  const most = Math.max(...density.counts);
  const keys = [
    key("ramp", `1 to ${count(most)} pairs in a cell, log colour`),
    key("dash", "kept, up to scale"),
    key("line orange", "median"),
  ];
  return figure(picture, keys, shepardCaption(pairs));
}

function shepardCaption({ density, pairs, every, scale }: PairPicture): string {
  const { original, latent } = density.busiest;
  const looked = every ? `All ${count(pairs)} pairs` : `${count(pairs)} pairs drawn at random`;
  const spread = latent[0] > 0 ? `, a factor of ${times(latent[1] / latent[0]).slice(0, -1)}` : "";
  const outside =
    density.outside > 0 ? ` Above the frame: ${percent(density.outside / pairs)} of pairs.` : "";
  return (
    `${looked}: an isometry would put them all on the dashed line, latent = ${significant(scale, 3)} x original. Here pairs ` +
    `${significant(original[0], 3)} to ${significant(original[1], 3)} apart in the original, where most are, come out ` +
    `${significant(latent[0], 3)} to ${significant(latent[1], 3)} apart (middle 90 %${spread}).${outside}`
  );
}

/** Cells of one level of colour are one path: a rectangle each would be ten times the bytes. */
function densityShapes(
  { cells: [across, up], most, counts }: PairPicture["density"],
  x: (value: number) => number,
  y: (value: number) => number,
): Shape[] {
  const paths = Array.from({ length: LEVELS }, () => "");
  const width = (x(most[0]) - x(0)) / across;
  const height = (y(0) - y(most[1])) / up;
  const largest = Math.log(1 + Math.max(...counts));
  counts.forEach((n, at) => {
    if (n === 0) return;
    const level = Math.min(LEVELS - 1, Math.floor((LEVELS * Math.log(1 + n)) / largest));
    const left = x(0) + (at % across) * width;
    const upper = y(0) - (Math.floor(at / across) + 1) * height;
    // A hair wider than a cell: seams between cells would show.
    const [w, h] = [round(width + 0.15), round(height + 0.15)];
    paths[level] += `M${round(left)},${round(upper)}h${w}v${h}h${-w}z`;
  });
  return paths.flatMap((d, level) =>
    d === ""
      ? []
      : [{ name: "path", attributes: { d, fill: "var(--blue)", "fill-opacity": (level + 1) / LEVELS } }],
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const BANDS = {
  near: { colour: "orange", dash: "none", says: "near: the k nearest in the original" },
  middle: { colour: "grey", dash: "5,3", says: "middle: below two thirds of lengths" },
  far: { colour: "blue", dash: "none", says: "far: the longest third" },
} as const;

/** Histogram of the stretch of near, middle and far pairs. */
export function bandsFigure(
  pairs: PairPicture,
  stretch: StretchScore | undefined,
  { plot, render }: Plots,
): Markup {
  const { edges, bands } = pairs;
  const marks = bands.flatMap(({ name, counts, n }) => {
    const { colour, dash } = BANDS[name];
    const steps = counts.map((c, i) => ({ at: Math.log10(edges[i]! * edges[i + 1]!) / 2, share: c / n }));
    const look = { x: "at", y: "share", curve: "step" } as const;
    return [
      plot.areaY(steps, { ...look, fill: `var(--${colour})`, fillOpacity: 0.14 }),
      plot.lineY(steps, { ...look, stroke: `var(--${colour})`, strokeWidth: 2, strokeDasharray: dash }),
    ];
  });
  const alt = "Histograms of the stretch of near, middle and far pairs; 1 is kept.";
  const picture = render(
    {
      height: 300,
      marginLeft: 52,
      marginBottom: 52,
      marginRight: 14,
      marginTop: 26,
      x: {
        ...logAxis(edges[0]!, edges.at(-1)!, 9),
        label: "stretch (1 = length kept)",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: {
        label: "share of the band's pairs",
        ticks: 4,
        tickFormat: (v: number) => `${Math.round(v * 1000) / 10} %`,
        labelArrow: "none",
      },
      marks: [...marks, plot.ruleX([0], { stroke: "var(--ink)", strokeDasharray: "5,4" }), plot.ruleY([0])],
    },
    alt,
  );
  const keys = bands.map(({ name }) =>
    key(`${name === "middle" ? "dash" : "line"} ${BANDS[name].colour}`, BANDS[name].says),
  );
  return figure(picture, keys, bandsCaption(pairs, stretch));
}

function bandsCaption(pairs: PairPicture, stretch: StretchScore | undefined): string {
  if (!stretch) return "Stretch: latent length over original length, the median of the pairs taken out.";
  const value = (band: { readonly value: number }) => times(band.value);
  const cut = pairs.bands.reduce((sum, { below, above }) => sum + below + above, 0);
  const outside = cut > 0 ? " The outermost pairs are not shown." : "";
  return (
    `${nearWords(stretch)} The middle 90 % of near pairs vary ${value(stretch.near)}, of middle pairs ${value(stretch.middle)}, of far pairs ` +
    `${value(stretch.far)}; narrow peaks at 1 would be an isometry.${outside}`
  );
}
