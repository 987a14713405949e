import { moved } from "../compare/register.ts";
import { type Screen, toScreen } from "../map/camera.ts";
import type { Overlay } from "../map/overlay.ts";
import type { Scene } from "../map/scene.ts";
import * as store from "../state/store.ts";
import { rangeOf } from "./pictures.ts";
import { FramePicture } from "./strip.tsx";
import type { Morphed, Way } from "./ways.ts";

/** Where the stops of a way are on a map: their own places where that shows its latent as it is, else those of the rows that they are most like. */
function placesOf(
  { latent, drawn, motion, places }: Scene,
  morphed: Morphed,
  { stops }: Way,
): (readonly [number, number])[] {
  const [all, now] = [drawn.value, places.value];
  if (!all || !now) return [];
  const isOwn = latent === morphed.latent && store.way.value === 0 && store.truth.value === 0;
  return stops.map(({ place, row }) => {
    if (isOwn && place) return motion.value ? moved(motion.value, ...place) : place;
    const at = all.order[row]!;
    return [now[2 * at]!, now[2 * at + 1]!];
  });
}

/** The ways as lines, the straight one dashed, and their ends. */
export function wayMarks(scene: Scene): Pick<Overlay, "lines" | "rings" | "labels"> {
  const morphed = store.morphed.value;
  if (!morphed) return { lines: [], rings: [], labels: [] };
  const lines = morphed.ways.map((way) => ({
    kind: "path" as const,
    ends: placesOf(scene, morphed, way).flat(),
    isDashed: way.kind === "straight",
  }));
  const { ends = [] } = lines.at(-1) ?? {};
  if (ends.length < 4) return { lines, rings: [], labels: [] };
  const [first, last] = [ends.slice(0, 2), ends.slice(-2)] as [[number, number], [number, number]];
  const ring = ([x, y]: [number, number]) => ({ kind: "stop" as const, x, y });
  // Frames have these words below them.
  if (morphed.shape) return { lines, rings: [ring(first), ring(last)], labels: [] };
  return {
    lines,
    rings: [ring(first), ring(last)],
    labels: [
      { text: "from", x: first[0], y: first[1] },
      { text: "to", x: last[0], y: last[1] },
    ],
  };
}

/** Pixels that a frame on the map is wide; no other one is shown nearer than that. */
const WIDE = 40;

/** What the decoder makes of the way, along it: both ends, and as many frames between as there is room for. */
export function FramesOnMap({ scene, screen }: { scene: Scene; screen: { readonly value: Screen } }) {
  const morphed = store.morphed.value;
  const way = morphed?.ways.at(-1);
  if (!morphed?.shape || !way) return null;
  const range = rangeOf(way.stops.map(({ values }) => values!));
  const shown: { left: number; top: number; i: number }[] = [];
  const [first, ...rest] = [...placesOf(scene, morphed, way).entries()];
  for (const [i, [x, y]] of [first, rest.at(-1), ...rest].filter((stop) => stop !== undefined)) {
    const [left, top] = toScreen(store.camera.value, screen.value, x, y);
    if (shown.every((other) => Math.hypot(other.left - left, other.top - top) >= WIDE))
      shown.push({ left, top, i });
  }
  return (
    <div class="frames" aria-hidden="true">
      {shown.map(({ left, top, i }) => (
        <span key={i} style={{ left: `${left}px`, top: `${top}px` }}>
          <FramePicture values={way.stops[i]!.values!} shape={morphed.shape!} range={range} />
          {i === 0 && <b>from</b>}
          {i === way.stops.length - 1 && <b>to</b>}
        </span>
      ))}
    </div>
  );
}
