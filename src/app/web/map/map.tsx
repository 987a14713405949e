import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { View } from "../../views-contract.ts";
import { FramesOnMap, wayMarks } from "../morph/on-map.tsx";
import * as store from "../state/store.ts";
import type { Screen } from "./camera.ts";
import { coloursOf, fade } from "./colours.ts";
import { useGestures } from "./gestures.ts";
import { useHome } from "./home.ts";
import { categoryLabels, densityContours, ellipseMarks, neighborhoodMarks } from "./marks.ts";
import { NOTHING, type Overlay } from "./overlay.ts";
import { paintOverlay } from "./overlay-painter.ts";
import { type Scene, useScene } from "./scene.ts";
import { type Frame, openStage, type Stage } from "./stage.ts";
import { Tooltip } from "./tooltip.tsx";

/** The picture of one latent, registered to that of the first. */
export function LatentMap({ view, latent, first }: { view: View; latent: number; first: number }) {
  const scene = useScene(view, latent, first);
  const points = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const { stage, screen, frame } = useStage(points, above);
  const lasso = useSignal<readonly number[]>([]);

  useSignalEffect(() => {
    if (stage.value && scene.places.value) stage.value.setPlaces(scene.places.value);
  });
  useColours(view, scene, stage);
  useHome(scene);
  useSignalEffect(() => stage.value?.setCamera(store.camera.value));
  usePaintedOverlay(scene, above, screen, lasso);

  const gestures = useGestures(scene, screen, lasso);
  const { name, drawn } = view.latents[latent]!;
  return (
    <figure class="map" aria-label={`Map of ${name}`}>
      <canvas ref={points} />
      <canvas ref={above} />
      <div
        class="hands"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, which move and zoom the map
        tabIndex={0}
        role="application"
        aria-label={`${name}: ${view.rows.toLocaleString("en")} points. Arrow keys move, plus and minus zoom, 0 shows all, Enter selects the point in the middle; N goes through the neighbours of the selected point, of which Enter selects one.`}
        {...gestures}
      />
      <figcaption title={view.latents[latent]!.path}>
        <strong>{name}</strong>
        {drawn.how === "as is"
          ? ""
          : `, ${drawn.how} (${(100 * drawn.variance).toFixed(0)} % of its variance)`}
        {latent === first && <WayText view={view} />}
        <DrawnText frame={frame} painter={stage} />
      </figcaption>
      {latent === first && <TruthText scene={scene} />}
      <FramesOnMap scene={scene} screen={screen} />
      <Tooltip view={view} scene={scene} screen={screen} />
    </figure>
  );
}

/** A stage on the lower canvas; both canvases take the size that they have in the page. */
function useStage(points: RefObject<HTMLCanvasElement | null>, above: RefObject<HTMLCanvasElement | null>) {
  const stage = useSignal<Stage | null>(null);
  const screen = useSignal<Screen>({ width: 1, height: 1 });
  const frame = useSignal<Frame | null>(null);

  useEffect(() => {
    const canvas = points.current!;
    let [opened, left]: [Stage | null, boolean] = [null, false];
    const watcher = new ResizeObserver(() => {
      // A map that is taken away is observed a moment longer than its canvases are there.
      if (!opened || !above.current) return;
      screen.value = opened.resize();
      for (const side of ["width", "height"] as const) above.current[side] = canvas[side];
    });
    void openStage(canvas, (now) => {
      frame.value = now;
      announce(now);
    }).then((ready) => {
      if (left) return ready.close();
      opened = ready;
      stage.value = ready;
      watcher.observe(canvas);
    });
    return () => {
      left = true;
      watcher.disconnect();
      opened?.close();
    };
  }, []);
  return { stage, screen, frame };
}

/** Rows of a view whose server needs the machine to itself to answer soon. */
const MANY = 200_000;
/** Milliseconds that colouring a selection of such a view waits for the answer, and then until that is on the screen. */
const [PATIENCE, TO_READ] = [300, 50];

/** Colours by the column, and what is not selected faint: where there are many rows, once the server has answered about the selection. */
function useColours(view: View, scene: Scene, stage: { readonly value: Stage | null }): void {
  const rows = useComputed(() => scene.drawn.value?.rows ?? null);
  const colours = useComputed(
    () =>
      rows.value && coloursOf(rows.value, store.colourColumn.value, scene.values.value, store.hidden.value),
  );
  const selected = useSignal(store.selection.peek());
  useSignalEffect(() => {
    const chosen = store.selection.value;
    const isAsked = view.rows > MANY && store.tab.value === "truth";
    if (!chosen || !isAsked) {
      selected.value = chosen;
      return;
    }
    const wait = store.answered.value === chosen ? TO_READ : PATIENCE;
    const timer = setTimeout(() => (selected.value = chosen), wait);
    return () => clearTimeout(timer);
  });
  const faded = useRef<Uint8Array | null>(null);
  useSignalEffect(() => {
    if (!stage.value || !rows.value || !colours.value) return;
    if (selected.value || faded.current === colours.value) fade(colours.value, rows.value, selected.value);
    faded.current = selected.value && colours.value;
    stage.value.setColours(colours.value);
  });
}

/** Points on their way are in neither latent. */
function WayText({ view }: { view: View }) {
  const [way, to] = [store.way.value, store.against.value];
  if (way === 0 || to === null) return null;
  return (
    <>
      , {way === 1 ? "as in" : `${(100 * way).toFixed(0)} % on the way to`} {view.latents[to]!.name}
    </>
  );
}

/** What holds of points that are not at their own places, and what is left out there: said once, for all maps. */
function TruthText({ scene }: { scene: Scene }) {
  const { ellipses, contours } = store.layers.value;
  return (
    <p class="said" role="status">
      {scene.isRecentred.value && (
        <>
          Distances from the ringed point are true, all others are not; directions are the map's.
          {contours && " Density is that of these places."}
          {ellipses && " Ellipses are of the map's own places, and left out here."}
        </>
      )}
    </p>
  );
}

/** For tests and the curious: how frames went, on window. */
function announce(frame: Frame): void {
  performance.mark("isometer-frame", { detail: frame });
  dispatchEvent(new CustomEvent("isometer-frame", { detail: frame }));
}

function DrawnText({ frame, painter }: { frame: { value: Frame | null }; painter: { value: Stage | null } }) {
  const now = frame.value;
  if (!now || now.total === 0) return null;
  const all = now.total.toLocaleString("en");
  const text =
    now.drawn < now.total
      ? `${now.drawn.toLocaleString("en")} of ${all} points while moving`
      : `${all} points`;
  return (
    <span class="drawn">
      {text}
      {painter.value?.painter === "Canvas" ? ", without WebGL2: the first 100,000 at most" : ""}
    </span>
  );
}

function usePaintedOverlay(
  scene: Scene,
  canvas: { readonly current: HTMLCanvasElement | null },
  screen: { readonly value: Screen },
  lasso: { readonly value: readonly number[] },
): void {
  const { drawn, places, lists, ellipses, values } = scene;
  // They take longer than a frame may: points that move have none.
  const contours = useComputed(() =>
    store.layers.value.contours && places.value && !scene.isMoving.value ? densityContours(places.value) : [],
  );
  const labels = useComputed(() =>
    store.layers.value.labels && drawn.value && places.value
      ? categoryLabels(drawn.value, places.value, store.colourColumn.value, values.value, store.hidden.value)
      : [],
  );
  useSignalEffect(() => {
    const [all, now] = [drawn.value, places.value];
    if (!canvas.current || screen.value.width <= 1) return;
    const camera = store.camera.value;
    if (!all || !now) return paintOverlay(canvas.current, camera, screen.value, NOTHING);
    const at = (row: number) => [now[2 * all.order[row]!]!, now[2 * all.order[row]! + 1]!] as const;
    const marks = lists.value ? neighborhoodMarks(all, now, lists.value) : { lines: [], rings: [] };
    const ways = wayMarks(scene);
    const isPath = store.tool.value === "path";
    const ringOf = (kind: "hovered" | "picked", row: number | null) =>
      row === null || !(row < all.order.length) ? [] : [{ kind, x: at(row)[0], y: at(row)[1] }];
    const what: Overlay = {
      lines: [
        ...pairLines(store.brushed.value, at),
        ...marks.lines,
        ...ways.lines,
        ...(isPath ? [{ kind: "path" as const, ends: lasso.value }] : []),
      ],
      rings: [
        ...ways.rings,
        ...marks.rings,
        ...ringOf("picked", store.picked.value),
        ...ringOf("hovered", store.hovered.value),
      ],
      ellipses:
        store.layers.value.ellipses && ellipses.value
          ? ellipseMarks(all, now, ellipses.value, camera, screen.value)
          : [],
      contours: contours.value,
      labels: [...ways.labels, ...labels.value],
      lasso: isPath ? [] : lasso.value,
    };
    paintOverlay(canvas.current, camera, screen.value, what);
  });
}

/** Most brushed pairs that are drawn. */
const MOST_PAIRS = 400;

function pairLines(
  pairs: Int32Array | null,
  at: (row: number) => readonly [number, number],
): Overlay["lines"] {
  if (!pairs) return [];
  const count = Math.min(MOST_PAIRS, pairs.length / 2);
  return Array.from({ length: count }, (_, i) => ({
    kind: "pair" as const,
    ends: [...at(pairs[2 * i]!), ...at(pairs[2 * i + 1]!)],
  }));
}
