import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Run } from "../../server/runs.ts";
import type { View } from "../../views-contract.ts";
import { ask } from "../api.ts";
import { coloursOf } from "../map/colours.ts";
import { valuesFor } from "../map/load.ts";
import { drawnOf, shuffled } from "../map/order.ts";
import { openPainter, type Painter, pointSize } from "../map/painter.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import "./run-map.css";

/** Where the rows of a fit were at an iteration. */
interface RunPositions {
  readonly places: Float32Array;
  readonly iteration: number;
}

const ENDED = ["done", "failed", "cancelled"];

/** Milliseconds between two looks; where the system asks for less motion, between two pictures. */
const PACE = 120;
const STILL = 2000;

/** The map that a fit is at while it runs; the last one stays, also of a fit that was stopped. */
export function RunMap({ run, view }: { run: Run; view: View }) {
  const { positions, isLast } = usePositions(run);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useSignal<Painter | null>(null);
  const hasSome = positions.value !== null;
  useEffect(() => {
    if (!hasSome) return;
    let [opened, left]: [Painter | null, boolean] = [null, false];
    void openPainter(canvas.current!).then((ready) => {
      if (left) return ready.close();
      opened = ready;
      painter.value = ready;
    });
    return () => {
      left = true;
      painter.value = null;
      opened?.close();
    };
  }, [run.id, hasSome]);
  useSignalEffect(() => {
    const [now, ready] = [positions.value, painter.value];
    if (!now || !ready) return;
    const column = store.colourColumn.value;
    const hidden = store.hidden.value;
    const isOfView = now.places.length === 2 * view.rows && run.inputs[0] === view.request.original;
    void told(async () => {
      const values = isOfView && column ? await valuesFor(view, column) : null;
      if (painter.peek() !== ready || positions.peek() !== now) return;
      paint(ready, canvas.current!, now.places, (rows) =>
        coloursOf(rows, values && column, values, values ? hidden : new Set(), null),
      );
    });
  });
  if (!positions.value) return null;
  const { iteration, places } = positions.value;
  const rows = (places.length / 2).toLocaleString("en");
  return (
    <figure class="run-map">
      <canvas ref={canvas} role="img" aria-label={`${rows} points at iteration ${iteration} of the fit`} />
      <figcaption>
        {!isLast.value && `${rows} points, iteration ${iteration.toLocaleString("en")}`}
        <span role="status">{isLast.value && endText(run, iteration)}</span>
      </figcaption>
    </figure>
  );
}

function endText({ state, options }: Run, iteration: number): string {
  const at = iteration.toLocaleString("en");
  if (state === "done") return `The fit ended at iteration ${at}.`;
  if (state === "failed") return `The job failed; this is iteration ${at}.`;
  const kept = [options.codes, options.out].filter((path) => typeof path === "string");
  const files = kept.length > 0 ? ` ${kept.join(" and ")} ${kept.length > 1 ? "have" : "has"} it too.` : "";
  return `Stopped at iteration ${at}. The picture stays until another job runs; it was not audited.${files}`;
}

/** The positions of a run, as they come; of one that has ended, the last. */
function usePositions(run: Run) {
  const positions = useSignal<RunPositions | null>(null);
  const isLast = useSignal(false);
  const state = useSignal(run.state);
  state.value = run.state;
  useEffect(() => {
    const controller = new AbortController();
    positions.value = null;
    isLast.value = false;
    const pace = matchMedia("(prefers-reduced-motion: reduce)").matches ? STILL : PACE;
    void told(async () => {
      for (let ended = false; !ended; ) {
        // After the end there may be a last one.
        ended = ENDED.includes(state.peek());
        const now = await positionsAfter(run.id, positions.peek()?.iteration, controller.signal);
        if (now) positions.value = now;
        if (!ended) await pause(pace, controller.signal);
      }
      isLast.value = true;
    });
    return () => controller.abort();
  }, [run.id]);
  return { positions, isLast };
}

async function positionsAfter(
  id: string,
  iteration: number | undefined,
  signal: AbortSignal,
): Promise<RunPositions | null> {
  const query = iteration === undefined ? "" : `?after=${iteration}`;
  const answer = await ask(`/api/runs/${id}/positions${query}`, { signal });
  if (answer.status === 204) return null;
  const places = new Float32Array(await answer.arrayBuffer());
  return { places, iteration: Number(answer.headers.get("x-isometer-iteration")) };
}

/** @throws AbortError when it is asked to stop */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise((done) => setTimeout(done, milliseconds));
  signal.throwIfAborted();
}

const WHOLE = { x: 0.5, y: 0.5, width: 1.1 };

function paint(
  painter: Painter,
  canvas: HTMLCanvasElement,
  positions: Float32Array,
  coloursFor: (rows: Int32Array) => Uint8Array,
): void {
  const screen = { width: Math.max(1, canvas.clientWidth), height: Math.max(1, canvas.clientHeight) };
  const density = Math.min(2, devicePixelRatio || 1);
  const [width, height] = [Math.round(screen.width * density), Math.round(screen.height * density)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const count = positions.length / 2;
  const { places, rows } = drawnOf(positions, shuffled(count));
  painter.setPlaces(places);
  painter.setColours(coloursFor(rows));
  painter.draw(WHOLE, screen, { count, size: 0.7 * pointSize(count, 1), density });
}
