import { PAINTS, type Palette, paintOf } from "./paint.ts";

/** What a picture is drawn on: as the page is now, or for paper and slides. */
export type Scheme = "as shown" | "light" | "dark";

/** The colours of the page in a scheme, as the browser resolves them. */
export function paletteOf(scheme: Scheme): Palette {
  const probe = document.createElement("span");
  if (scheme !== "as shown") probe.className = `on-${scheme}`;
  document.body.append(probe);
  try {
    return Object.fromEntries(
      PAINTS.map((name) => {
        probe.style.color = `var(--${name})`;
        return [name, paintOf(getComputedStyle(probe).color)];
      }),
    ) as unknown as Palette;
  } finally {
    probe.remove();
  }
}
