import { type Camera, type Screen, toScreen, zoomOf } from "./camera.ts";
import { DASHES, HALO, LINE_WIDTH, NOTHING, type Overlay, type RingKind, sizedRings } from "./overlay.ts";

const painted = new WeakMap<HTMLCanvasElement, Overlay>();

/** What was drawn last on a canvas: for whoever draws it again. */
export const paintedOn = (canvas: HTMLCanvasElement): Overlay => painted.get(canvas) ?? NOTHING;

/** Draws it all. Colours are the page's own, so that light and dark are told in one place. */
export function paintOverlay(canvas: HTMLCanvasElement, camera: Camera, screen: Screen, what: Overlay): void {
  painted.set(canvas, what);
  const context = canvas.getContext("2d")!;
  const density = canvas.width / screen.width;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, screen.width, screen.height);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim() || "currentColor";
  const on = (x: number, y: number) => toScreen(camera, screen, x, y);
  const path = (points: readonly number[], closed: boolean) => {
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) context.lineTo(...on(points[i]!, points[i + 1]!));
    if (closed) context.closePath();
  };
  context.lineWidth = 1;
  context.strokeStyle = colour("contour");
  for (const contour of what.contours) {
    path(contour, true);
    context.stroke();
  }
  context.strokeStyle = colour("ellipse");
  for (const mark of what.ellipses) {
    const zoom = zoomOf(camera, screen);
    context.beginPath();
    context.ellipse(...on(mark.x, mark.y), mark.a * zoom, mark.b * zoom, -mark.angle, 0, 2 * Math.PI);
    context.stroke();
  }
  for (const { kind, ends, isDashed } of what.lines) {
    path(ends, false);
    context.setLineDash([]);
    context.strokeStyle = colour("halo");
    context.lineWidth = LINE_WIDTH[kind] + HALO[kind];
    if (HALO[kind] > 0) context.stroke();
    context.setLineDash(kind === "missing" || isDashed ? DASHES : []);
    context.strokeStyle = colour(kind);
    context.lineWidth = LINE_WIDTH[kind];
    context.stroke();
  }
  context.setLineDash([]);
  for (const { x, y, ...ring } of sizedRings(what.rings, zoomOf(camera, screen))) {
    context.strokeStyle = colour(ring.kind);
    paintRing(context, on(x, y), ring);
  }
  paintLabels(
    context,
    what.labels.map(({ text, x, y }) => ({ text, at: on(x, y) })),
    colour,
  );
  if (what.lasso.length > 0) {
    context.strokeStyle = colour("lasso");
    context.setLineDash([4, 3]);
    path(what.lasso, true);
    context.stroke();
    context.setLineDash([]);
  }
}

function paintRing(
  context: CanvasRenderingContext2D,
  [left, top]: readonly [number, number],
  { kind, radius, width }: { readonly kind: RingKind; readonly radius: number; readonly width: number },
): void {
  context.lineWidth = width;
  context.beginPath();
  // A square, so that false neighbours are known without colour.
  if (kind === "false") context.rect(left - radius, top - radius, 2 * radius, 2 * radius);
  else context.arc(left, top, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** Text with a halo, so that it reads upon points. Labels that would cover one drawn before are left out. */
function paintLabels(
  context: CanvasRenderingContext2D,
  labels: readonly { readonly text: string; readonly at: readonly [number, number] }[],
  colour: (name: string) => string,
): void {
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  const taken: [number, number, number][] = [];
  for (const { text, at } of labels) {
    const [left, top] = at;
    const half = context.measureText(text).width / 2 + 4;
    if (taken.some(([x, y, w]) => Math.abs(x - left) < w + half && Math.abs(y - top) < 18)) continue;
    taken.push([left, top, half]);
    context.lineWidth = 4;
    context.strokeStyle = colour("halo");
    context.strokeText(text, left, top);
    context.fillStyle = colour("ink");
    context.fillText(text, left, top);
  }
}
