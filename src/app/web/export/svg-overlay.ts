import { type Camera, type Screen, toScreen, zoomOf } from "../map/camera.ts";
import { DASHES, HALO, LINE_WIDTH, type Overlay, sizedRings } from "../map/overlay.ts";
import { escaped } from "./markup.ts";
import { digits, fill, type Palette, stroke } from "./paint.ts";

/** What is drawn above the points, as elements of SVG: the same as `paintOverlay` paints, but for what the pointer does. */
export function svgOverlay(what: Overlay, camera: Camera, screen: Screen, palette: Palette): string {
  const on = (x: number, y: number) => toScreen(camera, screen, x, y);
  const path = (points: readonly number[]) => {
    const parts = [];
    for (let i = 0; i < points.length; i += 2)
      parts.push(
        on(points[i]!, points[i + 1]!)
          .map(digits)
          .join(" "),
      );
    return `M${parts.join("L")}`;
  };
  const zoom = zoomOf(camera, screen);
  const contours = what.contours.map((ring) => `<path d="${path(ring)}Z" ${stroke(palette.contour, 1)}/>`);
  const ellipses = what.ellipses.map(({ x, y, a, b, angle }) => {
    const [left, top] = on(x, y).map(digits);
    const turn = digits((-180 * angle) / Math.PI);
    const size = `cx="${left}" cy="${top}" rx="${digits(a * zoom)}" ry="${digits(b * zoom)}"`;
    return `<ellipse ${size} transform="rotate(${turn} ${left} ${top})" ${stroke(palette.ellipse, 1)}/>`;
  });
  const lines = what.lines.map(({ kind, ends, isDashed }) => {
    const d = `d="${path(ends)}"`;
    const width = LINE_WIDTH[kind];
    const halo = HALO[kind] > 0 ? `<path ${d} ${stroke(palette.halo, width + HALO[kind])}/>` : "";
    const dashes = kind === "missing" || isDashed ? ` stroke-dasharray="${DASHES.join(" ")}"` : "";
    return `${halo}<path ${d} ${stroke(palette[kind], width)}${dashes}/>`;
  });
  const rings = sizedRings(what.rings, zoom)
    .filter(({ kind }) => kind !== "hovered")
    .map(({ kind, x, y, radius, width }) => {
      const [left, top] = on(x, y);
      const look = stroke(palette[kind], width);
      const side = digits(2 * radius);
      return kind === "false"
        ? `<rect x="${digits(left - radius)}" y="${digits(top - radius)}" width="${side}" height="${side}" ${look}/>`
        : `<circle cx="${digits(left)}" cy="${digits(top)}" r="${digits(radius)}" ${look}/>`;
    });
  return [...contours, ...ellipses, ...lines, ...rings, ...svgLabels(what.labels, on, palette)].join("\n");
}

/** Half of the width of a letter, about. */
const HALF_LETTER = 3.7;

/** Text with a halo. Labels that would cover one before are left out, as on the map. */
function svgLabels(
  labels: Overlay["labels"],
  on: (x: number, y: number) => [number, number],
  { ink, halo }: Palette,
): string[] {
  const taken: [number, number, number][] = [];
  return labels.flatMap(({ text, x, y }) => {
    const [left, top] = on(x, y);
    const half = [...text].length * HALF_LETTER + 4;
    if (taken.some(([a, b, w]) => Math.abs(a - left) < w + half && Math.abs(b - top) < 18)) return [];
    taken.push([left, top, half]);
    const outline = `stroke="${halo.colour}" stroke-opacity="${digits(halo.opacity)}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`;
    return [
      `<text x="${digits(left)}" y="${digits(top + 4.5)}" text-anchor="middle" font-size="13" font-weight="600" ${outline} ${fill(ink)}>${escaped(text)}</text>`,
    ];
  });
}
