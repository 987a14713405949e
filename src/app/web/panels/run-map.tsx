import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Run } from "../../server/runs.ts";
import type { View } from "../../views-contract.ts";
import { ask } from "../api.ts";
import { coloursOf } from "../map/colours.ts";
import { valuesFor } from "../map/load.ts";
import { drawnOf, shuffled } from "../map/order.ts";
import { openPainter, type Painter, pointSize } from "../map/painter.ts";
import { toldBeside } from "../state/begin.ts";
import * as store from "../state/store.ts";
import "./run-map.css";

/** Where the rows of a fit were at an iteration, or at an epoch. */
interface RunPositions {
  readonly places: Float32Array;
  readonly iteration: number;
  /** Which rows these are; null: all. */
  readonly rows: Int32Array | null;
}

/** Jobs whose fits can be seen, with what they count. */
const COUNTED: Readonly<Record<string, string>> = { reduce: "iteration", train: "epoch" };

/** Whether positions of a job can be seen while it runs. */
export const isSeen = (job: string): boolean => job in COUNTED;

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
    void toldBeside(async () => {
      const values = isOfView(now, run, view) && column ? await valuesFor(view, column) : null;
      if (painter.peek() !== ready || positions.peek() !== now) return;
      paint(ready, canvas.current!, now.places, (points) => {
        const rows = now.rows ? points.map((point) => now.rows![point]!) : points;
        return coloursOf(rows, values && column, values, values ? hidden : new Set());
      });
    });
  });
  if (!positions.value) return null;
  const points = pointsText(positions.value, run, view);
  const at = `${COUNTED[run.job]} ${positions.value.iteration.toLocaleString("en", { maximumFractionDigits: 1 })}`;
  return (
    <figure class="run-map">
      <canvas ref={canvas} role="img" aria-label={`${points} at ${at} of the fit`} />
      <figcaption>
        {isLast.value ? `${points}. ` : `${points}, ${at}`}
        <span role="status">{isLast.value && (run.job === "train" ? trainedText : fittedText)(run, at)}</span>
      </figcaption>
    </figure>
  );
}

/** Whether the columns of a view are of the rows that are fitted. */
function isOfView({ places, rows }: RunPositions, { inputs, options }: Run, view: View): boolean {
  if (inputs[0] !== view.request.original || options.rows !== undefined) return false;
  return rows ? rows.every((row) => row < view.rows) : places.length === 2 * view.rows;
}

function pointsText(positions: RunPositions, run: Run, view: View): string {
  const { places, rows } = positions;
  const count = (places.length / 2).toLocaleString("en");
  if (!rows) return `${count} points`;
  return isOfView(positions, run, view)
    ? `${count} of ${view.rows.toLocaleString("en")} rows`
    : `${count} of the rows`;
}

/** What is seen of a fit that is over. */
function fittedText({ state, error }: Run, at: string): string {
  if (state === "done") return `The fit ended at ${at}.`;
  if (state === "failed") return `The job failed; this is ${at}.`;
  const kept = error?.hint ?? "It was not audited.";
  return `Stopped at ${at}. The picture stays until another job runs. ${kept}`;
}

/** The same of a training: the last that it tells of is its best model. */
function trainedText({ state, error }: Run, at: string): string {
  if (state === "done") return `The training ended: this is its best model, of ${at}.`;
  if (state === "failed") return `The job failed; this is ${at}.`;
  if (!error)
    return `Ended at ${at}, before its model was written. The option resume goes on from the last look.`;
  return `Stopped: ${error.message}. ${error.hint ?? ""} The picture stays until another job runs.`;
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
    void toldBeside(async () => {
      for (let ended = false; !ended; ) {
        // After the end there may be a last one.
        ended = ENDED.includes(state.peek());
        const now = await positionsAfter(run.id, positions.peek(), controller.signal);
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
  before: RunPositions | null,
  signal: AbortSignal,
): Promise<RunPositions | null> {
  const path = `/api/runs/${id}/positions`;
  const answer = await ask(before ? `${path}?after=${before.iteration}` : path, { signal });
  if (answer.status === 204) return null;
  const places = new Float32Array(await answer.arrayBuffer());
  const iteration = Number(answer.headers.get("x-isometer-iteration"));
  if (answer.headers.get("x-isometer-rows") !== "some") return { places, iteration, rows: null };
  // They stay the same while it runs.
  const rows = before?.rows ?? new Int32Array(await (await ask(`${path}?of=rows`, { signal })).arrayBuffer());
  return { places, iteration, rows };
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
