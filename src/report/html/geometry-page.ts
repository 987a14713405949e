import type { GeometryPicture } from "../../measure/geometry/result.ts";
import { direction, geometryHow } from "../geometry.ts";
import {
  GEOMETRY_SCORE_NAMES,
  GEOMETRY_SCORES,
  type GeometryResult,
  geometryGrade,
  geometryScoresOf,
} from "../geometry-result.ts";
import { geometryHeadline, geometryWords } from "../geometry-words.ts";
import { count, significant } from "../numbers.ts";
import { conditionMap, ellipseMap, spectrumFigure, volumeMap, walkParts } from "./geometry-figures.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { gateList, nextList, warningList } from "./tables.ts";

/** What a page of a geometry shows beside its result. */
export interface GeometryLooks {
  readonly picture: GeometryPicture | null;
  /** Pictures of each walk, five each; empty where outputs are no pictures. */
  readonly walks: readonly (readonly {
    readonly src: string;
    readonly width: number;
    readonly height: number;
  }[])[];
  readonly date: string | null;
}

/** The geometry of a network as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function geometryPage(
  result: GeometryResult,
  { picture, walks, date }: GeometryLooks,
): Promise<string> {
  const plots = await openPlots();
  const spectrum = spectrumFigure({ result, plots });
  const maps = picture
    ? [conditionMap, volumeMap, ellipseMap].map((draw) => draw({ result, picture, plots }))
    : [];
  const drawn = [...maps, spectrum].filter(({ markup }) => markup !== "");
  const figures =
    drawn.length > 0
      ? html`<div class="figures">${drawn}</div>`
      : html`<p class="soft">No maps: Jacobians of this size are estimated, by products with them.</p>`;
  const words = geometryWords(result).map((text) => html`<p>${prose(text)}</p>`);
  const model = result.models[0]!.path;
  const { markup } = html`<article>
<p class="over">Isometer geometry of ${model} at ${result.inputs[0]?.path ?? ""}</p>
<h1>${prose(geometryHeadline(result))}</h1>
${words}
${factList(result)}
${part("Gates", gateList(result))}${part("Figures", figures)}${part(
  "Walks through the most uneven points",
  picture ? walkParts(picture, walks) : NOTHING,
)}${part("Scores", scoreTable(result))}${part("Worst points", witnessTable(result))}${part(
  "Bound of the stretch",
  boundTable(result),
)}${part("Warnings", warningList(result))}${part("How it was measured", html`<p>${geometryHow(result).join(" · ")}</p>`)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: geometry of ${model}`, markup, result.isometer, date);
}

function factList({ models, inputs, network }: GeometryResult): Markup {
  const shape = (dims: readonly number[]) => dims.map(count).join(" x ") || "1";
  const facts = [
    ...models.map(({ role, path }) => [role, path] as const),
    ...inputs.map(
      ({ role, path, rows, cols, dtype, format }) =>
        [role, `${path} (${count(rows)} x ${count(cols)}, ${dtype}, ${format})`] as const,
    ),
    [
      "maps",
      `${network.input} (${shape(network.inputShape)}) to ${network.output} (${shape(network.outputShape)})`,
    ] as const,
    ["latent", `its ${network.latent}, ${count(network.rank)} dimensions`] as const,
  ];
  return html`<dl>${facts.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl>
`;
}

function scoreTable(result: GeometryResult): Markup {
  const scores = geometryScoresOf(result);
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? "" : significant(value);
  const rows = GEOMETRY_SCORE_NAMES.filter((name) => scores[name]).map((name) => {
    const { value, interval, exact, baseline, null: chance, ideal, n, unit } = scores[name]!;
    return [
      html`${name}`,
      html`<b class="${geometryGrade(name, value)}">${number(value)}</b>`,
      html`${exact ? "exact" : `${number(interval[0])} to ${number(interval[1])}`}`,
      html`${number(baseline?.value)}`,
      html`${number(chance)}`,
      html`${number(ideal)}`,
      html`${count(n)} ${unit}`,
      html`<span class="soft">${GEOMETRY_SCORES[name].about}</span>`,
    ];
  });
  const head = ["", "value", "95 % interval", "linear", "chance", "isometry", "from", ""];
  return html`${dataTable(head, rows)}<p class="soft">Less is better. Linear: in the best linear coordinates of the latent. Chance: were each Jacobian a matrix of random numbers.</p>`;
}

function witnessTable({ witnesses }: GeometryResult): Markup {
  const kinds = [
    ["uneven", witnesses.uneven],
    ["most volume", witnesses.expanded.slice(0, 2)],
    ["least volume", witnesses.collapsed.slice(0, 2)],
  ] as const;
  const rows = kinds.flatMap(([why, points]) =>
    points.map(({ row, largest, smallest, logVolume, most, least }) => [
      html`row ${row}`,
      html`${why}`,
      html`${significant(largest, 3)}`,
      html`${most ? direction(most) : ""}`,
      html`${significant(smallest, 3)}`,
      html`${least ? direction(least) : ""}`,
      html`${significant(logVolume, 3)}`,
    ]),
  );
  return dataTable(["", "", "most", "along", "least", "along", "log-volume"], rows);
}

function boundTable({ lipschitz: { empirical, certified } }: GeometryResult): Markup {
  if (certified.value === null) return html`<p>${certified.reason ?? ""}</p>`;
  const rows = certified.parts.map(({ what, bound }) => [html`${what}`, html`${significant(bound)}`]);
  return html`<p>At most ${significant(certified.value)} for any two inputs; at least ${significant(empirical)}, which was met. The truth is between. Activations and ways that meet are counted as well.</p>
${dataTable(["linear layer", "norm at most"], rows)}`;
}
