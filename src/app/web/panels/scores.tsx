import { type Signal, useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import type { Score } from "../../../measure/result.ts";
import type { AuditResult, ComparisonResult } from "../../../report/result.ts";
import { JUDGED_NAMES, lessIsBetter, SCORE_NAMES } from "../../../report/rules.ts";
import type { View } from "../../views-contract.ts";
import { jobs } from "../api.ts";
import { Chart, Plot } from "../charts/chart.tsx";
import { told } from "../state/begin.ts";
import { ProgressLine, useRun } from "./running.tsx";

type Audited = AuditResult | ComparisonResult;

/** Audits of this page, by view: they stay when the tab is left. */
const kept = new Map<string, Audited>();

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

function AuditTable({ name, audit }: { name: string; audit: AuditResult }) {
  const scores = audit.scores as Readonly<Record<string, Score | undefined>>;
  const row = (of: string) => scores[of] && <ScoreRow key={of} name={of} score={scores[of]} />;
  const others = SCORE_NAMES.filter((of) => scores[of] && !(JUDGED_NAMES as readonly string[]).includes(of));
  return (
    <section>
      {name && <h3>{name}</h3>}
      <table>
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col">Value</th>
            <th scope="col">95 %</th>
            <th scope="col">
              <span title="where the score lies between chance and an isometry">From chance to isometry</span>
            </th>
          </tr>
        </thead>
        <tbody>{JUDGED_NAMES.map(row)}</tbody>
      </table>
      <details>
        <summary>{others.length} more scores</summary>
        <table>
          <tbody>{others.map(row)}</tbody>
        </table>
      </details>
      <p class="note">
        The tick is the best linear map of as many dimensions; the pale band is the interval.{" "}
        {audit.rows.toLocaleString()} rows.
      </p>
    </section>
  );
}

function ScoreRow({ name, score }: { name: string; score: Score }) {
  const digits = (value: number) => (Math.abs(value) >= 100 ? value.toPrecision(3) : value.toFixed(3));
  return (
    <tr>
      <th scope="row">
        {words(name)}
        {lessIsBetter(name as (typeof SCORE_NAMES)[number]) && <span class="note"> (less is better)</span>}
      </th>
      <td>{digits(score.value)}</td>
      <td>{score.exact ? "exact" : score.interval.map(digits).join(" to ")}</td>
      <td>
        <Bar score={score} />
      </td>
    </tr>
  );
}

/** From chance, on the left, to the value of an isometry, on the right. */
function Bar({ score }: { score: Score }) {
  const { value, interval, ideal, null: chance, baseline } = score;
  const span = ideal - chance;
  if (!Number.isFinite(span) || span === 0) return null;
  const at = (of: number) => Math.max(0, Math.min(100, (100 * (of - chance)) / span));
  const [low, high] = [at(interval[0]), at(interval[1])].sort((a, b) => a - b) as [number, number];
  const text = `${at(value).toFixed(0)} % of the way from chance to an isometry${baseline ? `; ${baseline.name}: ${at(baseline.value).toFixed(0)} %` : ""}`;
  return (
    <span class="bar" role="img" aria-label={text} title={text}>
      <span class="fill" style={{ width: `${at(value)}%` }} />
      <span class="band" style={{ left: `${low}%`, width: `${high - low}%` }} />
      {baseline && <span class="tick" style={{ left: `${at(baseline.value)}%` }} />}
    </span>
  );
}

function Curves({ audits }: { audits: readonly { name: string; audit: AuditResult }[] }) {
  const draw = useCallback(
    (width: number) => {
      const points = audits.flatMap(({ name, audit }) => {
        const curve = audit.scores.aucLogRnx;
        return curve ? curve.sizes.map((k, i) => ({ name: name || "latent", k, kept: curve.rnx[i]! })) : [];
      });
      return Plot.plot({
        width,
        height: 220,
        x: { type: "log", label: "neighbours", grid: true },
        y: {
          label: "kept beyond chance",
          domain: [Math.min(0, ...points.map(({ kept: v }) => v)), 1],
          grid: true,
        },
        color: { legend: audits.length > 1 },
        marks: [
          Plot.ruleY([0]),
          Plot.line(points, {
            x: "k",
            y: "kept",
            stroke: audits.length > 1 ? "name" : "var(--accent)",
            strokeWidth: 2,
          }),
        ],
      }) as never;
    },
    [audits],
  );
  return (
    <Chart draw={draw} label="Share of neighbours kept beyond chance, by the size of the neighbourhood" />
  );
}

/** "neighborRecall" -> "neighbor recall". */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
