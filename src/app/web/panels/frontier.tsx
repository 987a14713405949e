import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import type { LimitsResult } from "../../../report/limits-result.ts";
import { limitsHeadline, limitsNotes, methodWords, shareWords } from "../../../report/limits-words.ts";
import type { KeptLimits, View } from "../../views-contract.ts";
import { keptLimitsOf } from "../api.ts";
import { Chart, Plot } from "../charts/chart.tsx";
import { toldBeside } from "../state/begin.ts";
import { Moment } from "./moment.tsx";

/** How few dimensions and bits are enough for the original, where the folder holds a result of `limits` that says so. */
export function Frontier({ view }: { view: View }) {
  const kept = useSignal<KeptLimits | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    kept.value = null;
    void toldBeside(async () => {
      kept.value = (await keptLimitsOf(view, controller.signal)).limits;
    });
    return () => controller.abort();
  }, [view.id]);
  if (!kept.value) return null;
  const { file, written, result } = kept.value;
  return (
    <section>
      <h3>Limits of the original</h3>
      <p>{limitsHeadline(result)}</p>
      <FrontierChart result={result} />
      <details>
        <summary>The frontier in numbers</summary>
        <FrontierTable result={result} />
        {limitsNotes(result).map((words) => (
          <p key={words}>{words}</p>
        ))}
      </details>
      <p class="note">
        {file}, written <Moment of={written} />
      </p>
    </section>
  );
}

/** Bytes of a row against recall, with intervals; the target, and what was chosen. */
function FrontierChart({ result }: { result: LimitsResult }) {
  const draw = useCallback(
    (width: number) => {
      const steps = result.frontier.map((at) => {
        const { bytes, recall } = result.cells[at]!;
        const [low, high] = recall.interval;
        return { bytes, recall: recall.value, low, high, isChosen: at === result.chosen?.cell };
      });
      const at = { x: "bytes", y: "recall" };
      return Plot.plot({
        width,
        height: 240,
        x: { type: "log", label: "bytes of a row", grid: true },
        y: { label: "recall", domain: [0, 1], grid: true },
        marks: [
          Plot.ruleY([result.options.target], { strokeDasharray: "4 4" }),
          Plot.line(steps, { ...at, stroke: "var(--accent)", strokeWidth: 2 }),
          Plot.ruleX(steps, { x: "bytes", y1: "low", y2: "high", stroke: "var(--accent)" }),
          Plot.dot(steps, { ...at, r: 3, fill: "var(--accent)" }),
          Plot.dot(
            steps.filter(({ isChosen }) => isChosen),
            { ...at, r: 8, strokeWidth: 2 },
          ),
        ],
      });
    },
    [result],
  );
  const { target, nNeighbors } = result.options;
  const label = `Share of the ${nNeighbors} nearest that compressed rows keep, by bytes of a row, beside the target ${target}`;
  return <Chart draw={draw} label={label} />;
}

function FrontierTable({ result }: { result: LimitsResult }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Dimensions x bits</th>
          <th scope="col">By</th>
          <th scope="col">Bytes</th>
          <th scope="col">Recall (95 %)</th>
        </tr>
      </thead>
      <tbody>
        {result.frontier.map((at) => {
          const cell = result.cells[at]!;
          const { dims, bits, bytes, recall } = cell;
          return (
            <tr key={at}>
              <th scope="row">
                {dims} x {bits}
                {at === result.chosen?.cell && ", chosen"}
              </th>
              <td>{methodWords(cell, result.cols)}</td>
              <td>{bytes.toLocaleString("en")}</td>
              <td>{shareWords(recall)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
