import { z } from "zod";
import { IsometerError } from "../../base/index.ts";
import { interval, natural, pair, point, real } from "../../jobs/schema-parts.ts";
import type { AuditResult, NamedPair, RowNames } from "../../report/result.ts";
import {
  type DimensionAdvice,
  type PairStory,
  pairStory,
  suggestDimension,
} from "../../spaces/explore/index.ts";
import { confine } from "./confine.ts";
import { readPoints } from "./read-points.ts";
import { type LiveView, nameOf } from "./views/live.ts";
import { viewRequest } from "./views/plan.ts";
import type { Views } from "./views/views.ts";

/** What a question is answered from. */
export interface Asking {
  readonly folder: string;
  readonly views: Views;
  readonly signal: AbortSignal;
  /** Runs a job of the table; its result. */
  readonly runJob: (job: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

/** A tool beside the jobs: a question that agents ask about a picture. */
export interface Question {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodObject;
  /** Of the data of an answer. */
  readonly data: z.ZodObject;
  answer(
    args: Readonly<Record<string, unknown>>,
    asking: Asking,
  ): Promise<{ readonly text: string; readonly data: object }>;
}

const spaces = viewRequest.pick({ original: true, id: true, metric: true, latentMetric: true }).extend({
  latent: z.string().min(1).describe("path of the latent, the same rows"),
});

const worstSchema = spaces.extend({
  labels: z.string().min(1).optional().describe("labels of the rows: a file, or a column"),
  count: z.int().min(1).max(50).default(10),
});

const worstPoints: Question = {
  name: "worst_points",
  description:
    "The rows whose neighbourhood the latent keeps worst, and the pairs that it stretches and shrinks most, by an audit: what to look at first.",
  schema: worstSchema,
  data: z.strictObject({
    rows: natural,
    points: z.array(point),
    stretched: z.array(pair),
    shrunk: z.array(pair),
  }),
  async answer(args, { runJob }) {
    const { count, ...request } = checked(worstSchema, args);
    const { witnesses, rows } = (await runJob("audit", {
      ...request,
      latent: [request.latent],
    })) as AuditResult;
    const points = witnesses.points.slice(0, count);
    const [stretched, shrunk] = [witnesses.stretched.slice(0, count), witnesses.shrunk.slice(0, count)];
    const pairText = ({ a, b, aNames, bNames, stretch }: NamedPair) =>
      `${named(a, aNames)} and ${named(b, bNames)}: ${stretch.toPrecision(3)} times their length`;
    const text = [
      `Of ${rows} rows, those that are shown worst:`,
      ...points.map(
        (point) => `- ${named(point.row, point)}: ${percent(point.recall)} of its neighbours kept`,
      ),
      "Drawn too far apart:",
      ...stretched.map((pair) => `- ${pairText(pair)}`),
      "Drawn too close:",
      ...shrunk.map((pair) => `- ${pairText(pair)}`),
    ].join("\n");
    return { text, data: { rows, points, stretched, shrunk } };
  },
};

const rowSchema = z
  .union([z.int().min(0), z.string().min(1)])
  .describe("number of the row, counted from 0, or its id");
const pairSchema = spaces.extend({
  a: rowSchema,
  b: rowSchema,
  nNeighbors: z.int().min(1).max(1000).default(15).describe("who counts as near"),
});

const inSpace = z.strictObject({ length: real, rankFromA: natural, rankFromB: natural, share: real });

const VERDICTS: Readonly<Record<PairStory["verdict"], string>> = {
  "near in both": "They are near in both: the picture is right.",
  "far in both": "They are no neighbours in either space.",
  "torn apart": "They are near in the data, and the latent tears them apart.",
  "put together": "They are no neighbours in the data; the latent puts them together.",
};

const whyFar: Question = {
  name: "why_far",
  description:
    "Why are these two rows far apart, or close, in the latent? Their length and rank in both spaces, by how much the pair is stretched, and whether the picture is right about them.",
  schema: pairSchema,
  data: z.strictObject({
    a: natural,
    b: natural,
    rows: natural,
    k: natural,
    original: inSpace,
    latent: inSpace,
    stretch: real.describe("in the best single unit; null where the length in the data is 0"),
    keptAroundA: real,
    keptAroundB: real,
    verdict: z.enum(Object.keys(VERDICTS) as [PairStory["verdict"], ...PairStory["verdict"][]]),
    names: z.tuple([z.string(), z.string()]),
  }),
  async answer(args, { views, signal }) {
    const { a, b, nNeighbors, latent, ...request } = checked(pairSchema, args);
    const { id } = await views.open({ ...request, latent: [latent] }, signal);
    return views.use(id, async (view) => {
      const [only] = view.latents;
      const rows = [rowNamed(view, a), rowNamed(view, b)] as const;
      const k = Math.min(nNeighbors, view.rows - 1);
      const how = { scale: await only!.scale(), engine: view.engine, k, signal };
      const story = await pairStory([view.original.space, only!.space], rows, how);
      const names = rows.map((row) => nameOf(view, row)) as [string, string];
      return { text: storyText(story, names), data: { ...story, names } };
    });
  },
};

const dimensionSchema = z.strictObject({
  data: z.string().min(1).describe("path of the vectors"),
  vector: z.string().min(1).optional().describe("column or array that holds them"),
  keep: z.number().gt(0).max(1).default(0.9).describe("share of neighbours that has to stay"),
});

const withInterval = z.strictObject({ value: real, interval });

const suggestDimensions: Question = {
  name: "suggest_dimension",
  description:
    "How many dimensions do these vectors need? The intrinsic dimension with its interval, and what the best linear map to 1, 2, 3, 4, 6 ... dimensions keeps, each audited.",
  schema: dimensionSchema,
  data: z.strictObject({
    cols: natural,
    intrinsic: withInterval.nullable(),
    steps: z.array(
      z.strictObject({ dims: natural, variance: real, neighborRecall: withInterval, stress: withInterval }),
    ),
    suggested: natural.nullable(),
    keep: z.number(),
  }),
  async answer(args, { folder, signal }) {
    const { data, vector, keep } = checked(dimensionSchema, args);
    await confine(folder, { data });
    const advice = await readPoints(folder, data, vector, signal, (points, engine) =>
      suggestDimension(points, { engine, keep, signal }),
    );
    return { text: dimensionText(advice), data: advice };
  },
};

/** Every question, in the order of the list of tools. */
export const QUESTIONS: readonly Question[] = [worstPoints, whyFar, suggestDimensions];

/** @throws bad-option, with the argument */
function checked<T>(schema: z.ZodType<T>, args: unknown): T {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new IsometerError("bad-option", `${issue!.path.join(".") || "the arguments"}: ${issue!.message}`);
}

/** @throws bad-range for a row that there is none of */
function rowNamed({ ids, rows }: LiveView, asked: number | string): number {
  const row = typeof asked === "number" ? asked : (ids?.indexOf(asked) ?? -1);
  if (row >= 0 && row < rows) return row;
  throw new IsometerError("bad-range", `there is no row ${JSON.stringify(asked)}`, {
    got: String(asked),
    needed: ids ? `0 to ${rows - 1}, or an id` : `0 to ${rows - 1}`,
  });
}

function named(row: number, names: RowNames | undefined): string {
  const known = [names?.id, names?.label].filter((text) => text !== undefined);
  return known.length === 0 ? `row ${row}` : `row ${row} (${known.join(", ")})`;
}

function storyText(story: PairStory, [a, b]: readonly [string, string]): string {
  const place = ({ rankFromA, rankFromB, length }: PairStory["original"]) =>
    `length ${length.toPrecision(4)}; ${b} is neighbour ${rankFromA} of ${a}, ${a} is neighbour ${rankFromB} of ${b}`;
  return [
    VERDICTS[story.verdict],
    `In the data: ${place(story.original)} (of ${story.rows - 1}).`,
    `In the latent: ${place(story.latent)}.`,
    story.stretch === null
      ? "In the data they are the same."
      : `In the best single unit the latent shows ${story.stretch.toPrecision(3)} of the true length.`,
    `Of the ${story.k} nearest, ${a} keeps ${percent(story.keptAroundA)}, ${b} keeps ${percent(story.keptAroundB)}.`,
  ].join("\n");
}

function dimensionText({ cols, intrinsic, steps, suggested, keep }: DimensionAdvice): string {
  const range = ({ value, interval }: { value: number; interval: readonly [number, number] }) =>
    `${value.toPrecision(3)} (${interval[0].toPrecision(3)} to ${interval[1].toPrecision(3)})`;
  return [
    suggested === null
      ? `No step looked at keeps ${percent(keep)} of the neighbours for sure.`
      : `${suggested} of ${cols} dimensions keep ${percent(keep)} of the neighbours for sure, by the best linear map.`,
    ...(intrinsic
      ? [
          `The data has about ${range(intrinsic)} dimensions by itself: a curved map may need fewer than a linear one, none needs fewer than that.`,
        ]
      : []),
    "dimensions, variance, neighbours kept, stress:",
    ...steps.map(
      ({ dims, variance, neighborRecall, stress }) =>
        `${dims}, ${percent(variance)}, ${range(neighborRecall)}, ${range(stress)}`,
    ),
  ].join("\n");
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
