/** A colour of the page as SVG and canvas know it. */
export interface Paint {
  /** "#rrggbb" */
  readonly colour: string;
  /** 0 to 1. */
  readonly opacity: number;
}

const NAMES = [
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
export type Palette = Readonly<Record<(typeof NAMES)[number], Paint>>;

/** What a picture is drawn on: as the page is now, or for paper and slides. */
export type Scheme = "as shown" | "light" | "dark";

/** The colours of the page in a scheme, as the browser resolves them. */
export function paletteOf(scheme: Scheme): Palette {
  const probe = document.createElement("span");
  if (scheme !== "as shown") probe.style.colorScheme = scheme;
  document.body.append(probe);
  try {
    return Object.fromEntries(
      NAMES.map((name) => {
        probe.style.color = `var(--${name})`;
        return [name, paintOf(getComputedStyle(probe).color)];
      }),
    ) as unknown as Palette;
  } finally {
    probe.remove();
  }
}

/** Of "rgb(1, 2, 3)" and "rgba(1, 2, 3, 0.5)". */
export function paintOf(computed: string): Paint {
  const [r = 0, g = 0, b = 0, opacity = 1] = (computed.match(/[\d.]+/g) ?? []).map(Number);
  return { colour: hexOf([r, g, b]), opacity };
}

/** "#0a141e" */
export function hexOf(rgb: readonly number[]): string {
  return `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}
