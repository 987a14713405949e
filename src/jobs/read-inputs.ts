import type { Points, Warning, Watch } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { InputRecord } from "../report/index.ts";
import type { AuditValues } from "./audit-options.ts";
import { heldOutRows, readHoldout } from "./holdout.ts";
import type { CareInput } from "./next.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { type RowNumbers, rowNumbersOf } from "./row-numbers.ts";

/** The two inputs of an audit, by role. */
export interface AuditInputs {
  readonly original: string;
  readonly latent: string;
}

/** Two inputs in memory, row i of one belonging to row i of the other, and what is known of the rows. */
export interface PairRead {
  readonly original: Points;
  readonly latent: Points;
  readonly records: readonly InputRecord[];
  /** What the two inputs are called in messages. */
  readonly names: readonly [string, string];
  /** Id of each row, where rows have ids. */
  readonly ids: readonly string[] | null;
  /** Class of each row, where labels were asked for. */
  readonly labels: readonly string[] | null;
  /** Where the rows stand in the file of the original. */
  readonly numbers: RowNumbers;
  /** The rows that the map never saw, where it was said. */
  readonly holdout: Int32Array | null;
  /** The first input with rows that need care: equal ones. */
  readonly care: CareInput | null;
  readonly duplicates: { readonly original: Int32Array | null; readonly latent: Int32Array | null };
  readonly warnings: readonly Warning[];
  /** To be called when nothing is read any more. */
  close(): Promise<void>;
}

/** Opens, joins, reads and checks the two inputs of an audit. Files are closed again whatever happens. */
export async function readInputs(watch: Watch, inputs: AuditInputs, options: AuditValues): Promise<PairRead> {
  const { openSource, parseRange } = await import("../data/index.ts");
  const shared = openOptions(options, parseRange);
  const { latentVector } = options;
  const original = await openSource(inputs.original, shared);
  try {
    const latent = await openSource(
      inputs.latent,
      latentVector === undefined ? shared : { ...shared, vector: latentVector },
    );
    try {
      return await readBoth(watch, original, latent, options);
    } finally {
      await latent.close();
    }
  } finally {
    await original.close();
  }
}

async function readBoth(
  watch: Watch,
  original: Source,
  latent: Source,
  options: AuditValues,
): Promise<PairRead> {
  const { readPair, inspectPoints, readLabels } = await import("../data/index.ts");
  checkObeyed(options, [original, latent]);
  // Labels first: a wrong name is told before a long read.
  const allLabels = options.labels === undefined ? null : await readLabels(options.labels, original);
  const isHeldOut =
    options.holdout === undefined
      ? null
      : await readHoldout(options.holdout, rowNumbersOf(original, undefined));
  const names = shortNames(original.path, latent.path);
  const pair = await readPair(original, latent, { ...watch, names });
  const { originalRows } = pair;
  const numbers = rowNumbersOf(original, originalRows);
  watch.onProgress?.({ stage: "checking", done: 0, total: 1 });
  const x = await inspectPoints(pair.original, names[0], options.metric);
  const z = await inspectPoints(pair.latent, names[1], options.latentMetric);
  return {
    original: pair.original,
    latent: pair.latent,
    records: [inputRecord("original", original), inputRecord("latent", latent)],
    names,
    ids: pair.ids ?? null,
    labels: allLabels && (originalRows ? Array.from(originalRows, (row) => allLabels[row]!) : allLabels),
    numbers,
    holdout: isHeldOut && heldOutRows(numbers, pair.original.rows, isHeldOut),
    care: careOf(x.duplicates ? original : undefined, z.duplicates ? latent : undefined),
    duplicates: { original: x.duplicates, latent: z.duplicates },
    warnings: [...pair.warnings, ...x.warnings, ...z.warnings],
    close: pair.close,
  };
}

function careOf(original: Source | undefined, latent: Source | undefined): CareInput | null {
  if (original) return { role: "original", format: original.format };
  return latent ? { role: "latent", format: latent.format } : null;
}

/** Names of files without their folders where that tells them apart; of several files the first. */
export function shortNames(original: string, latent: string): readonly [string, string] {
  const [x, z] = [shortName(original), shortName(latent)];
  return x === z ? [original, latent] : [x, z];
}

function shortName(path: string): string {
  if (path.length <= 40) return path;
  const [first, ...more] = path.split(",").map((file) => file.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, ""));
  return more.length === 0 ? first! : `${first} and ${more.length} more`;
}
