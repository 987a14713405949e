import { IsometerError, type Points, type Warning, type Watch } from "../base/index.ts";
import type { ImageShape } from "../data/node-thumbnails.ts";
import type { OpenOptions, Source } from "../data/source.ts";
import type { InputRecord } from "../report/index.ts";
import type { AuditValues } from "./audit-options.ts";
import { heldOutRows, readHoldout } from "./holdout.ts";
import { shortNames } from "./latent-names.ts";
import type { CareInput } from "./next.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { type RowNumbers, rowNumbersOf } from "./row-numbers.ts";

/** The inputs of an audit, by role. */
export interface AuditInputs {
  readonly original: string;
  readonly latent: readonly string[];
  /** The latents hold the rows that are compared and nothing else, as a run wrote them: options about files are for the original. */
  readonly latentAsIs?: true;
}

/** An input that was read, and what is known of it. */
export interface InputRead {
  readonly points: Points;
  readonly record: InputRecord;
  /** What it is called in messages. */
  readonly name: string;
  readonly duplicates: Int32Array | null;
  /** It has rows that need care: equal ones. */
  readonly care: CareInput | null;
  /** Of the file, of joining it with the others, of its rows. */
  readonly warnings: readonly (readonly Warning[])[];
}

/** The inputs of an audit, row i of all being one item, and what is known of the rows. */
export interface InputsRead {
  readonly original: InputRead;
  readonly latents: readonly InputRead[];
  /** Id of each row, where rows have ids. */
  readonly ids: readonly string[] | null;
  /** Class of each row, where labels were asked for. */
  readonly labels: readonly string[] | null;
  /** Where the rows stand in the file of the original. */
  readonly numbers: RowNumbers;
  /** The rows that the map never saw, where it was said. */
  readonly holdout: Int32Array | null;
  /** What rows of the original look like, for pages. */
  readonly looks: {
    /** Null where rows are no pictures. */
    readonly shape: ImageShape | null;
    /** Whether values are 0..255 as stored. */
    readonly bytes: boolean;
    readonly texts: readonly string[] | null;
  };
  /** To be called when nothing is read any more. */
  close(): Promise<void>;
}

/**
 * Opens, joins, reads and checks the inputs of an audit. Files are closed again whatever happens.
 *
 * @param onOpened told the opened inputs before any is read
 */
export async function readInputs(
  watch: Watch,
  inputs: AuditInputs,
  options: AuditValues,
  onOpened: (sources: readonly Source[]) => Promise<void> = async () => {},
): Promise<InputsRead> {
  const { parseRange } = await import("../data/index.ts");
  const shared = openOptions(options, parseRange);
  const { latentVector } = options;
  const named = latentVector === undefined ? shared : { ...shared, vector: latentVector };
  const forLatent = inputs.latentAsIs ? {} : named;
  const ids = idsOfInputs(options.ids, 1 + inputs.latent.length);
  const wanted = [inputs.original, ...inputs.latent].map((path, i) => ({
    path,
    options: i === 0 ? shared : forLatent,
    ids: ids[i],
  }));
  return withSources(wanted, async (sources) => {
    await onOpened(sources);
    const [original, ...latents] = sources;
    return readAll(watch, original!, latents, options);
  });
}

/** The file of ids of each input: one for all, or one for each. @throws bad-option */
export function idsOfInputs(ids: readonly string[], inputs: number): readonly (string | undefined)[] {
  if (ids.length <= 1) return new Array(inputs).fill(ids[0]);
  if (ids.length === inputs) return ids;
  throw new IsometerError("bad-option", `--ids is given ${ids.length} times for ${inputs} inputs`, {
    hint: "Give it once for all inputs, or once for each in their order.",
  });
}

/** The same for the original and one of its latents alone. */
export function idsOfPair(ids: readonly string[], latent: number): readonly string[] {
  return ids.length <= 1 ? ids : [ids[0]!, ids[latent + 1]!];
}

/** An input that is wanted. */
export interface Wanted {
  readonly path: string;
  readonly options: OpenOptions;
  /** File of its ids. */
  readonly ids: string | undefined;
}

/** Opens inputs one after the other, and closes all that were opened. */
export async function withSources<T>(
  wanted: readonly Wanted[],
  use: (sources: readonly Source[]) => Promise<T>,
): Promise<T> {
  const { openSource, readLabels } = await import("../data/index.ts");
  const sources: Source[] = [];
  try {
    for (const { path, options } of wanted) sources.push(await openSource(path, options));
    return await use(
      sources.map((source, i) => {
        const { ids } = wanted[i]!;
        return ids === undefined ? source : { ...source, ids: () => readLabels(ids, source, "ids") };
      }),
    );
  } finally {
    for (const source of sources) await source.close();
  }
}

async function readAll(
  watch: Watch,
  original: Source,
  latents: readonly Source[],
  options: AuditValues,
): Promise<InputsRead> {
  const { readSpaces, inspectPoints, readLabels } = await import("../data/index.ts");
  checkObeyed(options, original, latents);
  // Labels first: a wrong name is told before a long read.
  const allLabels = options.labels === undefined ? null : await readLabels(options.labels, original);
  const allTexts = options.text === undefined ? null : await readLabels(options.text, original);
  const shape = await imageShape(original, options);
  const isHeldOut =
    options.holdout === undefined
      ? null
      : await readHoldout(options.holdout, rowNumbersOf(original, undefined));
  const names = shortNames([original, ...latents].map(({ path }) => path));
  const spaces = await readSpaces(original, latents, { ...watch, names });
  const { originalRows } = spaces;
  const numbers = rowNumbersOf(original, originalRows);
  watch.onProgress?.({ stage: "checking", done: 0, total: 1 });
  const kept = (all: readonly string[] | null) =>
    all && (originalRows ? Array.from(originalRows, (row) => all[row]!) : all);
  const inputRead = async (
    source: Source,
    role: CareInput["role"],
    name: string,
    joined: { readonly points: Points; readonly warnings: readonly Warning[] },
  ): Promise<InputRead> => {
    const metric = role === "original" ? options.metric : options.latentMetric;
    const { duplicates, warnings } = await inspectPoints(joined.points, name, metric);
    return {
      points: joined.points,
      record: inputRecord(role, source),
      name,
      duplicates,
      care: duplicates ? { role, format: source.format } : null,
      warnings: [source.warnings, joined.warnings, warnings],
    };
  };
  const read = { points: spaces.original, warnings: spaces.warnings };
  try {
    const first = await inputRead(original, "original", names[0]!, read);
    const others: InputRead[] = [];
    for (const [i, latent] of latents.entries()) {
      others.push(await inputRead(latent, "latent", names[i + 1]!, spaces.latents[i]!));
    }
    return {
      original: first,
      latents: others,
      ids: spaces.ids ?? null,
      labels: kept(allLabels),
      numbers,
      holdout: isHeldOut && heldOutRows(numbers, spaces.original.rows, isHeldOut),
      looks: { shape, bytes: original.dtype === "uint8", texts: kept(allTexts) },
      close: spaces.close,
    };
  } catch (error) {
    await spaces.close();
    throw error;
  }
}

/** The shape of the pictures that rows are: as told, else as the format says. */
async function imageShape(original: Source, { imageShape: told }: AuditValues): Promise<ImageShape | null> {
  const { imageShapeOf, parseImageShape } = await import("../data/index.ts");
  return told === undefined ? imageShapeOf(original) : parseImageShape(told, original.cols);
}
