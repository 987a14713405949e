import { type Camera, type Screen, toScreen } from "../map/camera.ts";
import type { Overlay } from "../map/overlay.ts";
import type { Legend } from "./legend.ts";
import { escaped, shortened } from "./markup.ts";
import { digits, fill, type Palette, stroke } from "./paint.ts";
import { svgLegend } from "./svg-legend.ts";
import { svgOverlay } from "./svg-overlay.ts";

/** How points stand in a vector picture: each as a circle, all as one image, or not at all. */
export type SvgPoints =
  | {
      readonly kind: "circles";
      readonly places: Float32Array;
      /** RGBA, a byte each. */
      readonly colours: Uint8Array;
      readonly radius: number;
    }
  | { readonly kind: "image"; readonly href: string }
  | { readonly kind: "none" };

export interface SvgPicture {
  readonly screen: Screen;
  readonly camera: Camera;
  readonly points: SvgPoints;
  readonly overlay: Overlay;
  /** What it is called, and what is to be known of it. */
  readonly title: string;
  readonly caption: readonly string[];
  readonly legend: Legend | null;
  readonly palette: Palette;
}

/** The space about caption and legend, and the height of a line of text. */
const [MARGIN, LINE] = [12, 18];

/** A map with what is drawn above it, its legend and its caption, as a document by itself; and its whole size, which grows by both. */
export function svgOf(picture: SvgPicture): { readonly text: string; readonly screen: Screen } {
  const { screen, camera, points, overlay, title, caption, legend, palette } = picture;
  const legendAt = screen.height + MARGIN;
  const drawn = legend && svgLegend(legend, { width: screen.width - 2 * MARGIN, palette });
  const captionAt = legendAt + (drawn ? drawn.height + MARGIN / 2 : 0);
  const height = Math.ceil(captionAt + (caption.length + 1) * LINE + MARGIN);
  const most = Math.floor((screen.width - 2 * MARGIN) / 6.4);
  const line = (text: string, at: number, look: string) =>
    `<text x="${MARGIN}" y="${captionAt + LINE * at + 13}" font-size="13" ${look}>${escaped(shortened(text, most))}</text>`;
  const { width } = screen;
  const text = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" role="img">`,
    `<title>${escaped(title)}</title><desc>${escaped(caption.join(" "))}</desc>`,
    `<defs><clipPath id="map"><rect width="${width}" height="${screen.height}"/></clipPath></defs>`,
    points.kind === "none" ? "" : `<rect width="${width}" height="${height}" ${fill(palette.paper)}/>`,
    `<g clip-path="url(#map)">`,
    svgPoints(points, camera, screen),
    svgOverlay(overlay, camera, screen, palette),
    "</g>",
    `<path d="M0 ${screen.height + 0.5}H${width}" ${stroke(palette.line, 1)}/>`,
    drawn ? `<g transform="translate(${MARGIN} ${legendAt})">${drawn.markup}</g>` : "",
    line(title, 0, `font-weight="600" ${fill(palette.ink)}`),
    ...caption.map((said, i) => line(said, i + 1, fill(palette.soft))),
    "</svg>",
  ];
  return { text: text.filter(Boolean).join("\n"), screen: { width, height } };
}

function svgPoints(points: SvgPoints, camera: Camera, screen: Screen): string {
  if (points.kind === "none") return "";
  if (points.kind === "image") {
    return `<image href="${points.href}" width="${screen.width}" height="${screen.height}"/>`;
  }
  const { places, colours, radius } = points;
  return seenOf(points, camera, screen, radius)
    .map((i) => {
      const [left, top] = toScreen(camera, screen, places[2 * i]!, places[2 * i + 1]!);
      const [r, g, b, a] = colours.subarray(4 * i, 4 * i + 4);
      const colour = `#${[r, g, b].map((part) => part!.toString(16).padStart(2, "0")).join("")}`;
      const look = fill({ colour, opacity: a! / 255 });
      return `<circle cx="${digits(left)}" cy="${digits(top)}" r="${digits(radius)}" ${look}/>`;
    })
    .join("\n");
}

/** Numbers of the points that are drawn and lie on the screen. */
export function seenOf(
  { places, colours }: { readonly places: Float32Array; readonly colours: Uint8Array },
  camera: Camera,
  screen: Screen,
  radius: number,
): number[] {
  const seen: number[] = [];
  for (let i = 0; i < places.length / 2; i++) {
    if (colours[4 * i + 3] === 0) continue;
    const [left, top] = toScreen(camera, screen, places[2 * i]!, places[2 * i + 1]!);
    const isSeen =
      left >= -radius && top >= -radius && left <= screen.width + radius && top <= screen.height + radius;
    if (isSeen) seen.push(i);
  }
  return seen;
}
