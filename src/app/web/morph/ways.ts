import type { PictureShape } from "./pictures.ts";

/** drawn: by hand; the others as job `morph` has them. */
export type WayKind = "straight" | "spherical" | "data" | "geodesic" | "drawn";

/** A frame of a way. */
export interface Stop {
  /** 0 at the beginning, 1 at the end. */
  readonly at: number;
  /** The real row that it is most like. */
  readonly row: number;
  readonly name: string;
  /** How far that is, in the space of data; null where nobody measured. */
  readonly distance: number | null;
  /** Where it is in the picture of its latent, before registration; null where the latent is not drawn as it is. */
  readonly place: readonly [number, number] | null;
  /** What the decoder makes of it. */
  readonly values: Float32Array | null;
}

/** How smooth a way is, in the space of data. */
export interface Figures {
  /** Longest over shortest step; null: it stands still somewhere. */
  readonly stepRatio: number | null;
  readonly length: number;
  /** The distance of its ends. */
  readonly chord: number;
  /** Distance to the nearest real row, in units of the usual distance of neighbours; null where nobody measured. */
  readonly offData: number | null;
}

export interface Way {
  readonly kind: WayKind;
  readonly stops: readonly Stop[];
  readonly figures: Figures | null;
}

/** Ways between the same two ends. */
export interface Morphed {
  readonly latent: number;
  readonly ways: readonly Way[];
  /** Of what the decoder makes; null where there is no decoder, or where that is no picture. */
  readonly shape: PictureShape | null;
}

/** Points at equal steps along a line (x, y, x, y, ...), both ends among them. */
export function alongLine(line: readonly number[], count: number): [number, number][] {
  const steps = Array.from({ length: line.length / 2 - 1 }, (_, i) =>
    Math.hypot(line[2 * i + 2]! - line[2 * i]!, line[2 * i + 3]! - line[2 * i + 1]!),
  );
  const whole = steps.reduce((sum, step) => sum + step, 0);
  let [i, before] = [0, 0];
  return Array.from({ length: count }, (_, stop) => {
    const wanted = (whole * stop) / Math.max(1, count - 1);
    while (i < steps.length - 1 && before + steps[i]! < wanted) before += steps[i++]!;
    const part = steps[i]! > 0 ? Math.min(1, (wanted - before) / steps[i]!) : 0;
    const [x, y] = [line[2 * i]!, line[2 * i + 1]!];
    return [x + part * ((line[2 * i + 2] ?? x) - x), y + part * ((line[2 * i + 3] ?? y) - y)];
  });
}

/** What can be measured of frames alone. */
export function figuresOf(frames: readonly Float32Array[]): Figures {
  const apart = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
  const steps = frames.slice(1).map((frame, i) => apart(frames[i]!, frame));
  const shortest = Math.min(...steps);
  return {
    stepRatio: shortest > 0 ? Math.max(...steps) / shortest : null,
    length: steps.reduce((sum, step) => sum + step, 0),
    chord: apart(frames[0]!, frames.at(-1)!),
    offData: null,
  };
}
