import { deepFreeze } from "../base/index.ts";
import { type LimitsResult, limitsReport, type NextCommand } from "../report/index.ts";
import type { CompressionLimits } from "../spaces/limits/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkLimits, parseLimits } from "./gates.ts";
import { LIMITS_OPTIONS, type LimitsValues, numbersOf } from "./limits-options.ts";
import { readInputs } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

/** How few dimensions and bits are enough for a target. */
export const limits = defineJob({
  name: "limits",
  about: "how few dimensions and bits are enough for a target",
  details: [
    "Compresses VECTORS in many ways, by dimensions (PCA, or the first columns) and by bits of a number, and says how many of the nearest neighbours of held-out queries each still finds. " +
      "Queries stay in full precision, the rows that are searched are compressed.",
    "The answer is the fewest bytes of a row whose recall is above --target for sure. One half of the queries chooses it; what is reported of it is measured with the other half.",
  ],
  inputs: { vectors: { about: "the vectors: any file that audit reads" } },
  options: LIMITS_OPTIONS,
  examples: [
    {
      command: "isometer limits vectors.npy --metric cosine",
      about: "the fewest bytes that keep 95 % of the ten nearest",
    },
    {
      command:
        "isometer limits vectors.parquet --target 0.99 --dims 256,384,512 --bits 8,4 --html limits.html",
      about: "a finer look, with the frontier as a picture",
    },
    {
      command: "isometer limits vectors.npy --fail-over bytes=128",
      about: "a gate: the index is planned with 128 bytes a row",
    },
  ],
  run: (ctx, { vectors }, options): Promise<LimitsResult> => run(ctx, vectors, options),
  report: limitsReport,
  documents: {
    html: {
      about: "the same with the frontier as one HTML file that needs no network",
      write: async (result: LimitsResult): Promise<string> => {
        const { limitsPage } = await import("../report/html/index.ts");
        return limitsPage(result);
      },
    },
  },
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.05 },
  { stage: "checking", says: "checking rows", share: 0.02 },
  { stage: "exact neighbours", says: "finding neighbours", share: 0.05 },
  { stage: "fitting", says: "fitting PCA", share: 0.05 },
  { stage: "compressing", says: "compressing", share: 0.83 },
];

/** What gates may be about. */
const GATED = ["bytes", "compression"] as const;

async function run(ctx: JobContext, path: string, options: LimitsValues): Promise<LimitsResult> {
  const started = ctx.clock();
  const { target, metric, nNeighbors, holdout, seed, rows, vector, threads, provider } = options;
  const gates = parseLimits(options.failUnder, options.failOver, GATED, (name) => name === "bytes");
  const [dims, bits] = [numbersOf("dims", options), numbersOf("bits", options)];
  const watch = overall(ctx.watch, STAGES);
  const values = { ...AUDIT_DEFAULTS, metric, latentMetric: metric, rows, vector };
  const read = await readInputs(watch, { original: path, latent: [] }, values);
  try {
    const { compressionLimits } = await import("../spaces/limits/index.ts");
    const { points, record, warnings } = read.original;
    const own = { ...watch, ...defined({ threads, provider, dims, bits, holdout }) };
    const found = await compressionLimits(points, { ...own, target, metric, nNeighbors, seed });
    const chosen = found.chosen && found.cells[found.chosen.cell]!;
    return deepFreeze({
      schema: "isometer/limits/1" as const,
      job: "limits" as const,
      isometer: ctx.version,
      engine: found.engine,
      inputs: [{ ...record, role: "vectors" }],
      options: {
        target,
        metric,
        nNeighbors,
        dims: [...new Set(found.cells.map((cell) => cell.dims))].sort((a, b) => a - b),
        bits: [...new Set(found.cells.map((cell) => cell.bits))],
        holdout: holdout ?? null,
        seed,
        rows: rows ?? null,
        vector: vector ?? null,
      },
      ...measured(found),
      gates: checkLimits(gates, {
        bytes: chosen && { value: chosen.bytes },
        compression: chosen && { value: chosen.compression },
      }),
      warnings: [...warnings.flat(), ...found.warnings, ...engineWarnings(found.engine)],
      next: nextCommands(path, found, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } catch (error) {
    throw asFlag(error, LIMITS_OPTIONS);
  } finally {
    await read.close();
  }
}

/** What was measured, without what a result says elsewhere. */
function measured(found: CompressionLimits) {
  const { rows, cols, originalBytes, searched, queries, fitted, cells } = found;
  const { frontier, rescoredFrontier, chosen, rescored } = found;
  const own = { rows, cols, originalBytes, searched, queries, fitted, null: found.null };
  return { ...own, cells, frontier, rescoredFrontier, chosen, rescored };
}

/** What to type next: a finer look around what was chosen, and the map itself. */
function nextCommands(path: string, found: CompressionLimits, options: LimitsValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "limits", options: LIMITS_OPTIONS }, [path], {
      ...options,
      failUnder: [],
      failOver: [],
      ...more,
    });
  if (!found.chosen) {
    const target =
      Math.floor(100 * Math.max(...found.cells.map((cell) => cell.choosing.recall.interval[0]))) / 100;
    const easier = target > 0 && target < found.target;
    return easier ? [{ command: again({ target }), why: "what a target costs that can be reached" }] : [];
  }
  const { method, dims } = found.cells[found.chosen.cell]!;
  const next: NextCommand[] = [];
  const finer = stepsAround(dims, found);
  if (finer.length > 0) {
    next.push({
      command: again({ dims: finer.join(","), bits: undefined }),
      why: "dimensions between those that were tried",
    });
  }
  if (dims < found.cols) {
    const metric = found.metric === "cosine" ? " --metric cosine" : "";
    const command = `isometer reduce ${shellQuote(path)} --with ${method} --to ${dims}${metric} --out map.onnx`;
    next.push({ command, why: "the map to that many dimensions, as a model" });
  }
  return next;
}

/** Three steps between the dimensions that were chosen and the next fewer that were tried. */
function stepsAround(dims: number, { cells }: CompressionLimits): number[] {
  const fewer = Math.max(0, ...cells.map((cell) => cell.dims).filter((own) => own < dims));
  const steps = [1, 2, 3, 4].map((part) => Math.round(fewer + ((dims - fewer) * part) / 4));
  return fewer > 0 && dims - fewer >= 4 ? steps : [];
}
