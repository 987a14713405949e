import type { FittedPoint, MapPicture, Picture } from "../../measure/picture.ts";
import { count, percent, plural, significant, times } from "../numbers.ts";
import { GRADES } from "../rules.ts";
import { dots, type Frame, frameOf, renderMap, type Scale, within } from "./map-frame.ts";
import { figure, key, type Markup, NOTHING } from "./markup.ts";
import type { Plots, Shape } from "./plots.ts";

/** Points of the map that a page has room for, evenly thinned. */
function shownPoints({ points }: MapPicture, limit: number): number[] {
  const step = Math.max(1, points.length / limit);
  return Array.from({ length: Math.min(points.length, Math.floor(limit)) }, (_, i) => Math.floor(i * step));
}

/** Where the map shows false neighbours and where it has lost true ones. */
export function neighborMap({ map }: Picture, names: MapNames, plots: Plots, limit: number): Markup {
  if (!map) return NOTHING;
  const frame = frameOf(map);
  const shown = shownPoints(map, limit);
  const low = GRADES.trustworthiness.bad;
  const isFalse = (i: number) => map.trust[i]! < low;
  const isMissing = (i: number) => map.continuity[i]! < low;
  const kinds = {
    grey: shown.filter((i) => !isFalse(i) && !isMissing(i)),
    orange: shown.filter((i) => isFalse(i) && !isMissing(i)),
    blue: shown.filter((i) => isMissing(i) && !isFalse(i)),
    both: shown.filter((i) => isFalse(i) && isMissing(i)),
  };
  const size = shown.length > 2500 ? 2 : 3;
  const picture = renderMap(
    frame,
    plots,
    `Map of ${count(shown.length)} rows by whether their neighbours can be trusted.`,
    (x, y) => [
      ...dots(map, frame, kinds.grey, [x, y], {
        stroke: "var(--grey)",
        "stroke-width": size,
        "stroke-opacity": 0.7,
      }),
      ...(["blue", "orange", "both"] as const).flatMap((kind) =>
        dots(map, frame, kinds[kind], [x, y], { stroke: `var(--${kind})`, "stroke-width": size + 1 }),
      ),
      ...edgeShapes(map, frame, x, y),
    ],
  );
  const anchors = map.trust.reduce((sum, t) => sum + (Number.isNaN(t) ? 0 : 1), 0);
  const known = (test: (i: number) => boolean) =>
    map.points.reduce((sum, _, i) => sum + (test(i) ? 1 : 0), 0) / anchors;
  const keys = [
    key("dot grey", anchors < map.points.length ? "neighbours right, or not looked at" : "neighbours right"),
    ...(kinds.orange.length > 0 ? [key("dot orange", "false neighbours")] : []),
    ...(kinds.blue.length > 0 ? [key("dot blue", "missing neighbours")] : []),
    ...(kinds.both.length > 0 ? [key("dot both", "both")] : []),
    ...(map.worst.length > 0
      ? [key("ring", "worst rows"), key("line orange", "to false"), key("dash blue", "to missing neighbours")]
      : []),
  ];
  const verdict =
    anchors === 0
      ? "Neighbours were not measured."
      : `${percent(known(isFalse))} of ${plural(anchors, anchors < map.rows ? "anchor" : "row")} show many false neighbours (trustworthiness below ${low}), ${percent(known(isMissing))} have lost many ` +
        `(continuity below ${low}).${map.worst.length > 0 ? ` Lines lead from the ${map.worst.length} worst to neighbours that are wrong.` : ""}`;
  return figure(
    picture,
    keys,
    [verdict, pointWords(map, shown.length, frame), fromWords(map, names)].filter(Boolean).join(" "),
  );
}

/** What the latent is called. */
export interface MapNames {
  readonly dimensions: number;
  readonly k: number;
}

function pointWords({ rows, points }: MapPicture, shown: number, { outside }: Frame): string {
  const thinned = shown < rows ? `Drawn: ${count(shown)} of ${count(rows)} rows, chosen at random.` : "";
  const beyond =
    outside > 0 ? `Outside of the frame: ${plural(outside, "row")} of ${count(points.length)}.` : "";
  return [thinned, beyond].filter(Boolean).join(" ");
}

function fromWords({ from, explained }: MapPicture, { dimensions }: MapNames): string {
  if (from === "latent") return "";
  if (from === "line") return "The latent has one dimension: height on this map is random.";
  return (
    `The latent has ${count(dimensions)} dimensions: this is the plane of its first two principal components, with ${percent(explained)} of its variance; ` +
    `neighbours are those in all ${count(dimensions)}.`
  );
}

function edgeShapes(map: MapPicture, frame: Frame, x: Scale, y: Scale): Shape[] {
  const path = (kind: "false" | "missing") =>
    map.edges
      .filter((edge) => edge.kind === kind)
      .map(
        ({ from, to }) =>
          `M${x(from[0]).toFixed(1)},${y(from[1]).toFixed(1)}L${x(to[0]).toFixed(1)},${y(to[1]).toFixed(1)}`,
      )
      .join("");
  const lines = [
    { d: path("missing"), stroke: "var(--blue)", "stroke-dasharray": "4,3" },
    { d: path("false"), stroke: "var(--orange)" },
  ]
    .filter(({ d }) => d !== "")
    .map((look) => ({ name: "path", attributes: { ...look, fill: "none", "stroke-width": 1.3 } }));
  const rings = map.worst
    .filter(({ at }) => within(at[0], frame.x) && within(at[1], frame.y))
    .map(({ at }) => ({
      name: "circle",
      attributes: {
        cx: x(at[0]).toFixed(1),
        cy: y(at[1]).toFixed(1),
        r: 4,
        fill: "none",
        stroke: "var(--ink)",
        "stroke-width": 1.6,
      },
    }));
  return [...lines, ...rings];
}

/** Ellipses across the map. */
const CELLS = 13;

/** Tissot's ellipses: what small circles of the original become. */
export function tissotMap({ map, fits }: Picture, names: MapNames, plots: Plots, limit: number): Markup {
  if (!map || !fits || fits.size === 0) return NOTHING;
  const frame = frameOf(map);
  const shown = shownPoints(map, limit);
  const cell = (frame.x[1] - frame.x[0]) / CELLS;
  const chosen = onePerCell(map.fits, frame, cell);
  // The middle ellipse reaches 0.42 of a cell; nothing reaches further than 1.3 cells.
  const unit = (0.42 * cell) / (fits.size * Math.sqrt(fits.ratio));
  let cut = 0;
  const picture = renderMap(
    frame,
    plots,
    `Map with ${chosen.length} ellipses: what small circles of the original become.`,
    (x, y) => {
      const pixels = (length: number) => Math.abs(x(length) - x(0));
      const longest = pixels(1.3 * cell);
      const ellipses = chosen.map((fit): Shape => {
        const [long, short] = fit.axes.map((axis) => pixels(axis * unit)) as [number, number];
        if (long > longest) cut++;
        const at = `translate(${x(fit.x).toFixed(1)},${y(fit.y).toFixed(1)}) rotate(${((-fit.angle * 180) / Math.PI).toFixed(1)})`;
        const radii = {
          rx: Math.max(0.6, Math.min(longest, long)).toFixed(1),
          ry: Math.max(0.6, Math.min(longest, short)).toFixed(1),
        };
        return {
          name: "ellipse",
          attributes: {
            transform: at,
            ...radii,
            fill: "var(--blue)",
            "fill-opacity": 0.18,
            stroke: "var(--blue)",
            "stroke-width": 1.2,
          },
        };
      });
      const look = { stroke: "var(--grey)", "stroke-width": 1.8, "stroke-opacity": 0.5 };
      return [...dots(map, frame, shown, [x, y], look), ...ellipses];
    },
  );
  const near = Math.min(names.k, map.fitNeighbors);
  const even = fits.ratio < 1.05 && fits.sizes[1] / fits.sizes[0] < 1.1;
  const verdict = even
    ? "Equal circles: locally this is an isometry."
    : `Equal circles would be a local isometry; here the middle one is ${significant(fits.ratio, 2)} times as long as wide, and sizes vary ${times(fits.sizes[1] / fits.sizes[0])} (middle 90 %).`;
  const seen =
    map.from === "pca"
      ? ` Lengths of axes are those in all ${count(names.dimensions)} dimensions, turned as the longer one is seen on this plane.`
      : "";
  const caption =
    `What small circles around rows of the original become, by the linear map that fits their ${near} nearest neighbours best. ${verdict} ` +
    `The plane that the circles lie in holds ${percent(fits.planeShare)} of the neighbours' spread, the map explains ${percent(fits.fitShare)} of where they come out (medians of ${count(map.fits.length)} rows).` +
    `${cut > 0 ? ` ${plural(cut, "ellipse is", "ellipses are")} cut short.` : ""}${seen}`;
  return figure(picture, [], caption.trim());
}

/** The fitted point nearest to the middle of each cell of a square grid, in the order of cells. */
function onePerCell(fits: readonly FittedPoint[], frame: Frame, cell: number): FittedPoint[] {
  const best = new Map<number, { readonly fit: FittedPoint; readonly distance: number }>();
  for (const fit of fits) {
    if (!within(fit.x, frame.x) || !within(fit.y, frame.y)) continue;
    const [a, b] = [(fit.x - frame.x[0]) / cell, (fit.y - frame.y[0]) / cell];
    const at = Math.floor(b) * 1000 + Math.floor(a);
    const distance = Math.hypot((a % 1) - 0.5, (b % 1) - 0.5);
    if (distance < (best.get(at)?.distance ?? Number.POSITIVE_INFINITY)) best.set(at, { fit, distance });
  }
  return [...best.entries()].sort(([a], [b]) => a - b).map(([, { fit }]) => fit);
}
