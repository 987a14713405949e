import { count, percent, plural, score, significant } from "../numbers.ts";
import { storeAuditHow } from "../store-audit.ts";
import type { StoreAuditResult } from "../store-audit-result.ts";
import { millisecondsText, settingName, storeAuditHeadline, storeAuditWords } from "../store-audit-words.ts";
import { dataTable, figure, html, key, type Markup, NOTHING, part, prose } from "./markup.ts";
import { type PageOptions, pageOf } from "./page.ts";
import { logAxis, openPlots, type Plots } from "./plots.ts";
import { gateList, nextList, warningList } from "./tables.ts";

/** The audit of a store as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function storeAuditPage(result: StoreAuditResult, { date }: PageOptions): Promise<string> {
  const { store } = result;
  const words = storeAuditWords(result).map((text) => html`<p>${prose(text)}</p>`);
  const trade = tradeFigure(result, await openPlots());
  const figures = trade === NOTHING ? NOTHING : html`<div class="figures">${trade}</div>`;
  const { markup } = html`<article>
<p class="over">Isometer audit of a store</p>
<h1>${prose(storeAuditHeadline(result))}</h1>
${words}
${storeFacts(result)}
${part("Gates", gateList(result))}${part("Figures", figures)}${part("Searches", settingTable(result))}${part(
  "Warnings",
  warningList(result),
)}${part("How it was measured", html`<p>${storeAuditHow(result).join(" · ")}</p>`)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: audit of ${store.address}`, markup, result.isometer, date);
}

function storeFacts({ store, items, queries }: StoreAuditResult): Markup {
  const { kind, address, dims, metric, mapVersion, index } = store;
  const facts: [string, string][] = [
    ["store", `${address} (${kind})`],
    ["items", `${count(items)} x ${count(dims)}, ${metric}`],
    ["map", mapVersion ?? "nobody said"],
    ["index", index === null ? "none" : `${index.kind}, of ${plural(index.rows, "item")}`],
    ["queries", `${count(queries.count)} from ${queries.from ?? "the store itself"}`],
  ];
  return html`<dl>${facts.map(
    ([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>
`,
  )}</dl>
`;
}

/** Recall over median latency, a dot for each setting; the exact search beside them. */
function tradeFigure(result: StoreAuditResult, { plot, render }: Plots): Markup {
  const { settings, exact, options } = result;
  const dots = settings.map(({ tuning, recall, latency }) => ({
    at: Math.log10(latency.p50.value),
    value: recall.value,
    low: recall.interval[0],
    high: recall.interval[1],
    name: settingName(tuning),
  }));
  const times = [exact, ...settings.map(({ latency }) => latency)].map(({ p50 }) => p50.value);
  if (settings.length < 2 || times.some((time) => !(time > 0))) return NOTHING;
  const line = dots
    .toSorted((a, b) => a.at - b.at)
    .filter((dot, i, all) => all.slice(0, i).every((own) => own.value < dot.value));
  const lowest = Math.min(0.9, ...dots.map(({ low }) => low));
  const picture = render(
    {
      height: 320,
      marginLeft: 52,
      marginBottom: 56,
      marginRight: 20,
      marginTop: 26,
      x: {
        ...logAxis(Math.min(...times) / 1.3, Math.max(...times) * 1.3, 9),
        label: "median latency, ms",
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 46,
      },
      y: { domain: [lowest, 1], label: `recall@${options.nNeighbors}`, ticks: 6, labelArrow: "none" },
      marks: [
        plot.ruleY([0.95, 0.99], { stroke: "var(--soft)", strokeDasharray: "5,4" }),
        plot.ruleX([Math.log10(exact.p50.value)], { stroke: "var(--ink)", strokeDasharray: "2,3" }),
        plot.lineY(line, { x: "at", y: "value", stroke: "var(--blue)", strokeWidth: 2 }),
        plot.ruleX(dots, { x: "at", y1: "low", y2: "high", stroke: "var(--blue)", strokeOpacity: 0.5 }),
        plot.dot(dots, { x: "at", y: "value", r: 3.5, fill: "var(--blue)" }),
        plot.dot(dots.slice(0, 1), { x: "at", y: "value", r: 7, stroke: "var(--ink)", strokeWidth: 2 }),
      ],
    },
    "Recall over median latency, for each setting that was tried.",
  );
  const keys = [
    key("line blue", "settings that no other beats, with 95 % intervals"),
    key("ring", "the defaults"),
    key("dash", "exact search; recall 0.95 and 0.99"),
  ];
  const caption = `What a setting costs and what it finds. The exact search takes ${millisecondsText(exact.p50.value)} at the median.`;
  return figure(picture, keys, caption);
}

function settingTable({ settings, exact, options }: StoreAuditResult): Markup {
  const timed = ({ p50, p95, perSecond }: StoreAuditResult["exact"]) => [
    html`${millisecondsText(p50.value)} <span class="soft">${p50.interval.map((end) => significant(end, 2)).join(" to ")}</span>`,
    html`${millisecondsText(p95.value)} <span class="soft">${p95.interval.map((end) => significant(end, 2)).join(" to ")}</span>`,
    html`${significant(perSecond, 3)}`,
  ];
  const rows = settings.map(({ tuning, recall, poor, excess, latency }) => [
    html`${settingName(tuning)}`,
    html`<b class="${recall.value >= 0.95 ? "good" : recall.value >= 0.8 ? "fair" : "bad"}">${score(recall.value)}</b>`,
    html`${recall.interval.map(score).join(" to ")}`,
    html`${percent(poor.value)}`,
    html`${percent(excess.value)}`,
    ...timed(latency),
  ]);
  const first = [html`exact`, html`1`, NOTHING, NOTHING, NOTHING, ...timed(exact)];
  const head = [
    "",
    `recall@${options.nNeighbors}`,
    "95 % interval",
    "below 0.9",
    "farther",
    "median",
    "95 % of queries",
    "queries/s",
  ];
  return dataTable(head, [first, ...rows]);
}
