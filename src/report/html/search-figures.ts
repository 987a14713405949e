import { count, percent, plural } from "../numbers.ts";
import type { SearchResult } from "../search-result.ts";
import { figure, key, type Markup, NOTHING } from "./markup.ts";
import type { Plots } from "./plots.ts";

/** Size of a figure, with room for its axes. */
const FRAME = { height: 420, marginLeft: 52, marginBottom: 52, marginRight: 14, marginTop: 26 };

const DIAGONAL: [number, number][] = [
  [0, 0],
  [1, 1],
];

/** What was stated against what was so, with the hits behind each point. */
export function reliabilityDiagram({ calibration }: SearchResult, { plot, render }: Plots): Markup {
  if (!calibration) return NOTHING;
  const { base, ece, queries } = calibration;
  const bins = calibration.bins.filter(({ hits }) => hits > 0);
  const all = bins.reduce((sum, { hits }) => sum + hits, 0);
  const most = Math.max(...bins.map(({ hits }) => hits));
  const points = bins.map((bin) => ({ ...bin, r: 2.5 + 3 * Math.sqrt(bin.hits / most) }));
  const bars = bins.map(({ from, to, hits }) => ({ from, to, share: hits / all }));
  // Counts stand at the foot, one row higher where neighbours would touch.
  const counts = bins.map(({ from, hits }, i) => ({
    x: from + 0.05,
    y: 0.02 + (i % 2) * 0.05,
    text: count(hits),
  }));
  const drawn = render(
    {
      ...FRAME,
      x: { domain: [0, 1], ticks: 5, label: "stated chance", labelAnchor: "center", labelArrow: "none" },
      y: { domain: [0, 1], ticks: 5, label: "share that was so", labelArrow: "none" },
      marks: [
        plot.rectY(bars, {
          x1: "from",
          x2: "to",
          y: "share",
          fill: "var(--grey)",
          fillOpacity: 0.25,
          inset: 1,
        }),
        plot.line(DIAGONAL, { stroke: "var(--ink)", strokeDasharray: "2,3" }),
        plot.ruleY([base], { stroke: "var(--orange)", strokeDasharray: "5,4" }),
        plot.lineY(bins, { x: "stated", y: "observed", stroke: "var(--blue)", strokeWidth: 2.5 }),
        plot.dot(points, {
          x: "stated",
          y: "observed",
          fill: "var(--blue)",
          r: { value: "r", scale: null },
        }),
        plot.text(counts, { x: "x", y: "y", text: "text", fill: "var(--soft)", fontSize: 12 }),
      ],
    },
    "Reliability diagram: the chances that were stated against the share of hits that were true.",
  );
  const keys = [
    key("dot blue", "hits of one tenth of chances"),
    key("dash", "as stated"),
    key("dash orange", "share of all"),
    key("full", "share of hits there"),
  ];
  const caption =
    `Chances of being among the nearest of the original, as stated for ${plural(all, "hit")} of ${plural(queries, "row")} sought as if they were queries, and how often that was so. ` +
    `On the dotted line a chance means what it says: off by ${ece.toFixed(3)} on average (expected calibration error). ${percent(base)} of all are true. At the foot: hits behind each point.`;
  return figure(drawn, keys, caption);
}

const BARS = 20;

/**
 * How sure the hits of these queries are, and which were left out.
 *
 * @param withheld trust of the hits that were left out
 */
export function trustHistogram(
  { answers, options: { minTrust } }: SearchResult,
  withheld: readonly number[],
  { plot, render }: Plots,
): Markup {
  const kept = answers.flatMap(({ hits }) => hits.flatMap(({ trust }) => (trust ? [trust.value] : [])));
  if (kept.length + withheld.length === 0) return NOTHING;
  const barOf = (value: number) => Math.min(BARS - 1, Math.floor(value * BARS));
  const counted = (values: readonly number[]) => {
    const counts = new Array<number>(BARS).fill(0);
    for (const value of values) counts[barOf(value)]!++;
    return counts;
  };
  const [shown, left] = [counted(kept), counted(withheld)];
  const bars = shown.flatMap((hits, b) => {
    const [from, to] = [b / BARS, (b + 1) / BARS];
    return [
      { from, to, low: 0, high: hits, fill: "var(--blue)" },
      { from, to, low: hits, high: hits + left[b]!, fill: "var(--orange)" },
    ].filter(({ low, high }) => high > low);
  });
  const most = Math.max(...shown.map((hits, b) => hits + left[b]!));
  const drawn = render(
    {
      ...FRAME,
      x: { domain: [0, 1], ticks: 5, label: "trust", labelAnchor: "center", labelArrow: "none" },
      y: {
        domain: [0, most * 1.05],
        ticks: Math.min(5, most),
        tickFormat: (hits: number) => count(hits),
        label: "hits",
        labelArrow: "none",
      },
      marks: [
        plot.rect(bars, { x1: "from", x2: "to", y1: "low", y2: "high", fill: "fill", inset: 0.5 }),
        ...(minTrust === null
          ? []
          : [plot.ruleX([minTrust], { stroke: "var(--ink)", strokeDasharray: "5,4" })]),
      ],
    },
    "Histogram of the trust of hits.",
  );
  const keys = [
    key("dot blue", "hits"),
    ...(withheld.length > 0 ? [key("dot orange", "left out")] : []),
    ...(minTrust === null ? [] : [key("dash", `--min-trust ${minTrust}`)]),
  ];
  const words = withheld.length > 0 ? ` and of ${plural(withheld.length, "hit")} that were left out` : "";
  const caption = `The trust of ${plural(kept.length, "hit")} of ${plural(answers.length, "query", "queries")}${words}: the chance to be among the nearest of the original.`;
  return figure(drawn, keys, caption);
}
