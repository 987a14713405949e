import type { ClusterResult } from "../cluster-result.ts";
import { verdictGrade } from "../cluster-words.ts";
import { percent } from "../numbers.ts";
import { dots, frameOf, type Places } from "./map-frame.ts";
import { figure, key, type Markup, NOTHING } from "./markup.ts";
import { drawing, type Plots, type Shape } from "./plots.ts";

/** What maps of clusters are drawn from. */
export interface ClusterPicture {
  /** x and y of each row in turn. */
  readonly at: Float32Array;
  /** Share of the variance that the plane holds; null where the space is the plane. */
  readonly explained: number | null;
  /** Of each row on the map. */
  readonly labels: Int32Array;
  /** Shares of nearest originals in the own cluster; null without an original. */
  readonly shares: Float64Array | null;
}

interface Drawn {
  readonly result: ClusterResult;
  readonly picture: ClusterPicture;
  readonly plots: Plots;
}

/** Told apart by the colour-blind (Okabe and Ito), on light and dark ground; clusters are numbered besides. */
const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7b5ea7", "#a65628"];

/** Left free around a map, as `frameOf` reckons. */
const EDGE = 2;

const sizeOf = (rows: number) => (rows > 2500 ? 2.5 : rows > 600 ? 4 : 6);

const placesOf = ({ at, labels }: ClusterPicture): Places => ({
  at,
  points: Int32Array.from(labels.keys()),
});

const where = ({ explained }: ClusterPicture) =>
  explained === null
    ? "The space"
    : `The space on its two principal directions (${percent(explained)} of the variance)`;

/** The clusters of the space in colours, numbered where their rows lie. */
export function clusterMap({ result, picture, plots }: Drawn): Markup {
  const places = placesOf(picture);
  const look = (colour: string, opacity: number) => ({
    stroke: colour,
    "stroke-width": sizeOf(picture.labels.length),
    "stroke-opacity": opacity,
  });
  const rowsOf = (id: number) => [...picture.labels.keys()].filter((i) => picture.labels[i] === id);
  const map = numbered({ result, picture, plots }, "Map of the space by cluster.", (frame, scales) => [
    ...dots(places, frame, rowsOf(-1), scales, look("var(--grey)", 0.4)),
    ...result.clusters.flatMap(({ id }) =>
      dots(places, frame, rowsOf(id), scales, look(PALETTE[id % PALETTE.length]!, 0.75)),
    ),
  ]);
  const keys = result.noise > 0 ? [key("dot grey", "in no cluster")] : [];
  return figure(map, keys, `${where(picture)}. Clusters are numbered by size, the largest first.`);
}

/** The same rows by how many of their neighbours in the original are in their cluster. */
export function keptMap({ result, picture, plots }: Drawn): Markup {
  const { shares } = picture;
  if (!shares) return NOTHING;
  const places = placesOf(picture);
  const size = sizeOf(picture.labels.length);
  const level = (share: number) => (Number.isNaN(share) ? 0 : share >= 0.8 ? 1 : share >= 0.5 ? 2 : 3);
  const looks = [
    { stroke: "var(--grey)", "stroke-width": size, "stroke-opacity": 0.3 },
    { stroke: "var(--good)", "stroke-width": size, "stroke-opacity": 0.6 },
    { stroke: "var(--fair)", "stroke-width": size, "stroke-opacity": 0.8 },
    { stroke: "var(--bad)", "stroke-width": size + 1.5, "stroke-opacity": 1 },
  ];
  const map = numbered({ result, picture, plots }, "Map of the space by neighbours kept.", (frame, scales) =>
    looks.flatMap((look, l) => {
      const own = [...picture.labels.keys()].filter((i) => level(shares[i]!) === l);
      return dots(places, frame, own, scales, look);
    }),
  );
  const words = result.clusters
    .filter(({ inOriginal }) => verdictGrade(inOriginal!.verdict) === "bad")
    .map(({ id }) => id);
  const caption = `The same rows by the share of their nearest originals that are in their cluster: green from 0.8 on, brown from 0.5 on, else red. ${
    words.length > 0 ? `Not there in the original: ${words.join(", ")}.` : ""
  }`;
  return figure(map, [], caption);
}

type Frame = ReturnType<typeof frameOf>;
type Scales = Parameters<typeof dots>[3];

/** A map with the number of each cluster where the middle of its rows is. */
function numbered(
  { result, picture, plots }: Drawn,
  alt: string,
  draw: (frame: Frame, scales: Scales) => Shape[],
): Markup {
  const frame = frameOf(placesOf(picture));
  const middles = result.clusters.flatMap(({ id }) => {
    const rows = [...picture.labels.keys()].filter((i) => picture.labels[i] === id);
    if (rows.length === 0) return [];
    const middle = (c: number) =>
      Float32Array.from(rows, (i) => picture.at[2 * i + c]!).sort()[rows.length >> 1]!;
    return [{ x: middle(0), y: middle(1), id: String(id) }];
  });
  const names = plots.plot.text(middles, {
    ...{ x: "x", y: "y", text: "id", fill: "var(--ink)", stroke: "var(--ground)", strokeWidth: 4 },
    fontSize: 17,
    fontWeight: "bold",
  });
  const margins = { marginLeft: EDGE, marginRight: EDGE, marginTop: EDGE, marginBottom: EDGE };
  const marks = [plots.plot.frame({ stroke: "var(--line)" }), drawing((x, y) => draw(frame, [x, y])), names];
  const axes = { x: { domain: frame.x, axis: null }, y: { domain: frame.y, axis: null } };
  return plots.render({ ...margins, ...axes, height: frame.height, marks }, alt);
}
