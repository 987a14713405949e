import type { PlotOptions } from "@observablehq/plot";
import type { Markup } from "./markup.ts";
import { escapeText } from "./markup.ts";

/** Width of every figure, in units of its drawing. */
export const WIDTH = 460;

/** The plotting library, and a way to make markup of a plot. */
export interface Plots {
  readonly plot: typeof import("@observablehq/plot");
  /** A plot as SVG. `alt` stands for it where it is not seen. */
  readonly render: (options: PlotOptions, alt: string) => Markup;
}

/** What is needed of an element of a document that nobody sees. */
export interface DrawnElement {
  readonly tagName: string;
  readonly outerHTML: string;
  readonly children: Iterable<DrawnElement>;
  readonly attributes: Iterable<{ readonly name: string; value: string }>;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
  append(...children: DrawnElement[]): void;
}

/** Loads what draws: about 0.25 s, so only for a page. */
export async function openPlots(): Promise<Plots> {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const render = (options: PlotOptions, alt: string): Markup => {
    const svg = plot.plot({ width: WIDTH, ...options, document }) as unknown as DrawnElement;
    for (const name of ["class", "width", "height"]) svg.removeAttribute(name);
    svg.setAttribute("font-size", "14");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", alt);
    for (const child of [...svg.children]) if (child.tagName.toLowerCase() === "style") child.remove();
    tidy(svg);
    const drawn = svg.outerHTML;
    const end = drawn.indexOf(">") + 1;
    return { markup: `${drawn.slice(0, end)}<title>${escapeText(alt)}</title>${drawn.slice(end)}` };
  };
  return { plot, render };
}

/** Numbers of a drawing to two decimals; names of its parts, which readers aloud would spell out, are taken off. */
function tidy(element: DrawnElement): void {
  for (const child of element.children) {
    child.removeAttribute("aria-label");
    child.removeAttribute("aria-hidden");
    for (const attribute of child.attributes) {
      if (/\d\.\d{3}|e-\d/.test(attribute.value)) {
        attribute.value = attribute.value.replace(/-?\d+\.\d{3,}(e-?\d+)?|-?\d+e-\d+/g, (digits) =>
          String(Number(Number(digits).toFixed(2))),
        );
      }
    }
    tidy(child);
  }
}

/** Draws something of its own into a plot whose scales are set: markup of SVG by x and y in pixels. */
type Drawing = (x: (value: number) => number, y: (value: number) => number) => readonly Shape[];

/** An SVG element by name and attributes. */
export interface Shape {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** A mark for `marks` of a plot. */
export function drawing(draw: Drawing) {
  // biome-ignore lint/suspicious/noExplicitAny: the type of a render function speaks of DOM types, which are not ours
  const mark = (_index: unknown, scales: any, _values: unknown, _dimensions: unknown, context: any) => {
    const make = (name: string) => context.document.createElementNS("http://www.w3.org/2000/svg", name);
    const group: DrawnElement = make("g");
    for (const { name, attributes } of draw(scales.x, scales.y)) {
      const element: DrawnElement = make(name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
      group.append(element);
    }
    return group;
  };
  return mark as unknown as NonNullable<PlotOptions["marks"]>[number];
}

/**
 * An axis in powers of ten: values are given to the plot as log10, for the library's own log axis leaves the labels of some ticks out.
 *
 * @param most ticks at 1, 2, 5 times powers of ten; where there would be more, at fewer of them
 */
export function logAxis(low: number, high: number, most: number) {
  return {
    domain: [Math.log10(low), Math.log10(high)],
    ticks: logTicks(low, high, most).map(Math.log10),
    tickFormat: (power: number) => tickText(Number((10 ** power).toPrecision(2))),
  };
}

/** Values 1, 2, 5 times powers of ten within limits; only powers of ten where those would be more than `most`. */
function logTicks(low: number, high: number, most: number): number[] {
  const of = (digits: readonly number[], step: number) => {
    const ticks: number[] = [];
    const first = Math.floor(Math.log10(low) / step) * step;
    for (let power = first; power <= Math.ceil(Math.log10(high)); power += step) {
      for (const digit of digits) ticks.push(Number((digit * 10 ** power).toPrecision(1)));
    }
    return ticks.filter((tick) => tick >= low && tick <= high);
  };
  for (const digits of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = of(digits, 1);
    if (ticks.length <= most) return ticks;
  }
  return of([1], Math.ceil((Math.log10(high) - Math.log10(low)) / most));
}

/** A tick as it is written: 0.05, 20, 1,000. */
function tickText(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6))
    return value.toExponential().replace("e+", "e");
  return value.toLocaleString("en", { maximumFractionDigits: 4 });
}
