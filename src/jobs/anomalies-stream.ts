import { IsometerError, matrix } from "../base/index.ts";
import type { AnomaliesResult } from "../report/index.ts";
import { type Autoencoder, type Detector, openScorer, type Threshold } from "../spaces/anomalies/index.ts";
import type { AnomaliesValues } from "./anomalies-options.ts";
import type { JobContext, Lines } from "./define.ts";
import { defined } from "./result.ts";

/** Rows that are scored in one go at most, so that memory stays small where lines come fast. */
const MOST_ROWS = 256;

/** A line of the stream: a row, or what is wrong with it. */
type Parsed =
  | { readonly line: number; readonly id?: string | number; readonly vector: Float32Array }
  | { readonly line: number; readonly id?: string | number; readonly error: IsometerError };

type Counts = NonNullable<AnomaliesResult["stream"]>;

/** @throws bad-option where there is no standard input, or for options that need all rows at once */
export function streamOf(ctx: JobContext, { out, labels, rows }: AnomaliesValues): Lines {
  const other = Object.entries({ out, labels, rows }).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined) {
    throw new IsometerError("bad-option", `--stream does not go with --${other}: rows come one by one`, {
      hint: "Give POINTS as a file instead of --stream.",
    });
  }
  if (ctx.lines) return ctx.lines;
  throw new IsometerError("bad-option", "--stream reads standard input, and there is none here", {
    hint: "Give POINTS as a file.",
  });
}

/** Scores line by line, in the order in which they come; what has come together is scored together. */
export async function scoreLines(
  lines: Lines,
  { detector, autoencoder }: { readonly detector: Detector; readonly autoencoder: Autoencoder | null },
  threshold: Threshold,
  { threads, provider, strict }: AnomaliesValues,
  signal: AbortSignal | undefined,
): Promise<Counts> {
  const scorer = await openScorer(detector, defined({ threads, provider, signal }));
  const counts = { lines: 0, scored: 0, flagged: 0, bad: 0 };
  const answer = async (some: readonly Parsed[]) => {
    const vectors = some.flatMap((own) => ("vector" in own ? [own.vector] : []));
    const points = matrix(new Float32Array(vectors.length * detector.cols), vectors.length, detector.cols);
    for (const [i, vector] of vectors.entries()) points.data.set(vector, i * detector.cols);
    const seen = autoencoder && vectors.length > 0 && (await autoencoder.look(points, defined({ signal })));
    const known = seen ? { given: seen.given } : {};
    const { scores, pValues } =
      vectors.length > 0 ? await scorer.score(points, known) : { scores: [], pValues: [] };
    let at = 0;
    const said = some.map((own) => {
      const { line, id } = own;
      const head = { line, ...(id !== undefined && { id }) };
      if ("error" in own) return { ...head, error: own.error.code, message: own.error.message };
      const [score, pValue] = [scores[at]!, pValues![at]!];
      at++;
      const isFlagged = score > threshold.value;
      if (isFlagged) counts.flagged++;
      return { ...head, score, pValue, isFlagged };
    });
    counts.scored += vectors.length;
    counts.bad += some.length - vectors.length;
    await lines.write(said.map((one) => `${JSON.stringify(one)}\n`).join(""));
  };
  try {
    for await (const texts of lines.read()) {
      const parsed: Parsed[] = [];
      for (const text of texts) {
        counts.lines++;
        if (text.trim() === "") continue;
        const own = parseLine(text, counts.lines, detector.cols);
        if (strict && "error" in own) {
          await answer(parsed);
          throw own.error;
        }
        parsed.push(own);
        if (parsed.length === MOST_ROWS) await answer(parsed.splice(0));
      }
      if (parsed.length > 0) await answer(parsed);
    }
  } finally {
    await scorer.close();
  }
  return counts;
}

function parseLine(text: string, line: number, cols: number): Parsed {
  const bad = (what: string, id?: string | number): Parsed => ({
    line,
    ...(id !== undefined && { id }),
    error: new IsometerError("bad-value", `line ${line}: ${what}`, {
      needed: `[${cols} numbers], or {"id": .., "vector": [${cols} numbers]}`,
    }),
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("it is no JSON");
  }
  const whole = Array.isArray(value)
    ? { vector: value }
    : ((value ?? {}) as { id?: unknown; vector?: unknown });
  const id = typeof whole.id === "string" || typeof whole.id === "number" ? whole.id : undefined;
  const { vector } = whole;
  if (!Array.isArray(vector)) return bad("it has no vector", id);
  if (vector.length !== cols)
    return bad(`its vector has ${vector.length} numbers, the normal rows had ${cols}`, id);
  const odd = vector.findIndex((one) => typeof one !== "number" || !Number.isFinite(Math.fround(one)));
  if (odd >= 0) return bad(`number ${odd} of its vector is ${JSON.stringify(vector[odd])}`, id);
  return { line, ...(id !== undefined && { id }), vector: Float32Array.from(vector as number[]) };
}
