import type { Picture } from "../../measure/picture.ts";
import { markOf } from "../compare.ts";
import { entrantsOf } from "../ranking.ts";
import { recommendation } from "../recommendation.ts";
import type { AuditResult } from "../result.ts";
import { headline, JUDGED_NAMES, lessIsBetter } from "../rules.ts";
import { valueText } from "../score-table.ts";
import { referenceWords } from "../terminal.ts";
import { scoreCards } from "./cards.ts";
import { curveFigure } from "./curve-figure.ts";
import { neighborMap, tissotMap } from "./map-figures.ts";
import { dataTable, escapeText, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { bandsFigure, shepardFigure } from "./pair-figures.ts";
import { openPlots, type Plots } from "./plots.ts";
import { STYLE } from "./style.ts";
import {
  gateList,
  inputList,
  nextList,
  parameterList,
  scoreTableOf,
  shapeTable,
  warningList,
} from "./tables.ts";
import { type Looks, witnessParts } from "./witnesses.ts";

/** One audit of a page. */
export interface PageSection {
  /** What the latent is called beside others. */
  readonly name: string;
  readonly result: AuditResult;
  /** Null where nothing was gathered: there are no figures then. */
  readonly picture: Picture | null;
  readonly looks: Looks;
}

/** What a page is told by those who ask for it. */
export interface PageOptions {
  /** The day of writing; null where nobody said. */
  readonly date: string | null;
}

/** Points on all maps of a page together: at 12 bytes each, on two maps. */
const ALL_POINTS = 30_000;

/** No script, no network: all that a page may load is what it carries itself. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Audits as one page of HTML that needs nothing beside it. Same sections and date, same bytes. */
export async function auditPage(sections: readonly PageSection[], { date }: PageOptions): Promise<string> {
  const plots = await openPlots();
  const limit = Math.min(5_000, Math.floor(ALL_POINTS / sections.length));
  const title = titleOf(sections);
  const articles = sections.map((section, i) =>
    article(section, { plots, limit, date, id: `audit-${i + 1}` }),
  );
  const { markup } = html`${sections.length > 1 ? overview(sections) : NOTHING}${articles}`;
  return pageOf(title, markup, sections[0]?.result.isometer ?? "", date);
}

/** What a page may have beside markup. */
export interface PageExtras {
  /** The hash of the one script that may run. */
  readonly scriptHash?: string | null;
  /** Seconds after which it loads itself again. */
  readonly renewed?: number;
}

/** A whole page of some markup. */
export function pageOf(
  title: string,
  content: string,
  version: string,
  date: string | null,
  { scriptHash = null, renewed }: PageExtras = {},
): string {
  const policy = scriptHash === null ? POLICY : `${POLICY}; script-src '${scriptHash}'`;
  const refresh = renewed === undefined ? "" : `<meta http-equiv="refresh" content="${renewed}">\n`;
  const foot = html`<footer>Made by isometer ${version}${date === null ? "" : `, ${date}`}. Equal inputs, options and seed give equal numbers and figures.</footer>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
${refresh}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
${foot.markup}
</main>
</body>
</html>
`;
}

function titleOf(sections: readonly PageSection[]): string {
  const [original, latent] = inputsOf(sections[0]?.result);
  return sections.length === 1
    ? `Isometer: ${latent} against ${original}`
    : `Isometer: ${sections.length} latents against ${original}`;
}

/** Paths of the original and the latent. */
function inputsOf(result: AuditResult | undefined): readonly [string, string] {
  const path = (role: string) => result?.inputs.find((input) => input.role === role)?.path;
  return [path("original") ?? "the original", path("latent") ?? "the latent"];
}

/** Several latents: what each verdict is, and who is best at what. */
function overview(sections: readonly PageSection[]): Markup {
  const compared = sections.map(({ name, result }) => ({ name, audit: result }));
  const entrants = entrantsOf(compared);
  const names = JUDGED_NAMES.filter((name) => compared.some(({ audit }) => audit.scores[name]));
  const rows = names.map((score) => {
    const all = entrants.flatMap(({ scores }) => scores[score] ?? []);
    const cells = entrants.map(({ scores }) => {
      const own = scores[score];
      const text = valueText(score, own?.value ?? Number.NaN);
      return own && markOf(score, own, all) !== "" ? html`<b>${text}</b>` : html`${text}`;
    });
    return [html`${score}`, ...cells, html`${lessIsBetter(score) ? "less" : "more"}`];
  });
  const verdicts = compared.map(
    ({ name, audit }, i) =>
      html`<li><a href="#audit-${i + 1}">${name}</a>: ${prose(headline(audit.scores, audit.options.nNeighbors))}</li>
`,
  );
  const [best, ...others] = recommendation(entrants);
  return html`<p class="over">Isometer audit of ${sections.length} latents against ${inputsOf(sections[0]!.result)[0]}</p>
<h1>${prose(best!)}</h1>
${others.map((text) => html`<p>${prose(text)}</p>`)}
<ul>${verdicts}</ul>
${part("Side by side", dataTable(["", ...entrants.map(({ name }) => name), "better"], rows), html`<p class="soft">Bold: the best of each row, and what is level with it.</p>`)}`;
}

interface Setting {
  readonly plots: Plots;
  readonly limit: number;
  readonly date: string | null;
  readonly id: string;
}

/** One audit: the verdict first, then the evidence, then how it came about. */
function article({ result, picture, looks }: PageSection, { plots, limit, date, id }: Setting): Markup {
  const { scores, options } = result;
  const [original, latent] = inputsOf(result);
  const words = referenceWords(result).map((text) => html`<p>${prose(text)}</p>`);
  return html`<article id="${id}">
<p class="over">Isometer audit of ${latent} against ${original}</p>
<h1>${prose(headline(scores, options.nNeighbors))}</h1>
${words}
${inputList(result)}
${part("Gates", gateList(result))}${part("Scores", scoreCards(result))}${figures(result, picture, plots, limit)}${part(
  "Worst pairs and rows",
  witnessParts(result, looks),
)}${part("All scores", scoreTableOf(result))}${part("Shape of both spaces", shapeTable(result))}${part(
  "Warnings",
  warningList(result),
)}${part("How it was measured", parameterList(result, date))}${part("Next", nextList(result))}</article>
`;
}

function figures(result: AuditResult, picture: Picture | null, plots: Plots, limit: number): Markup {
  const { scores, options, inputs, rows } = result;
  const latent = inputs.find(({ role }) => role === "latent");
  const names = { dimensions: latent?.cols ?? 0, k: options.nNeighbors };
  const curve = scores.aucLogRnx;
  const side = (...drawn: readonly Markup[]) =>
    drawn.some(({ markup }) => markup !== "") ? html`<div class="figures">${drawn}</div>` : NOTHING;
  const pairs = side(
    picture ? shepardFigure(picture.pairs, plots) : NOTHING,
    picture ? bandsFigure(picture.pairs, scores.stretch, plots) : NOTHING,
    curve ? curveFigure(curve, options.nNeighbors, rows, plots) : NOTHING,
  );
  const maps = side(
    picture ? neighborMap(picture, names, plots, limit) : NOTHING,
    picture ? tissotMap(picture, names, plots, limit) : NOTHING,
  );
  const missing = picture ? missingWords(picture) : [];
  const words = missing.length > 0 ? html`<p class="soft">${missing.join(" ")}</p>` : NOTHING;
  return part("Figures", pairs, maps, words);
}

/** Why a figure is not there. */
function missingWords({ map, fits }: Picture): string[] {
  if (!map) return ["No map: the latent has more dimensions than PCA takes here."];
  if (map.from === "line" || fits) return [];
  return ["No ellipses: they need four neighbours a row, and neighbours that span a plane."];
}
