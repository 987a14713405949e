import type { CurveScore } from "../../measure/result.ts";
import { count } from "../numbers.ts";
import { figure, key, type Markup } from "./markup.ts";
import { logAxis, type Plots } from "./plots.ts";

/** R_NX over all neighbourhood sizes, on a log axis. */
export function curveFigure(score: CurveScore, k: number, rows: number, { plot, render }: Plots): Markup {
  const { sizes, rnx } = score;
  const line = sizes
    .map((size, i) => ({ size, power: Math.log10(size), value: rnx[i]! }))
    .filter(({ value }) => Number.isFinite(value));
  if (line.length < 2) return { markup: "" };
  const lowest = Math.min(0, ...line.map(({ value }) => value));
  const picture = render(
    {
      height: 300,
      marginLeft: 48,
      marginBottom: 52,
      marginRight: 14,
      marginTop: 26,
      x: {
        ...logAxis(sizes[0]!, sizes.at(-1)!, 9),
        label: "neighbours K",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: { domain: [lowest, 1], label: "R_NX (1 = all kept)", ticks: 5, labelArrow: "none" },
      marks: [
        plot.ruleY([0], { stroke: "var(--ink)", strokeDasharray: "2,3" }),
        plot.ruleX([Math.log10(k)], { stroke: "var(--soft)", strokeDasharray: "5,4" }),
        plot.areaY(line, { x: "power", y: "value", fill: "var(--blue)", fillOpacity: 0.14 }),
        plot.lineY(line, { x: "power", y: "value", stroke: "var(--blue)", strokeWidth: 2.5 }),
      ],
    },
    "R_NX, the agreement of neighbourhoods beyond chance, over their size K.",
  );
  const best = line.reduce((a, b) => (b.value > a.value ? b : a));
  const nearest = line.reduce((a, b) =>
    Math.abs(Math.log(b.size / k)) < Math.abs(Math.log(a.size / k)) ? b : a,
  );
  const caption =
    `How much of the K nearest neighbours is kept beyond chance. At K = ${count(nearest.size)}, near the k of this audit, it is ${nearest.value.toFixed(2)}; ` +
    `it is highest at K = ${count(best.size)} of ${count(rows - 1)}, ${best.value.toFixed(2)}. Its mean over ln K is ${score.value.toFixed(3)}.`;
  const keys = [key("line blue", "R_NX"), key("dash", `k = ${k}`), key("dash", "0: chance")];
  return figure(picture, keys, caption);
}
