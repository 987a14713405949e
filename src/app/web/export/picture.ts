import { paintedOn } from "../map/overlay-painter.ts";
import { openPainter } from "../map/painter.ts";
import { type Shown, shownOn } from "../map/stage.ts";
import type { Legend } from "./legend.ts";
import { paletteOf, type Scheme } from "./palette.ts";
import { type SvgPicture, seenOf, svgOf } from "./svg.ts";

/** Pixels of a picture by those of the page. */
const DENSITY = 2;

/** Most points that a vector picture holds one by one. */
export const SVG_CIRCLES = 20_000;

export interface PictureOptions {
  readonly scheme: Scheme;
  readonly title: string;
  readonly caption: readonly string[];
  readonly legend: Legend | null;
}

/** The first map of the page as it is now, its points and what is drawn above them. @throws when there is none */
function mapNow(): { shown: Shown; overlay: ReturnType<typeof paintedOn> } {
  const [points, above] = document.querySelectorAll<HTMLCanvasElement>("figure.map canvas");
  const shown = points && shownOn(points);
  if (!shown || !above) throw new Error("there is no map to draw");
  return { shown, overlay: { ...paintedOn(above), lasso: [] } };
}

/** Whether its points fit into a vector picture one by one, and how many are in sight. */
export function pointsInSight(): { seen: number; asCircles: boolean } {
  const { shown } = mapNow();
  const seen = seenOf(shown, shown.camera, shown.screen, shown.size / 2).length;
  return { seen, asCircles: seen <= SVG_CIRCLES };
}

/** The map as a vector picture. Points are circles up to 20,000 in sight, else one image, which the caption says. */
export async function svgPicture({ scheme, caption, ...words }: PictureOptions): Promise<Blob> {
  const { shown, overlay } = mapNow();
  const { places, colours, size, camera, screen } = shown;
  const palette = paletteOf(scheme);
  const { seen, asCircles } = pointsInSight();
  const points: SvgPicture["points"] = asCircles
    ? { kind: "circles", places, colours, radius: size / 2 }
    : { kind: "image", href: (await pointsOf(shown)).canvas.toDataURL("image/png") };
  const said = asCircles ? [] : [`${seen.toLocaleString("en")} points, drawn as one image`];
  const { text } = svgOf({
    ...{ screen, camera, points, overlay, palette, ...words },
    caption: [...said, ...caption],
  });
  return new Blob([text], { type: "image/svg+xml" });
}

/** The map as a picture of twice as many pixels across as on the page. */
export async function pngPicture({ scheme, caption, ...words }: PictureOptions): Promise<Blob> {
  const { shown, overlay } = mapNow();
  const palette = paletteOf(scheme);
  const { canvas: points, cut } = await pointsOf(shown);
  const said = cut ? ["This browser has no WebGL2: the first 100,000 points at most are drawn."] : [];
  const { camera, screen } = shown;
  const { text, screen: whole } = svgOf({
    ...{ screen, camera, points: { kind: "none" } as const, overlay, palette, ...words },
    caption: [...said, ...caption],
  });
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(DENSITY * whole.width);
  canvas.height = Math.round(DENSITY * whole.height);
  const context = canvas.getContext("2d")!;
  context.fillStyle = palette.paper.colour;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(points, 0, 0);
  context.drawImage(await imageOf(text), 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large")))),
  );
}

/** The points alone, on nothing. */
async function pointsOf({ places, colours, camera, screen, size }: Shown) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(DENSITY * screen.width);
  canvas.height = Math.round(DENSITY * screen.height);
  const painter = await openPainter(canvas);
  painter.setPlaces(places);
  painter.setColours(colours);
  const count = places.length / 2;
  painter.draw(camera, screen, { count, size, density: DENSITY });
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext("2d")!.drawImage(canvas, 0, 0);
  painter.close();
  return { canvas: copy, cut: painter.kind === "Canvas" };
}

async function imageOf(svg: string): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url);
  }
}
