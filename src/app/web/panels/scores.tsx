import { type Signal, useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import type { AuditResult, ComparisonResult } from "../../../report/result.ts";
import type { View } from "../../views-contract.ts";
import { jobs } from "../api.ts";
import { Chart, Plot } from "../charts/chart.tsx";
import { told } from "../state/begin.ts";
import { ProgressLine, useRun } from "./running.tsx";
import { AuditTable } from "./score-table.tsx";

type Audited = AuditResult | ComparisonResult;

/** Audits of this page, by view: they stay when the tab is left. */
const kept = new Map<string, Audited>();

/** The audits of the latents of a view, where it was audited on this page. */
export function auditsOf(view: View): readonly { readonly name: string; readonly audit: AuditResult }[] {
  const audited = kept.get(view.id);
  if (!audited) return [];
  return audited.schema === "isometer/audit/1" ? [{ name: "", audit: audited }] : audited.audits;
}

/** The audit: scores with intervals, what chance and the best linear map would have, and the curve of neighbourhoods. */
export function Scores({ view }: { view: View }) {
  const result = useSignal<Audited | null>(kept.get(view.id) ?? null);
  const run = useRun();
  const start = () =>
    told(async () => {
      const { original, latent, labels, id, metric, latentMetric } = view.request;
      const given = { labels, id, metric, latentMetric };
      const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const found = (await run.follow((call) =>
        jobs.run("audit", { original, latent }, options, call),
      )) as Audited;
      kept.set(view.id, found);
      result.value = found;
    });
  return (
    <>
      <h2>Scores</h2>
      {run.now.value ? (
        <ProgressLine run={run} />
      ) : (
        <p>
          <button type="button" onClick={() => void start()}>
            {result.value ? "Audit again" : "Audit"}
          </button>{" "}
          {result.value ? "" : "scores with intervals, what chance has, and what the best linear map has"}
        </p>
      )}
      {result.value && <Results result={result} />}
    </>
  );
}

function Results({ result }: { result: Signal<Audited | null> }) {
  const audited = result.value!;
  const audits = audited.schema === "isometer/audit/1" ? [{ name: "", audit: audited }] : audited.audits;
  return (
    <>
      {audits.map(({ name, audit }) => (
        <AuditTable key={name} name={name} audit={audit} />
      ))}
      <h3>Neighbourhoods kept, by their size</h3>
      <Curves audits={audits} />
      {audited.warnings.map(({ message }) => (
        <p key={message} class="note">
          {message}
        </p>
      ))}
    </>
  );
}

/** How curves differ, not by colour alone. */
const LOOKS = [
  { stroke: "var(--accent)" },
  { stroke: "var(--missing)", strokeDasharray: "8 4" },
  { stroke: "var(--false)", strokeDasharray: "2 3" },
];

function Curves({ audits }: { audits: readonly { name: string; audit: AuditResult }[] }) {
  const draw = useCallback(
    (width: number) => {
      const curves = audits.map(({ audit: { scores } }) => {
        const { sizes, rnx } = scores.aucLogRnx ?? { sizes: [], rnx: [] };
        return sizes.map((k, i) => ({ k, kept: rnx[i]! }));
      });
      const lowest = Math.min(0, ...curves.flat().map(({ kept }) => kept));
      const at = { x: "k", y: "kept" };
      return Plot.plot({
        width,
        height: 240,
        x: { type: "log", label: "neighbours", grid: true },
        y: { label: "kept beyond chance", domain: [lowest, 1], grid: true },
        marks: [
          Plot.ruleY([0]),
          ...curves.map((curve, i) =>
            Plot.line(curve, { ...at, ...LOOKS[i % LOOKS.length], strokeWidth: 2 }),
          ),
        ],
      });
    },
    [audits],
  );
  return (
    <>
      {audits.length > 1 && (
        <ul class="curve-names">
          {audits.map(({ name }, i) => (
            <li key={name}>
              <svg width="32" height="8" aria-hidden="true">
                <line x2="32" y1="4" y2="4" stroke-width="3" style={LOOKS[i % LOOKS.length]} />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      )}
      <Chart draw={draw} label="Share of neighbours kept beyond chance, by the size of the neighbourhood" />
    </>
  );
}
