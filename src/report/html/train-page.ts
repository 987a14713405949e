import { count, percent, plural, significant } from "../numbers.ts";
import { bestWords, scoredWords } from "../train.ts";
import type { TrainEvidence, TrainResult } from "../train-result.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { nextList, scoreTableOf, warningList } from "./tables.ts";
import { type CurvesOf, lookFigure, lossFigure } from "./train-figures.ts";
import { latentPlayer } from "./train-latent.ts";

/** What is known of a training while it runs. */
export type TrainProgress = Pick<
  TrainResult,
  "isometer" | "inputs" | "about" | "options" | "rows" | "network" | "epochs"
>;

/** Seconds after which a page of a training that runs looks again. */
const RENEWED = 5;

/** The page of a training that is over. Same result, evidence and date, same bytes. */
export async function trainPage(
  result: TrainResult,
  evidence: TrainEvidence,
  date: string | null,
): Promise<string> {
  const { best, findings, scored, scores, reconstruction, seconds } = result;
  const { figures, latent, scriptHash } = await drawn(result, evidence, {
    best: best.epoch,
    levels: {
      stress: scored === "held-out" ? (scores.stress?.baseline?.value ?? null) : null,
      reconstruction: reconstruction?.baseline.error ?? null,
    },
  });
  const { markup } = html`<article>
<p class="over">Isometer training on ${result.inputs[0]?.path ?? ""}</p>
<h1>${prose(headline(result))}</h1>
<p>${prose(bestWords(result))}</p>
${findings.map(({ message }) => html`<p class="bad">${prose(message)}</p>`)}
${cards(result)}
${part("The latent as it moves", latent)}${part("Curves", figures)}${part("Scores", html`<p>${scoredWords(result)}</p>`, scoreTableOf({ scores, options: { baseline: "PCA" } }))}${part(
  "Warnings",
  warningList(result),
)}${part("Options", optionList(result), html`<p class="soft">${plural(result.steps, "step")} in ${significant(seconds, 3)} s.</p>`)}${part("Files", fileTable(result))}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: training on ${result.inputs[0]?.path ?? ""}`, markup, result.isometer, date, {
    scriptHash,
  });
}

/** The page of a training that runs: it renews itself. */
export async function trainingPage(progress: TrainProgress, evidence: TrainEvidence): Promise<string> {
  const { epochs, options, inputs, isometer } = progress;
  const { figures, latent, scriptHash } = await drawn(progress, evidence, {
    best: null,
    levels: { stress: null, reconstruction: null },
  });
  const look = epochs.findLast((epoch) => epoch.look)?.look;
  const words = look
    ? `Stress of held-out rows ${significant(look.stress, 3)}, recall ${significant(look.recall, 3)}.`
    : "Nobody has looked yet.";
  const { markup } = html`<article>
<p class="over">Isometer training on ${inputs[0]?.path ?? ""}</p>
<h1>Training: epoch ${count(epochs.length)} of ${count(options.epochs)}</h1>
<p>${words} This page renews itself every ${RENEWED} seconds, until the training has ended.</p>
${part("The latent as it moves", latent)}${part("Curves", figures)}${part("Options", optionList(progress))}</article>
`;
  return pageOf(`Isometer: training, epoch ${epochs.length}`, markup, isometer, null, {
    scriptHash,
    renewed: RENEWED,
  });
}

interface Levels {
  readonly stress: number | null;
  readonly reconstruction: number | null;
}

async function drawn(
  { epochs, options }: TrainProgress,
  evidence: TrainEvidence,
  { best, levels }: { readonly best: number | null; readonly levels: Levels },
) {
  const curves: CurvesOf = { epochs, best, plots: await openPlots() };
  const along = options.metric === "geodesic" ? " of lengths along the data" : "";
  const all = [
    lookFigure(curves, "stress", {
      label: "stress",
      caption: `How far distances of held-out rows are from the data's at the best scale: 0 is an isometry. Stress${along}.`,
      level: levels.stress,
      isLog: false,
    }),
    lossFigure(curves),
    lookFigure(curves, "recall", {
      label: "recall",
      caption: `Share of the ${options.nNeighbors} nearest neighbours among held-out rows that stayed so.`,
      level: null,
      isLog: false,
    }),
    lookFigure(curves, "reconstruction", {
      label: "reconstruction error",
      caption: "Mean squared error of held-out rows that went through encoder and decoder.",
      level: levels.reconstruction,
      isLog: true,
    }),
    lookFigure(curves, "conditionNumber", {
      label: "condition number",
      caption: "Of the decoder's metric, mean over held-out codes: 1 stretches all directions alike.",
      level: null,
      isLog: true,
    }),
    lookFigure(curves, "effectiveRank", {
      label: "directions in use",
      caption: `Of ${plural(options.to, "dimension")} of the code; fewer and fewer: it collapses.`,
      level: null,
      isLog: false,
    }),
  ].filter(({ markup }) => markup !== "");
  const figures = all.length > 0 ? html`<div class="figures">${all}</div>` : NOTHING;
  const { markup: latent, scriptHash } = await latentPlayer(evidence);
  return { figures, latent, scriptHash };
}

function headline({ scores, options, inputs }: TrainResult): string {
  const { stress } = scores;
  const what = `${inputs[0]?.path ?? "The data"} in ${plural(options.to, "dimension")}`;
  if (!stress) return what;
  const base = stress.baseline
    ? `; ${stress.baseline.name} has ${significant(stress.baseline.value, 3)}`
    : "";
  return `${what}: stress ${significant(stress.value, 3)}${base}`;
}

function cards({ scores, reconstruction, geometry, collapse, best, epochs, options }: TrainResult): Markup {
  const recall = scores.neighborRecall;
  const all = [
    scores.stretch &&
      card("stretch", significant(scores.stretch.value, 3), "q95 / q05 of code over data: 1 is an isometry"),
    recall &&
      card(
        "neighbour recall",
        significant(recall.value, 3),
        recall.baseline
          ? `${recall.baseline.name} ${significant(recall.baseline.value, 3)}`
          : `of ${options.nNeighbors} nearest`,
      ),
    reconstruction &&
      card(
        "reconstruction",
        percent(1 - reconstruction.unexplained),
        `of the variance comes back; PCA ${percent(1 - reconstruction.baseline.unexplained)}`,
      ),
    geometry &&
      card(
        "condition number",
        significant(geometry.conditionNumber.value, 3),
        "of the decoder's metric: 1 stretches all directions alike",
      ),
    card(
      "directions in use",
      `${collapse.active} of ${collapse.columns}`,
      `effectively ${significant(collapse.effectiveRank, 3)}`,
    ),
    card("kept", `epoch ${count(best.epoch)}`, `of ${count(epochs.length)}`),
  ].filter((each) => each !== null && each !== undefined);
  return html`<div class="cards">${all}</div>
`;
}

function card(name: string, value: string, words: string): Markup {
  return html`<div class="card"><h3>${name}</h3>
<p><b>${prose(value)}</b></p><small>${prose(words)}</small></div>
`;
}

function optionList({ options, about, rows, network }: TrainProgress): Markup {
  const text = (value: unknown): string =>
    typeof value === "string"
      ? value
      : Array.isArray(value)
        ? value.map(text).join(", ")
        : JSON.stringify(value);
  const given = Object.entries(options).filter(([, value]) => value !== null && value !== false);
  const facts = [
    ["trained for", about],
    ["rows", `${count(rows.train)} to train on, ${count(rows.heldOut)} held out`],
    [
      "network",
      `${count(network.inputs)} numbers to ${count(network.outputs)}, ${plural(network.parameters, "parameter")}`,
    ],
    ...given.map(([name, value]) => [name, text(value)]),
  ];
  return html`<dl>${facts.map(
    ([name, value]) => html`<dt>${name!}</dt><dd>${value!}</dd>
`,
  )}</dl>
`;
}

function fileTable({ files }: TrainResult): Markup {
  return dataTable(
    ["", "file"],
    files.map(({ what, path }) => [html`${what}`, html`<code>${path}</code>`]),
  );
}
