import { toScreen } from "./camera.ts";
import type { Painter } from "./painter.ts";

/** Most points that a plain canvas draws. */
export const CANVAS_MOST = 100_000;

/** Points by a plain canvas: for browsers without WebGL2. */
export function canvasPainter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext("2d")!;
  let places = new Float32Array();
  let colours = new Uint8Array();
  return {
    kind: "Canvas",
    setPlaces(data) {
      places = data as Float32Array<ArrayBuffer>;
    },
    setColours(data) {
      colours = data as Uint8Array<ArrayBuffer>;
    },
    draw(camera, screen, { count, size, density }) {
      context.setTransform(density, 0, 0, density, 0, 0);
      context.clearRect(0, 0, screen.width, screen.height);
      for (let i = 0; i < Math.min(count, CANVAS_MOST); i++) {
        if (colours[4 * i + 3] === 0) continue;
        const [left, top] = toScreen(camera, screen, places[2 * i]!, places[2 * i + 1]!);
        if (left < -size || top < -size || left > screen.width + size || top > screen.height + size) continue;
        const [r, g, b, a] = colours.subarray(4 * i, 4 * i + 4);
        context.fillStyle = `rgb(${r} ${g} ${b} / ${a! / 255})`;
        context.fillRect(left - size / 2, top - size / 2, size, size);
      }
    },
    close: () => {},
  };
}
