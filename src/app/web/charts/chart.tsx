import * as Plot from "@observablehq/plot";
import { useEffect, useRef } from "preact/hooks";

export { Plot };

export type Figure = ReturnType<typeof Plot.plot>;

interface ChartProps {
  /** Makes the chart for a width in pixels. */
  readonly draw: (width: number) => Figure;
  readonly label: string;
  /** Told of each chart that was drawn, for what is laid over it. */
  readonly onDrawn?: (figure: Figure) => void;
}

/** A chart of Observable Plot as wide as its place; drawn anew when that changes, or what it shows. */
export function Chart({ draw, label, onDrawn }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current!;
    const paint = () => {
      const figure = draw(Math.max(240, element.clientWidth));
      figure.setAttribute("aria-hidden", "true");
      element.replaceChildren(figure);
      onDrawn?.(figure);
    };
    paint();
    const watcher = new ResizeObserver(paint);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [draw, onDrawn]);
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}
