/** A colour of the page as SVG and canvas know it. */
export interface Paint {
  /** "#rrggbb" */
  readonly colour: string;
  /** 0 to 1. */
  readonly opacity: number;
}

export const PAINTS = [
  "paper",
  "ink",
  "soft",
  "line",
  "halo",
  "contour",
  "ellipse",
  "shared",
  "missing",
  "pair",
  "path",
  "picked",
  "hovered",
  "false",
  "stop",
  "lasso",
] as const;

/** The colours of the page by their names in its style. */
export type Palette = Readonly<Record<(typeof PAINTS)[number], Paint>>;

/** Of "rgb(1, 2, 3)" and "rgba(1, 2, 3, 0.5)". */
export function paintOf(computed: string): Paint {
  const [r = 0, g = 0, b = 0, opacity = 1] = (computed.match(/[\d.]+/g) ?? []).map(Number);
  return { colour: hexOf([r, g, b]), opacity };
}

/** "#0a141e" */
export function hexOf(rgb: readonly number[]): string {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

/** Two digits are a hundredth of a pixel. */
export const digits = (value: number) => String(Math.round(100 * value) / 100);

export function fill({ colour, opacity }: Paint): string {
  return `fill="${colour}"${opacity < 1 ? ` fill-opacity="${digits(opacity)}"` : ""}`;
}

export function stroke({ colour, opacity }: Paint, width: number): string {
  return `fill="none" stroke="${colour}" stroke-width="${width}"${opacity < 1 ? ` stroke-opacity="${digits(opacity)}"` : ""}`;
}
