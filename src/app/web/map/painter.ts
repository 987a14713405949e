import type { Camera, Screen } from "./camera.ts";

/** What draws points: WebGL2 where there is one, else a plain canvas. */
export interface Painter {
  readonly kind: "WebGL2" | "Canvas";
  /** Places and colours (RGBA, a byte each) in the order of drawing. */
  setPlaces(places: Float32Array): void;
  setColours(colours: Uint8Array): void;
  /** Draws the first `count` points. */
  draw(camera: Camera, screen: Screen, look: Look): void;
  close(): void;
}

export interface Look {
  readonly count: number;
  /** Across, in pixels of the page. */
  readonly size: number;
  /** Pixels of the device by those of the page. */
  readonly density: number;
}

/** The best painter that this browser has. */
export async function openPainter(canvas: HTMLCanvasElement): Promise<Painter> {
  const { glPainter } = await import("./gl-painter.ts");
  const best = wantsCanvas() ? null : glPainter(canvas);
  return best ?? (await import("./canvas-painter.ts")).canvasPainter(canvas);
}

/** `?painter=canvas`: what browsers without WebGL2 get. */
function wantsCanvas(): boolean {
  return new URLSearchParams(location.search).get("painter") === "canvas";
}

/** How large points are so that many do not hide each other: 2 to 9 pixels, growing with the zoom. */
export function pointSize(points: number, zoomRatio: number): number {
  const crowd = 9 - 1.15 * Math.log10(Math.max(10, points));
  return Math.max(2, Math.min(9, crowd * Math.sqrt(Math.max(0.6, zoomRatio)) ** 0.5));
}
