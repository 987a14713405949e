/** What is seen: centre and width in the unit square; y grows upwards. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The size of what is drawn on, in pixels of the page. */
export interface Screen {
  readonly width: number;
  readonly height: number;
}

const [NARROWEST, WIDEST] = [1e-4, 4];

/** Pixels per unit of the picture: the shorter side of the screen shows `width`. */
export function zoomOf({ width }: Camera, screen: Screen): number {
  return Math.min(screen.width, screen.height) / width;
}

export function toScreen(camera: Camera, screen: Screen, x: number, y: number): [number, number] {
  const zoom = zoomOf(camera, screen);
  return [screen.width / 2 + (x - camera.x) * zoom, screen.height / 2 - (y - camera.y) * zoom];
}

export function toPicture(camera: Camera, screen: Screen, left: number, top: number): [number, number] {
  const zoom = zoomOf(camera, screen);
  return [camera.x + (left - screen.width / 2) / zoom, camera.y - (top - screen.height / 2) / zoom];
}

/** Moved by pixels of the screen. */
export function panned(camera: Camera, screen: Screen, left: number, top: number): Camera {
  const zoom = zoomOf(camera, screen);
  return held({ ...camera, x: camera.x - left / zoom, y: camera.y + top / zoom });
}

/** Closer by `factor`, with what lies at a place of the screen staying there. */
export function zoomed(camera: Camera, screen: Screen, factor: number, left: number, top: number): Camera {
  const width = Math.max(NARROWEST, Math.min(WIDEST, camera.width / factor));
  const [x, y] = toPicture(camera, screen, left, top);
  const part = width / camera.width;
  return held({ x: x + (camera.x - x) * part, y: y + (camera.y - y) * part, width });
}

/** The picture is never lost: its square and the middle of the screen stay together. */
function held({ x, y, width }: Camera): Camera {
  const clamp = (value: number) => Math.max(-0.5, Math.min(1.5, value));
  return { x: clamp(x), y: clamp(y), width };
}
