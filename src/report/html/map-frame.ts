import type { Markup } from "./markup.ts";
import { drawing, type Plots, type Shape, WIDTH } from "./plots.ts";

/** Places of points on a plane: x and y of each, and how many there are. */
export interface Places {
  readonly at: ArrayLike<number>;
  readonly points: { readonly length: number } & ArrayLike<number>;
}

const MARGIN = 2;

/** Where the map lies: equal scales across and up, and what is beyond the frame. */
export interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly height: number;
  readonly outside: number;
}

/** All but the outermost 0.2 % of the points, with some room: a few outliers must not shrink the rest to a dot. */
export function frameOf({ at, points }: Places): Frame {
  const side = (c: number) => Float32Array.from(points, (_, i) => at[2 * i + c]!).sort();
  const limits = ([...values]: Float32Array): [number, number] => {
    const cut = Math.floor(values.length * 0.001);
    const [low, high] = [values[cut]!, values[values.length - 1 - cut]!];
    const room = 0.05 * (high - low) || 0.5;
    return [low - room, high + room];
  };
  const x = limits(side(0));
  const y = limits(side(1));
  const inner = WIDTH - 2 * MARGIN;
  const ratio = Math.min(1.15, Math.max(0.5, (y[1] - y[0]) / (x[1] - x[0])));
  const unit = Math.max((x[1] - x[0]) / inner, (y[1] - y[0]) / (inner * ratio));
  const widen = ([low, high]: [number, number], pixels: number): [number, number] => {
    const room = (pixels * unit - (high - low)) / 2;
    return [low - room, high + room];
  };
  const [wide, tall] = [widen(x, inner), widen(y, inner * ratio)];
  let outside = 0;
  for (let i = 0; i < points.length; i++)
    if (!within(at[2 * i]!, wide) || !within(at[2 * i + 1]!, tall)) outside++;
  return { x: wide, y: tall, height: Math.round(inner * ratio) + 2 * MARGIN, outside };
}

export function within(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high;
}

export type Scale = (value: number) => number;

export function renderMap(
  frame: Frame,
  plots: Plots,
  alt: string,
  draw: (x: Scale, y: Scale) => readonly Shape[],
): Markup {
  const margins = { marginLeft: MARGIN, marginRight: MARGIN, marginTop: MARGIN, marginBottom: MARGIN };
  const options = {
    ...margins,
    height: frame.height,
    x: { domain: frame.x, axis: null },
    y: { domain: frame.y, axis: null },
    marks: [plots.plot.frame({ stroke: "var(--line)" }), drawing(draw)],
  };
  return plots.render(options, alt);
}

/** Points as one path of round dots. */
export function dots(
  map: Pick<Places, "at">,
  frame: Frame,
  which: readonly number[],
  [x, y]: readonly [Scale, Scale],
  look: Shape["attributes"],
): Shape[] {
  let d = "";
  for (const i of which) {
    const [px, py] = [map.at[2 * i]!, map.at[2 * i + 1]!];
    if (within(px, frame.x) && within(py, frame.y)) d += `M${x(px).toFixed(1)},${y(py).toFixed(1)}h0`;
  }
  return d === ""
    ? []
    : [{ name: "path", attributes: { d, fill: "none", "stroke-linecap": "round", ...look } }];
}
