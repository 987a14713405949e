import type { Watch } from "../../../base/index.ts";
import { audit, type PointColumns } from "../../../measure/index.ts";
import type { DistortionState, ViewColumn } from "../../views-contract.ts";
import { failureOf } from "../failure.ts";
import { type DataColumn, numberColumn } from "./columns.ts";
import { type LiveLatent, type LiveView, NOT_MEASURED } from "./live.ts";

/** Up to this many rows all are measured, beyond it the anchors of an audit. */
const EXACT_ROWS = 50_000;

type Meaning = Pick<Extract<ViewColumn, { kind: "number" }>, "better" | "ideal">;

/** What of an audit's points can colour rows, in the order that a page lists it. */
const MEASURED: { readonly [K in keyof PointColumns]?: Meaning } = {
  trust: { better: "higher", ideal: 1 },
  trustworthiness: { better: "higher", ideal: 1 },
  continuity: { better: "higher", ideal: 1 },
  localRecall: { better: "higher", ideal: 1 },
  falseNeighbors: { better: "lower", ideal: 0 },
  missingNeighbors: { better: "lower", ideal: 0 },
  localStretch: { better: "middle", ideal: 1 },
  axisMajor: { better: "middle", ideal: 1 },
  axisMinor: { better: "middle", ideal: 1 },
  axisMean: { better: "middle", ideal: 1 },
  anisotropy: { better: "lower", ideal: 1 },
  fitError: { better: "lower", ideal: 0 },
  outliernessOriginal: {},
  outliernessLatent: {},
};

/**
 * Starts to measure what the map does to each row, by an audit with points, unless that is done or under way. Columns are called "trust:0", by the number of the latent.
 *
 * Up to 50,000 rows all are measured against all; beyond, the anchors of a usual audit, and the others have no value: `distortion.rows` says how many have one.
 */
export function startDistortion(view: LiveView, l: number): void {
  const latent = view.latents[l]!;
  if (latent.distortion.state === "running" || latent.distortion.state === "done") return;
  const controller = new AbortController();
  latent.measuring = controller;
  // Whoever was stopped has no say any more: another one may have begun.
  const hasSay = () => latent.measuring === controller;
  const say = (part: Partial<DistortionState>) => {
    if (hasSay()) latent.distortion = { ...latent.distortion, ...part };
  };
  const work = async () => {
    try {
      const points = await measured(view, latent, {
        signal: AbortSignal.any([view.signal, controller.signal]),
        onProgress: (progress) => say({ progress }),
      });
      if (!hasSay()) return;
      const columns = columnsOf(points, view.rows, l);
      view.columns.push(...columns);
      const names = columns.map(({ column }) => column.name);
      say({ state: "done", progress: null, rows: points.row.length, columns: names });
    } catch (error) {
      say({ state: "failed", progress: null, error: failureOf(error) });
    }
    if (hasSay()) latent.measuring = null;
  };
  say({ state: "running", progress: { stage: "waiting", done: 0, total: 1 }, error: null });
  void work();
}

/** Stops the measuring that is under way; what is done stays done. */
export function stopDistortion({ latents }: LiveView, l: number): void {
  const latent = latents[l]!;
  if (latent.measuring === null) return;
  latent.measuring.abort();
  latent.measuring = null;
  latent.distortion = NOT_MEASURED;
}

async function measured(
  { original, engine, rows }: LiveView,
  latent: LiveLatent,
  watch: Watch,
): Promise<PointColumns> {
  const { points } = await audit(original.points, latent.points, {
    metric: original.metric,
    latentMetric: latent.metric,
    duplicates: { original: original.duplicates, latent: latent.duplicates },
    names: ["the original", latent.name],
    nNeighbors: Math.min(15, Math.ceil(rows / 2) - 1),
    scores: [],
    threads: engine.threads,
    points: true,
    ...(rows <= EXACT_ROWS && { exact: true }),
    ...watch,
  });
  return points!;
}

function columnsOf(points: PointColumns, rows: number, l: number): DataColumn[] {
  return Object.entries(MEASURED).flatMap(([name, meaning]) => {
    const measuredValues = points[name as keyof PointColumns]!;
    const values = new Float32Array(rows).fill(Number.NaN);
    points.row.forEach((row, slot) => {
      values[row] = measuredValues[slot]!;
    });
    return numberColumn({ name: `${name}:${l}`, latent: l, ...meaning }, values) ?? [];
  });
}
