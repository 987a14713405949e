import type { Paint } from "./palette.ts";

/** Two digits are a hundredth of a pixel. */
export const digits = (value: number) => String(Math.round(100 * value) / 100);

export function fill({ colour, opacity }: Paint): string {
  return `fill="${colour}"${opacity < 1 ? ` fill-opacity="${digits(opacity)}"` : ""}`;
}

export function stroke({ colour, opacity }: Paint, width: number): string {
  return `fill="none" stroke="${colour}" stroke-width="${width}"${opacity < 1 ? ` stroke-opacity="${digits(opacity)}"` : ""}`;
}
