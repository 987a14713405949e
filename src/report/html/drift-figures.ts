import type { DriftResult } from "../drift-result.ts";
import { count, percent, plural } from "../numbers.ts";
import { dots, frameOf, type Places, renderMap } from "./map-frame.ts";
import { figure, key, type Markup, NOTHING } from "./markup.ts";
import type { Plots } from "./plots.ts";

/** What figures of a drift are drawn from. */
export interface DriftPicture {
  /** Movement of all rows that were looked at. */
  readonly all: Float64Array;
  /** Movement of the rows on the maps. */
  readonly movement: Float64Array;
  /** x and y of each in turn, the new map laid upon the old one; null where a space has one dimension. */
  readonly maps: { readonly before: DriftMap; readonly after: DriftMap } | null;
}

interface DriftMap {
  readonly at: Float32Array;
  /** Share of the variance that the two directions hold. */
  readonly explained: number;
}

interface Drawn {
  readonly result: DriftResult;
  readonly picture: DriftPicture;
  readonly plots: Plots;
}

const BARS = 40;

/** Movement of all rows, with where chance is. */
export function movementHistogram({ result, picture, plots: { plot, render } }: Drawn): Markup {
  const largest = picture.all.reduce((most, value) => Math.max(most, value), 0);
  const end = Math.max(1.25, Math.min(2, largest));
  const width = end / BARS;
  const counts = new Array<number>(BARS).fill(0);
  for (const value of picture.all) counts[Math.min(BARS - 1, Math.floor(value / width))]!++;
  const bars = counts.map((rows, b) => ({ x1: b * width, x2: (b + 1) * width, power: Math.log10(1 + rows) }));
  const most = Math.max(...counts);
  const ticks = [0, 1, 10, 100, 1000, 1e4, 1e5, 1e6].filter((rows) => rows <= most);
  const drawn = render(
    {
      height: 300,
      marginLeft: 62,
      marginBottom: 52,
      marginRight: 14,
      marginTop: 26,
      x: { domain: [0, end], ticks: 6, label: "movement", labelAnchor: "center", labelArrow: "none" },
      y: {
        domain: [0, Math.log10(1 + most) * 1.05],
        ticks: ticks.map((rows) => Math.log10(1 + rows)),
        tickFormat: (power: number) => count(Math.round(10 ** power - 1)),
        label: "rows",
        labelArrow: "none",
      },
      marks: [
        plot.rectY(bars, { x1: "x1", x2: "x2", y: "power", fill: "var(--blue)", inset: 0.5 }),
        plot.ruleX([0.5], { stroke: "var(--orange)", strokeDasharray: "5,4" }),
        plot.ruleX([result.scores.movement!.null], { stroke: "var(--ink)", strokeDasharray: "2,3" }),
      ],
    },
    "Histogram of the movement of rows.",
  );
  const over = picture.all.filter((value) => value > end).length;
  const caption =
    `How far ${plural(picture.all.length, "row")} moved against ${picture.all.length === 1 ? "its" : "their"} neighbours, on a scale of logarithms upwards: 0 as before, from 0.5 on they left, 1 is where shuffled rows are.` +
    (over > 0 ? ` The last bar holds ${plural(over, "row")} beyond.` : "");
  return figure(drawn, [key("dash orange", "0.5: left"), key("dash", "chance")], caption);
}

/** Movement from which on a row is drawn in the next colour. */
const STEPS = [0.2, 0.5];

/** The rows of one space, coloured by how far they moved. */
export function movementMap(drawn: Drawn, side: "before" | "after"): Markup {
  const { picture, plots } = drawn;
  if (!picture.maps) return NOTHING;
  const { at, explained } = picture.maps[side];
  const n = picture.movement.length;
  const places: Places = { at, points: Int32Array.from({ length: n }, (_, i) => i) };
  const frame = frameOf(places);
  const level = (value: number) => STEPS.filter((step) => value >= step).length;
  const size = n > 2500 ? 2.5 : n > 600 ? 4 : 6;
  const looks = [
    { stroke: "var(--grey)", "stroke-width": size, "stroke-opacity": 0.5 },
    { stroke: "var(--blue)", "stroke-width": size, "stroke-opacity": 0.8 },
    { stroke: "var(--orange)", "stroke-width": size + 1.5, "stroke-opacity": 1 },
  ];
  const name = side === "before" ? "old" : "new";
  // What moved most lies on top.
  const map = renderMap(frame, plots, `Map of the ${name} space by movement.`, (x, y) =>
    looks.flatMap((look, l) => {
      const own = Array.from({ length: n }, (_, i) => i).filter((i) => level(picture.movement[i]!) === l);
      return dots(places, frame, own, [x, y], look);
    }),
  );
  const laid = side === "before" ? "" : ", laid upon the old map by rotation, mirror image, shift and scale";
  const caption = `The ${name} space on its two principal directions (${percent(explained)} of the variance)${laid}. Rows that left their neighbours are orange.`;
  const keys = [
    key("dot grey", "under 0.2"),
    key("dot blue", "0.2 to 0.5"),
    key("dot orange", "0.5 and more: left"),
  ];
  return figure(map, keys, caption);
}
