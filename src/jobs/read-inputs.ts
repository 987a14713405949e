import type { Matrix, Warning, Watch } from "../base/index.ts";
import type { OpenOptions, Source } from "../data/source.ts";
import type { InputRecord } from "../report/index.ts";
import type { AuditValues } from "./audit-options.ts";
import { shortNames } from "./latent-names.ts";
import type { CareInput } from "./next.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";

/** The inputs of an audit, by role. */
export interface AuditInputs {
  readonly original: string;
  readonly latent: readonly string[];
}

/** An input in memory, and what is known of it. */
export interface InputRead {
  readonly matrix: Matrix;
  readonly record: InputRecord;
  /** What it is called in messages. */
  readonly name: string;
  readonly duplicates: Int32Array | null;
  /** It has rows that need care: equal ones. */
  readonly care: CareInput | null;
  /** Of the file, of joining it with the others, of its rows. */
  readonly warnings: readonly (readonly Warning[])[];
}

/** The inputs of an audit in memory, row i of all being one item, and what is known of the rows. */
export interface InputsRead {
  readonly original: InputRead;
  readonly latents: readonly InputRead[];
  /** Id of each row, where rows have ids. */
  readonly ids: readonly string[] | null;
  /** Class of each row, where labels were asked for. */
  readonly labels: readonly string[] | null;
}

/** Opens, joins, reads and checks the inputs of an audit. Files are closed again whatever happens. */
export async function readInputs(
  watch: Watch,
  inputs: AuditInputs,
  options: AuditValues,
): Promise<InputsRead> {
  const { parseRange } = await import("../data/index.ts");
  const shared = openOptions(options, parseRange);
  const { latentVector } = options;
  const forLatent = latentVector === undefined ? shared : { ...shared, vector: latentVector };
  const wanted = [
    { path: inputs.original, options: shared },
    ...inputs.latent.map((path) => ({ path, options: forLatent })),
  ];
  return withSources(wanted, ([original, ...latents]) => readAll(watch, original!, latents, options));
}

/** Opens inputs one after the other, and closes all that were opened. */
export async function withSources<T>(
  wanted: readonly { readonly path: string; readonly options: OpenOptions }[],
  use: (sources: readonly Source[]) => Promise<T>,
): Promise<T> {
  const { openSource } = await import("../data/index.ts");
  const sources: Source[] = [];
  try {
    for (const { path, options } of wanted) sources.push(await openSource(path, options));
    return await use(sources);
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
  const { readSpaces, inspectMatrix, readLabels } = await import("../data/index.ts");
  checkObeyed(options, original, latents);
  // Labels first: a wrong name is told before a long read.
  const allLabels = options.labels === undefined ? null : await readLabels(options.labels, original);
  const names = shortNames([original, ...latents].map(({ path }) => path));
  const spaces = await readSpaces(original, latents, { ...watch, names });
  const { originalRows } = spaces;
  watch.onProgress?.({ stage: "checking", done: 0, total: 1 });
  const inputRead = (
    source: Source,
    role: CareInput["role"],
    name: string,
    joined: { readonly matrix: Matrix; readonly warnings: readonly Warning[] },
  ): InputRead => {
    const metric = role === "original" ? options.metric : options.latentMetric;
    const { duplicates, warnings } = inspectMatrix(joined.matrix, name, metric);
    return {
      matrix: joined.matrix,
      record: inputRecord(role, source),
      name,
      duplicates,
      care: duplicates ? { role, format: source.format } : null,
      warnings: [source.warnings, joined.warnings, warnings],
    };
  };
  return {
    original: inputRead(original, "original", names[0]!, {
      matrix: spaces.original,
      warnings: spaces.warnings,
    }),
    latents: latents.map((latent, i) => inputRead(latent, "latent", names[i + 1]!, spaces.latents[i]!)),
    ids: spaces.ids ?? null,
    labels: allLabels && (originalRows ? Array.from(originalRows, (row) => allLabels[row]!) : allLabels),
  };
}
