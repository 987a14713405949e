import type { GeometryPicture } from "../../measure/geometry/result.ts";
import type { GeometryResult } from "../geometry-result.ts";
import { count, plural, significant, times } from "../numbers.ts";
import { dots, frameOf, type Places, renderMap, type Scale, within } from "./map-frame.ts";
import { figure, html, key, type Markup, NOTHING } from "./markup.ts";
import { logAxis, type Plots, type Shape } from "./plots.ts";

/** Shades of a map, faint to full. */
const SHADES = [0.12, 0.3, 0.5, 0.75, 1];

interface Mapped {
  readonly result: GeometryResult;
  readonly picture: GeometryPicture;
  readonly plots: Plots;
}

function placesOf({ at }: GeometryPicture): Places {
  return { at, points: Array.from({ length: at.length / 2 }, (_, i) => i) };
}

function planeWords({ picture, result }: Mapped): string {
  return picture.from === "pca"
    ? ` The plane is that of the two principal directions of the latent of ${count(result.network.rank)} dimensions.`
    : "";
}

/** Points by how uneven the network is there: the most stretched direction against the least. */
export function conditionMap(mapped: Mapped): Markup {
  const { result, picture, plots } = mapped;
  const values = result.map.map(({ largest, smallest }) => Math.log(largest / smallest));
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (result.network.rank < 2 || finite.length === 0) return NOTHING;
  const limits = SHADES.slice(1).map(
    (_, k) => finite[Math.floor(((k + 1) * finite.length) / SHADES.length)]!,
  );
  const shade = (value: number) => limits.filter((limit) => value >= limit).length;
  const places = placesOf(picture);
  const frame = frameOf(places);
  const drawn = renderMap(frame, plots, "Map of the latent by the condition number of the metric.", (x, y) =>
    SHADES.flatMap((opacity, k) =>
      dots(
        places,
        frame,
        [...values.keys()].filter((i) => shade(values[i]!) === k),
        [x, y],
        {
          stroke: "var(--orange)",
          "stroke-width": dotSize(values.length),
          "stroke-opacity": opacity,
        },
      ),
    ),
  );
  const ends = [finite[0]!, finite.at(-1)!].map((value) => times(Math.exp(value)));
  const caption =
    `How many times as much the most stretched direction is stretched as the least, at each point: from ${ends[0]} (faint) to ${ends[1]} (full), a fifth of the points in each shade. ` +
    `1x everywhere would keep all angles.${planeWords(mapped)}`;
  return figure(drawn, [key("dot orange", "uneven")], caption);
}

/** Points by volume: above and below the middle. */
export function volumeMap(mapped: Mapped): Markup {
  const { result, picture, plots } = mapped;
  const values = result.map.map(({ logVolume }) => logVolume);
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (finite.length === 0) return NOTHING;
  const middle = finite[Math.floor(finite.length / 2)]!;
  const [low, high] = [
    finite[Math.floor(0.05 * finite.length)]!,
    finite[Math.floor(0.95 * (finite.length - 1))]!,
  ];
  const reach = Math.max(high - middle, middle - low) || 1;
  const strength = (value: number) =>
    Math.min(SHADES.length - 1, Math.floor((Math.abs(value - middle) / reach) * SHADES.length));
  const places = placesOf(picture);
  const frame = frameOf(places);
  const drawn = renderMap(frame, plots, "Map of the latent by volume.", (x, y) =>
    (["orange", "blue"] as const).flatMap((colour) =>
      SHADES.flatMap((opacity, k) => {
        const own = [...values.keys()].filter(
          (i) => values[i]! > middle === (colour === "orange") && strength(values[i]!) === k,
        );
        return dots(places, frame, own, [x, y], {
          stroke: `var(--${colour})`,
          "stroke-width": dotSize(values.length),
          "stroke-opacity": opacity,
        });
      }),
    ),
  );
  const { rank } = result.network;
  const factor = Math.exp((high - low) / rank);
  const caption =
    `Volume that a small piece of the latent has in the data, above (orange) and below (blue) that of the middle point. ` +
    `Over the middle 90 % of points it varies by a factor of e^${significant(high - low, 3)}, ${times(factor)} for each of ${plural(rank, "dimension")}.${planeWords(mapped)}`;
  return figure(drawn, [key("dot orange", "more volume"), key("dot blue", "less volume")], caption);
}

function dotSize(points: number): number {
  return points > 2500 ? 2.5 : points > 600 ? 4 : 6;
}

/** The half-axis of the middle ellipse, as a share of the map. */
const ELLIPSE = 0.03;
const LONGEST = 0.14;

/** What equal steps in the data are in the latent. */
export function ellipseMap(mapped: Mapped): Markup {
  const { result, picture, plots } = mapped;
  const shown = picture.ellipses.filter(({ axes }) => axes.flat().every(Number.isFinite));
  if (result.network.rank < 2 || shown.length === 0) return NOTHING;
  const places = placesOf(picture);
  const frame = frameOf(places);
  const width = frame.x[1] - frame.x[0];
  const lengths = shown.map(({ axes }) => axes.map(([a, b]) => Math.hypot(a, b)));
  const means = lengths.map(([a, b]) => Math.sqrt(a! * b!)).sort((a, b) => a - b);
  const unit = (ELLIPSE * width) / (means[Math.floor(means.length / 2)]! || 1);
  let cut = 0;
  const drawn = renderMap(
    frame,
    plots,
    "Ellipses: what equal steps in the data are in the latent.",
    (x, y) => {
      const pixels = (length: number) => Math.abs(x(length) - x(0));
      const longest = pixels(LONGEST * width);
      const ellipses = shown.flatMap(({ point, axes }, k): Shape[] => {
        const [px, py] = [picture.at[2 * point]!, picture.at[2 * point + 1]!];
        if (!within(px, frame.x) || !within(py, frame.y)) return [];
        const [first, second] = lengths[k]!.map((length) => pixels(length * unit)) as [number, number];
        if (Math.max(first, second) > longest) cut++;
        const [a, b] = axes[0]!;
        return [
          ellipse(x(px), y(py), [Math.min(first, longest), Math.min(second, longest)], Math.atan2(b, a)),
        ];
      });
      return [...grey(places, x, y, frame), ...ellipses];
    },
  );
  const caption =
    `What steps of one length in the data are in the latent, at ${plural(shown.length, "point")}: long where the network hardly moves, short where it moves much. ` +
    `Equal circles would be an isometry up to scale.${cut > 0 ? ` ${plural(cut, "ellipse is", "ellipses are")} cut short.` : ""}${planeWords(mapped)}`;
  return figure(drawn, [], caption);
}

function grey(places: Places, x: Scale, y: Scale, frame: ReturnType<typeof frameOf>): Shape[] {
  const all = Array.from({ length: places.points.length }, (_, i) => i);
  return dots(places, frame, all, [x, y], {
    stroke: "var(--grey)",
    "stroke-width": 1.8,
    "stroke-opacity": 0.4,
  });
}

function ellipse(x: number, y: number, [rx, ry]: readonly [number, number], angle: number): Shape {
  return {
    name: "ellipse",
    attributes: {
      transform: `translate(${x.toFixed(1)},${y.toFixed(1)}) rotate(${((-angle * 180) / Math.PI).toFixed(1)})`,
      rx: Math.max(0.6, rx).toFixed(1),
      ry: Math.max(0.6, ry).toFixed(1),
      fill: "var(--blue)",
      "fill-opacity": 0.18,
      stroke: "var(--blue)",
      "stroke-width": 1.2,
    },
  };
}

/** Each singular value over the points. */
export function spectrumFigure({
  result: { singularValues, jacobians, points },
  plots: { plot, render },
}: Omit<Mapped, "picture">): Markup {
  const rows = singularValues.map((own, k) => ({
    index: k + 1,
    low: Math.log10(own[1]!),
    middle: Math.log10(own[3]!),
    high: Math.log10(own[5]!),
  }));
  if (
    jacobians === "lanczos" ||
    rows.some(({ low, high }) => !Number.isFinite(low) || !Number.isFinite(high))
  )
    return NOTHING;
  const [least, most] = [Math.min(...rows.map(({ low }) => low)), Math.max(...rows.map(({ high }) => high))];
  const room = Math.max(0.05, (most - least) * 0.08);
  const drawn = render(
    {
      height: 300,
      marginLeft: 56,
      marginBottom: 52,
      marginRight: 14,
      marginTop: 26,
      x: {
        domain: [0.5, rows.length + 0.5],
        ticks: Math.min(rows.length, 8),
        tickFormat: (k: number) => (Number.isInteger(k) ? String(k) : ""),
        label: "singular value",
        labelAnchor: "center",
        labelArrow: "none",
      },
      y: { ...logAxis(10 ** (least - room), 10 ** (most + room), 7), label: "stretch", labelArrow: "none" },
      marks: [
        plot.ruleX(rows, {
          x: "index",
          y1: "low",
          y2: "high",
          stroke: "var(--blue)",
          strokeOpacity: 0.35,
          strokeWidth: rows.length > 30 ? 4 : 9,
        }),
        plot.lineY(rows, { x: "index", y: "middle", stroke: "var(--blue)", strokeWidth: 2 }),
        plot.dot(rows, { x: "index", y: "middle", fill: "var(--blue)", r: rows.length > 30 ? 2 : 3.5 }),
      ],
    },
    "Singular values of the Jacobians, largest first.",
  );
  const caption = `How much each direction is stretched, largest first: the median of ${plural(points, "point")} and the middle 90 %. A level line of thin bars would be an isometry up to scale.`;
  return figure(drawn, [key("line blue", "median")], caption);
}

/** What a decoder makes of equal steps through the most uneven points. */
export function walkParts(
  picture: GeometryPicture,
  looks: readonly (readonly { readonly src: string; readonly width: number; readonly height: number }[])[],
): Markup {
  if (looks.length === 0) return NOTHING;
  const cards = picture.walks.map(({ row, kind, step }, k) => {
    const title =
      kind === "most" ? "along the direction stretched most" : "along the direction stretched least";
    const images = looks[k]!.map(
      ({ src, width, height }, i) =>
        html`<img src="${src}" width="${width}" height="${height}" alt="${i - 2} steps">`,
    );
    return html`<div class="pair"><div class="rows">${images}</div><p>row ${row}, ${title}</p><p class="soft">steps of ${significant(step, 3)} in the latent, two back and two on</p></div>
`;
  });
  return html`<div class="pairs words">${cards}</div>
`;
}
