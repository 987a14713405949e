import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useCallback } from "preact/hooks";
import type { PairColumns, View } from "../../views-contract.ts";
import { pairsOf } from "../api.ts";
import { Chart, type Figure, Plot } from "../charts/chart.tsx";
import { once } from "../map/load.ts";
import { told } from "../state/begin.ts";
import * as store from "../state/store.ts";
import { Brush } from "./brush.tsx";
import { binsOf, logStretches, type Part, pairsIn, worstPairs } from "./pair-bins.ts";

/** Pairs that are fetched for the plot. */
const PAIRS = 100_000;
/** Pairs that a preset takes. */
const WORST = 200;

/** Length in the data by length in the latent: which pairs does the map lie about? */
export function Pairs({ view }: { view: View }) {
  const pairs = useSignal<PairColumns | null>(null);
  /** Numbers of the pairs that were brushed. */
  const chosen = useSignal<readonly number[] | null>(null);
  useSignalEffect(() => {
    const latent = store.latent.value;
    pairs.value = null;
    chosen.value = null;
    void told(async () => {
      const found = await once(view, `pairs ${latent}`, () => pairsOf(view, latent, PAIRS));
      if (store.latent.value === latent) pairs.value = found;
    });
  });
  useSignalEffect(() => {
    const [all, some] = [pairs.value, chosen.value];
    store.brushed.value = all && some ? Int32Array.from(some.flatMap((p) => [all.a[p]!, all.b[p]!])) : null;
  });
  const all = pairs.value;
  if (!all) return <p>drawing pairs</p>;
  return (
    <>
      <h2>How lengths came over</h2>
      <p>
        {all.a.length.toLocaleString("en")} pairs drawn at random. On the line, the map tells the truth; below
        it pairs are drawn too close, above it too far apart. Drag to choose pairs.
      </p>
      <Shepard pairs={all} chosen={chosen} />
      <div class="buttons">
        <button type="button" onClick={() => (chosen.value = worstPairs(all, "drawn close", WORST))}>
          Far apart, drawn close
        </button>
        <button type="button" onClick={() => (chosen.value = worstPairs(all, "drawn far", WORST))}>
          Near, drawn far apart
        </button>
        <button type="button" disabled={!chosen.value} onClick={() => (chosen.value = null)}>
          Let go
        </button>
      </div>
      <Chosen pairs={all} chosen={chosen} />
      <h3>Stretch: latent by data</h3>
      <Stretches pairs={all} chosen={chosen} />
    </>
  );
}

interface PairProps {
  readonly pairs: PairColumns;
  readonly chosen: { value: readonly number[] | null };
}

/** Binned Shepard plot; pairs within the selected rows of the map are marked. */
function Shepard({ pairs, chosen }: PairProps) {
  const figure = useSignal<Figure | null>(null);
  const onDrawn = useCallback((drawn: Figure) => {
    figure.value = drawn;
  }, []);
  const within = useComputed(() => {
    const rows = store.selection.value && new Set(store.selection.value);
    return rows ? binsOf(pairs, (p) => rows.has(pairs.a[p]!) && rows.has(pairs.b[p]!)) : null;
  });
  const selected = within.value;
  const draw = useCallback(
    (width: number) => {
      const { end, cells, counts } = binsOf(pairs);
      const at = (i: number) => ((i + 0.5) / cells) * end;
      const marked = selected ? [...selected.counts.keys()].filter((i) => selected.counts[i]! > 0) : [];
      return Plot.plot({
        width,
        height: Math.min(380, width * 0.85),
        marginLeft: 48,
        x: { label: "in the data", domain: [0, end], grid: true },
        y: { label: "in the latent, in the best single unit", domain: [0, end], grid: true },
        // Where there are most stands out most from the paper.
        color: {
          type: "log",
          scheme: "blues",
          reverse: matchMedia("(prefers-color-scheme: dark)").matches,
          domain: [0.5, Math.max(2, Math.max(...counts))],
        },
        marks: [
          Plot.raster(counts, {
            width: cells,
            height: cells,
            x1: 0,
            x2: end,
            y1: 0,
            y2: end,
            fill: (count: number) => (count === 0 ? null : count),
            imageRendering: "pixelated",
          }),
          Plot.line(
            [
              [0, 0],
              [end, end],
            ],
            { stroke: "currentColor", strokeDasharray: "5 4" },
          ),
          Plot.dot(marked, {
            x: (i: number) => at(i % cells),
            y: (i: number) => at(Math.floor(i / cells)),
            r: 1.6,
            fill: "var(--pair)",
          }),
        ],
      });
    },
    [pairs, selected],
  );
  const choose = (part: Part | null) => {
    chosen.value = part && pairsIn(pairs, part);
  };
  return (
    <div class="brushed">
      <Chart
        draw={draw}
        onDrawn={onDrawn}
        label="Length in the data by length in the latent, counted in cells"
      />
      {figure.value && <Brush figure={figure.value} onPart={choose} />}
    </div>
  );
}

function Chosen({ pairs, chosen }: PairProps) {
  const some = chosen.value;
  if (!some) return null;
  const rows = new Set(some.flatMap((p) => [pairs.a[p]!, pairs.b[p]!]));
  return (
    <p aria-live="polite">
      {some.length.toLocaleString("en")} pairs of {rows.size.toLocaleString("en")} rows chosen; up to 400 are
      drawn on the map.{" "}
      <button
        type="button"
        disabled={rows.size === 0}
        onClick={() => (store.selection.value = Int32Array.from(rows).sort())}
      >
        Select these rows
      </button>
    </p>
  );
}

function Stretches({ pairs, chosen }: PairProps) {
  const some = chosen.value;
  const draw = useCallback(
    (width: number) => {
      const all = logStretches(pairs, null);
      const sorted = all.toSorted();
      const end = Math.max(
        1,
        Math.abs(sorted[Math.floor(0.002 * sorted.length)] ?? 1),
        sorted[Math.floor(0.998 * sorted.length)] ?? 1,
      );
      const bars = (values: Float64Array, look: Plot.RectYOptions) => {
        const bins = { x: Plot.identity, thresholds: 60, domain: [-end, end] as [number, number] };
        return Plot.rectY(
          values,
          Plot.binX({ y: "proportion" }, { ...look, ...bins } as Plot.BinXInputs<Plot.RectYOptions>),
        );
      };
      return Plot.plot({
        width,
        height: 170,
        marginLeft: 48,
        x: { label: "times too long (log scale)", domain: [-end, end], tickFormat: timesText },
        y: { label: "share of pairs", grid: true },
        marks: [
          bars(all, { fill: "var(--accent)", fillOpacity: 0.55 }),
          ...(some ? [bars(logStretches(pairs, some), { stroke: "var(--pair)", fill: "none" })] : []),
          Plot.ruleX([0], { stroke: "currentColor", strokeDasharray: "5 4" }),
        ],
      });
    },
    [pairs, some],
  );
  return <Chart draw={draw} label="Histogram of stretch; the dashed line is an isometry" />;
}

/** "1/4", "1", "2.8". */
function timesText(log: number): string {
  const short = (value: number) => String(Number(value.toPrecision(2)));
  return log < 0 ? `1/${short(2 ** -log)}` : short(2 ** log);
}
