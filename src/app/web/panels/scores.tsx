import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import type { AuditResult, ComparisonResult } from "../../../report/result.ts";
import type { KeptAudit, View } from "../../views-contract.ts";
import { jobs, keptAuditsOf } from "../api.ts";
import { Chart, Plot } from "../charts/chart.tsx";
import { told, toldBeside } from "../state/begin.ts";
import { Frontier } from "./frontier.tsx";
import { useKeptFocus } from "./kept-focus.ts";
import { Moment } from "./moment.tsx";
import { ProgressLine, useRun } from "./running.tsx";
import { AuditTable } from "./score-table.tsx";

type Audited = AuditResult | ComparisonResult;

/** What is shown of a view. */
interface Shown {
  /** Names tell several apart. */
  readonly audits: readonly { readonly name: string; readonly audit: AuditResult }[];
  readonly warnings: readonly string[];
  /** Where they come from that were not measured on this page. */
  readonly kept: readonly KeptAudit[];
}

/** What was audited on this page, or taken from a project, by view: it stays when the tab is left. */
const seen = new Map<string, Shown>();

/** The audits of the latents of a view, where this page has shown them. */
export function auditsOf(view: View): Shown["audits"] {
  return seen.get(view.id)?.audits ?? [];
}

/** The audit: scores with intervals, what chance and the best linear map would have, and the curve of neighbourhoods. */
export function Scores({ view }: { view: View }) {
  const result = useSignal<Shown | null>(seen.get(view.id) ?? null);
  const run = useRun();
  const show = (shown: Shown) => {
    seen.set(view.id, shown);
    result.value = shown;
  };
  useKeptFocus(() => document.getElementById("panel"));
  const start = () =>
    told(async () => {
      if (run.isBusy.value) return;
      const { original, latent, imageSize: _, ...reading } = view.request;
      const given = { ...reading, imageSize: view.original.imageSize };
      const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
      const found = await run.follow((call) => jobs.run("audit", { original, latent }, options, call));
      show(measured(found as Audited));
    });
  useEffect(() => {
    if (result.peek()) return;
    const controller = new AbortController();
    void toldBeside(async () => {
      const { audits } = await keptAuditsOf(view, controller.signal);
      if (audits.length > 0 && !result.peek() && !run.now.peek()) show(fromProject(view, audits));
    });
    return () => controller.abort();
  }, [view.id]);
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
      {result.value && <Results view={view} shown={result.value} />}
      <Frontier view={view} />
    </>
  );
}

function measured(found: Audited): Shown {
  const warnings = found.warnings.map(({ message }) => message);
  if (found.schema === "isometer/audit/1") {
    return { audits: [{ name: "", audit: found }], warnings, kept: [] };
  }
  return { audits: found.audits, warnings, kept: [] };
}

function fromProject(view: View, kept: readonly KeptAudit[]): Shown {
  const inOrder = kept.toSorted((a, b) => a.latent - b.latent);
  const nameOf = ({ latent }: KeptAudit) => (view.latents.length > 1 ? view.latents[latent]!.name : "");
  const warnings = inOrder.flatMap(({ audit }) => audit.warnings.map(({ message }) => message));
  return {
    audits: inOrder.map((each) => ({ name: nameOf(each), audit: each.audit })),
    warnings: [...new Set(warnings)],
    kept: inOrder,
  };
}

function Results({ view, shown: { audits, warnings, kept } }: { view: View; shown: Shown }) {
  return (
    <>
      {kept.length > 0 && <FromProject view={view} kept={kept} />}
      {audits.map(({ name, audit }) => (
        <AuditTable key={name} name={name} audit={audit} />
      ))}
      <h3>Neighbourhoods kept, by their size</h3>
      <Curves audits={audits} />
      {warnings.map((message) => (
        <p key={message} class="note">
          {message}
        </p>
      ))}
    </>
  );
}

/** Since when the project has them, and what it lacks. */
function FromProject({ view, kept }: { view: View; kept: readonly KeptAudit[] }) {
  const has = new Set(kept.map(({ latent }) => latent));
  const lacking = view.latents.filter((_, l) => !has.has(l)).map(({ name }) => name);
  return (
    <div class="note">
      <p>Kept by the project; no file of theirs has changed since:</p>
      <ul>
        {kept.map(({ latent, file, written }) => (
          <li key={file}>
            {view.latents[latent]!.name}: {file}, written <Moment of={written} />
          </li>
        ))}
      </ul>
      {lacking.length > 0 && <p>Without an audit that is up to date: {lacking.join(", ")}.</p>}
    </div>
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
