import type { Score, ScoreName } from "../../measure/result.ts";
import { count, duration, percent, plural, significant } from "../numbers.ts";
import type { AuditResult } from "../result.ts";
import { lessIsBetter, SCORE_GROUPS } from "../rules.ts";
import { endsText, valueText } from "../score-table.ts";
import { shapeAlarms, shapeCells } from "../shape-table.ts";
import { engineText, gateText } from "../terminal.ts";
import { achievableOf } from "./cards.ts";
import { dataTable, html, type Markup, NOTHING, prose } from "./markup.ts";

/** What was read. */
export function inputList({ inputs }: AuditResult): Markup {
  return html`<dl>${inputs.map(
    ({
      role,
      path,
      rows,
      cols,
      dtype,
      format,
    }) => html`<dt>${role}</dt><dd>${path} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
`;
}

/** Every score with its interval, chance, baseline and what is achievable. */
export function scoreTableOf({
  scores,
  options,
}: Pick<AuditResult, "scores"> & { readonly options: Pick<AuditResult["options"], "baseline"> }): Markup {
  const all = Object.values(scores) as Score[];
  if (all.length === 0) return NOTHING;
  const columns = {
    interval: all.some(({ exact }) => !exact),
    baseline: options.baseline,
    achievable: all.some(achievableOf),
  };
  const head = [
    "score",
    "value",
    ...(columns.interval ? ["95 % interval"] : []),
    "chance",
    ...(columns.baseline ? [columns.baseline] : []),
    ...(columns.achievable ? ["achievable (here)"] : []),
    "isometry",
    "better",
    "from",
  ];
  const rowOf = (name: ScoreName) => {
    const score = scores[name]!;
    const text = (value: number | undefined) => (value === undefined ? "" : valueText(name, value));
    const achievable = achievableOf(score);
    const cells = [
      name,
      text(score.value),
      ...(columns.interval ? [endsText(name, score, " to ")] : []),
      text(score.null),
      ...(columns.baseline ? [text(score.baseline?.value)] : []),
      ...(columns.achievable
        ? [achievable ? `${text(achievable.value)} (${text(achievable.here)})` : ""]
        : []),
      text(score.ideal),
      lessIsBetter(name) ? "less" : "more",
      `${count(score.n)} ${score.unit}`,
    ];
    return html`<tr>${cells.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>
`;
  };
  const groups = SCORE_GROUPS.map(({ title, names, others }) => {
    const known = [...names, ...others].filter((name) => scores[name]);
    return known.length === 0
      ? NOTHING
      : html`<tr class="group"><th scope="rowgroup" colspan="${head.length}">${title}</th></tr>
${known.map(rowOf)}`;
  });
  return html`<div class="scroll"><table>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${groups}</tbody></table></div>
${stretchWords(scores)}`;
}

function stretchWords({ stretch }: AuditResult["scores"]): Markup {
  if (!stretch) return NOTHING;
  const { within, certificate, scale, torn, collapsed } = stretch;
  const sentences = [
    `Within 10 % of isometry: ${percent(within["0.1"])} of pairs; within 25 %: ${percent(within["0.25"])}; within 50 %: ${percent(within["0.5"])}.`,
    ...(certificate
      ? [
          `With 95 % confidence at most ${percent(certificate.atMost["0.1"])} of all pairs are off by more than 10 %, ${percent(certificate.atMost["0.25"])} by more than 25 %, ` +
            `${percent(certificate.atMost["0.5"])} by more than 50 % (${count(certificate.pairs)} pairs drawn for it).`,
        ]
      : []),
    `Scale taken out: ${significant(scale.median)} (median), ${significant(scale.leastSquares)} (least squares).`,
    ...(torn > 0
      ? [`${plural(torn, "pair is", "pairs are")} torn: equal in the original, apart in the latent.`]
      : []),
    ...(collapsed > 0
      ? [
          `${plural(collapsed, "pair is", "pairs are")} collapsed: apart in the original, equal in the latent.`,
        ]
      : []),
  ];
  return html`<p>${prose(sentences.join(" "))}</p>
`;
}

/** The shape of each space, where an audit holds it (`result.shape`: numbers by name, or estimates): whatever is there becomes a row. */
export function shapeTable(result: AuditResult): Markup {
  const { heads, rows } = shapeCells(result);
  if (rows.length === 0) return NOTHING;
  const table = dataTable(
    ["", ...heads, ""],
    rows.map(({ name, cells, about }) => [
      html`${name}`,
      ...cells.map((cell) => html`${cell}`),
      html`<span class="soft">${about}</span>`,
    ]),
  );
  const alarms = shapeAlarms(result);
  if (alarms.length === 0) return table;
  return html`${table}<ul>${alarms.map((alarm) => html`<li>${prose(alarm)}</li>`)}</ul>`;
}

/** What ought to be known about the data before the numbers are believed. */
export function warningList({ warnings }: Pick<AuditResult, "warnings">): Markup {
  return warnings.length === 0
    ? NOTHING
    : html`<ul>${warnings.map(({ message }) => html`<li>${prose(message)}</li>`)}</ul>`;
}

/** How each gate ended. */
export function gateList({ gates }: Pick<AuditResult, "gates">): Markup {
  if (gates.length === 0) return NOTHING;
  return html`<ul>${gates.map((gate) => {
    const [style, word] = gate.passed ? ["good", "passed"] : ["bad", "failed"];
    return html`<li><b class="${style!}">${word!}</b> ${gateText(gate)}</li>`;
  })}</ul>`;
}

/** Commands worth typing next. */
export function nextList({ next }: Pick<AuditResult, "next">): Markup {
  return next.length === 0
    ? NOTHING
    : html`${next.map(
        ({ command, why }) => html`<p>${why}:</p>
<pre>${command}</pre>
`,
      )}`;
}

/** Everything that the numbers depend on. */
export function parameterList(result: AuditResult, date: string | null): Markup {
  const { options, rows, engine, labels, seconds, isometer } = result;
  const { scores: _, baseline, sample, seed, metric, latentMetric, nNeighbors, ...reading } = options;
  const anchors =
    sample === "exact"
      ? `all ${count(rows)}, exactly`
      : `${count(sample)} of ${count(rows)} as anchors, each against all rows`;
  const facts: [string, string][] = [
    ["rows compared", anchors],
    ["distance in the original", metric],
    ["distance in the latent", latentMetric],
    ["neighbours k", String(nNeighbors)],
    ["baseline", baseline ?? "none"],
    ["seed", String(seed)],
    ...(labels
      ? [["labels", `${plural(labels.classes, "class", "classes")} in ${labels.from}`] as [string, string]]
      : []),
    ...Object.entries(reading)
      .filter(
        ([name, value]) =>
          value !== null &&
          name !== "labels" &&
          (name !== "imageMode" || result.inputs.some(({ format }) => format === "images")),
      )
      .map(
        ([name, value]) =>
          [name, typeof value === "object" ? JSON.stringify(value) : String(value)] as [string, string],
      ),
    ["engine", engineText(engine)],
    ["isometer", isometer],
    ...(date === null ? [] : [["date", date] as [string, string]]),
    ["time", duration(seconds)],
  ];
  return html`<dl>${facts.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl>`;
}
