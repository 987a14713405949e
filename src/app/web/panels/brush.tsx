import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Figure } from "../charts/chart.tsx";
import type { Part } from "./pair-bins.ts";

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const STEP = 12;

/** A box that is dragged over a chart, or moved and grown by keys. */
export function Brush({ figure, onPart }: { figure: Figure; onPart: (part: Part | null) => void }) {
  const box = useSignal<Box | null>(null);
  const from = useRef<{ left: number; top: number } | null>(null);
  const [x, y] = [figure.scale("x")!, figure.scale("y")!];
  const told = (now: Box) => {
    const along = (scale: typeof x, a: number, b: number): [number, number] => {
      const ends = [scale.invert!(a), scale.invert!(b)].sort((p, q) => p - q);
      return [ends[0], ends[1]];
    };
    onPart({ original: along(x, now.left, now.right), latent: along(y, now.top, now.bottom) });
  };
  const placeOf = (event: PointerEvent) => {
    const bounds = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { left: event.clientX - bounds.left, top: event.clientY - bounds.top };
  };
  const end = () => {
    from.current = null;
    const now = box.value;
    if (!now || now.right - now.left < 3 || now.bottom - now.top < 3) {
      box.value = null;
      onPart(null);
    } else told(now);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moved = moveBy(box.value ?? middleBox(figure), event.key, event.shiftKey);
    if (!moved) return;
    event.preventDefault();
    box.value = moved;
    told(moved);
  };
  const { value: now } = box;
  return (
    <div
      class="brush"
      role="application"
      aria-label="Choose pairs: drag a box, or use arrow keys to move it and Shift with arrow keys to grow it"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, which move the box
      tabIndex={0}
      onPointerDown={(event) => {
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
        from.current = placeOf(event);
        box.value = null;
      }}
      onPointerMove={(event) => {
        if (!from.current) return;
        const to = placeOf(event);
        box.value = {
          left: Math.min(from.current.left, to.left),
          right: Math.max(from.current.left, to.left),
          top: Math.min(from.current.top, to.top),
          bottom: Math.max(from.current.top, to.top),
        };
      }}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={onKeyDown}
    >
      {now && (
        <div
          class="box"
          style={{
            left: `${now.left}px`,
            top: `${now.top}px`,
            width: `${now.right - now.left}px`,
            height: `${now.bottom - now.top}px`,
          }}
        />
      )}
    </div>
  );
}

function middleBox(figure: Figure): Box {
  const { width, height } = figure.getBoundingClientRect();
  return { left: width * 0.55, right: width * 0.75, top: height * 0.6, bottom: height * 0.8 };
}

/** Null: the key means nothing here. */
function moveBy(box: Box, key: string, grows: boolean): Box | null {
  const [across, down] =
    { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[key] ?? [];
  if (across === undefined) return null;
  const right = Math.max(box.left + STEP, box.right + across);
  const bottom = Math.max(box.top + STEP, box.bottom + down!);
  if (grows) return { ...box, right, bottom };
  return {
    left: box.left + across,
    right: box.right + across,
    top: box.top + down!,
    bottom: box.bottom + down!,
  };
}
