import { type Camera, type Screen, zoomOf } from "./camera.ts";
import { openPainter, type Painter, pointSize } from "./painter.ts";

/** Points on a canvas: all of them at rest, as many as there is time for while they move. */
export interface Stage {
  readonly painter: Painter["kind"];
  setPlaces(places: Float32Array): void;
  setColours(colours: Uint8Array): void;
  setCamera(camera: Camera): void;
  /** Takes the size of the canvas in the page. */
  resize(): Screen;
  close(): void;
}

/** How a frame went. */
export interface Frame {
  readonly drawn: number;
  readonly total: number;
  /** Milliseconds since the frame before, while moving; null at rest. */
  readonly took: number | null;
}

/** What stands on a stage, all of it: for whoever draws it again. */
export interface Shown {
  readonly places: Float32Array;
  readonly colours: Uint8Array;
  readonly camera: Camera;
  readonly screen: Screen;
  /** Across a point, in pixels of the page. */
  readonly size: number;
}

const shown = new WeakMap<HTMLCanvasElement, () => Shown>();

/** What a stage shows on this canvas now. */
export const shownOn = (canvas: HTMLCanvasElement): Shown | undefined => shown.get(canvas)?.();

/** Milliseconds after the last change until all points are drawn. */
const REST = 180;
/** Points of a first moving frame, and the fewest. */
const [FIRST, FEWEST] = [150_000, 20_000];
/** A moving frame should take between these, in milliseconds. */
const [QUICK, SLOW] = [24, 45];

export async function openStage(canvas: HTMLCanvasElement, onFrame: (frame: Frame) => void): Promise<Stage> {
  const painter = await openPainter(canvas);
  let [places, colours] = [new Float32Array() as Float32Array, new Uint8Array() as Uint8Array];
  let [total, budget, before] = [0, FIRST, 0];
  let camera: Camera = { x: 0.5, y: 0.5, width: 1.1 };
  let screen: Screen = { width: 1, height: 1 };
  let frame = 0;
  let isMoving = false;
  let rest: ReturnType<typeof setTimeout> | undefined;

  const sizeNow = () => {
    const full = Math.min(screen.width, screen.height) / 1.1;
    return pointSize(total, zoomOf(camera, screen) / full);
  };
  shown.set(canvas, () => ({ places, colours, camera, screen, size: sizeNow() }));
  const paint = (count: number, took: number | null) => {
    painter.draw(camera, screen, { count, size: sizeNow(), density: canvas.width / screen.width });
    onFrame({ drawn: count, total, took });
  };
  const still = () => {
    before = 0;
    isMoving = false;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => paint(total, null));
  };
  const moved = () => {
    isMoving = true;
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    frame = requestAnimationFrame((now) => {
      const took = before === 0 ? null : now - before;
      before = now;
      if (took !== null && took > SLOW) budget = Math.max(FEWEST, budget * 0.7);
      if (took !== null && took < QUICK) budget = Math.min(Math.max(total, FIRST), budget * 1.25);
      paint(Math.min(total, Math.round(budget)), took);
      rest = setTimeout(still, REST);
    });
  };

  return {
    painter: painter.kind,
    setPlaces(next) {
      places = next;
      total = places.length / 2;
      painter.setPlaces(places);
      moved();
    },
    setColours(next) {
      colours = next;
      painter.setColours(colours);
      // Frames of a motion have them anyway; at rest all points are drawn once.
      if (!isMoving) still();
    },
    setCamera(next) {
      camera = next;
      moved();
    },
    resize() {
      const { clientWidth: width, clientHeight: height } = canvas;
      screen = { width: Math.max(1, width), height: Math.max(1, height) };
      const density = Math.min(2, devicePixelRatio || 1);
      canvas.width = Math.round(screen.width * density);
      canvas.height = Math.round(screen.height * density);
      moved();
      return screen;
    },
    close() {
      cancelAnimationFrame(frame);
      clearTimeout(rest);
      painter.close();
    },
  };
}
