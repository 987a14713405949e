import { deepFreeze, IsometerError, type Warning, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import { type ClusterResult, clusterReport, type NextCommand, verdictWords } from "../report/index.ts";
import type { Clustering, InOriginal, Stability } from "../spaces/cluster/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS, AUDIT_OPTIONS } from "./audit-options.ts";
import { leaveClusterPage, writeClusterPage } from "./cluster-page.ts";
import { checkOut, examplesOf, namedInOriginal, writeMembers } from "./cluster-rows.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { choice, defineJob, integer, type JobContext, kebab, text, type Values } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { wantsPage } from "./page.ts";
import { type InputRead, type InputsRead, readInputs } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

const OPTIONS = {
  method: choice({
    group: common.GROUPS.method,
    about:
      "hdbscan: groups that are denser than what lies around them, the rest is noise; kmeans: k round parts",
    placeholder: "NAME",
    choices: ["hdbscan", "kmeans"],
    default: "hdbscan",
  }),
  minClusterSize: integer({
    group: common.GROUPS.method,
    about: "hdbscan: the smallest group that is a cluster",
    min: 2,
    otherwise: "one row in a hundred, at least 5",
  }),
  minSamples: integer({
    group: common.GROUPS.method,
    about: "hdbscan: density is by the distance to this many rows; more smooth it, and leave more rows over",
    min: 1,
    otherwise: "as --min-cluster-size, at most 15",
  }),
  selection: choice({
    group: common.GROUPS.method,
    about: "hdbscan: eom takes the most stable clusters, leaf the smallest",
    placeholder: "NAME",
    choices: ["eom", "leaf"],
    otherwise: "eom",
  }),
  k: integer({ group: common.GROUPS.method, about: "kmeans: clusters", min: 1, placeholder: "K" }),
  metric: { ...common.keptMetric, group: common.GROUPS.measure, about: "distance between rows of SPACE" },
  original: text({
    group: common.GROUPS.measure,
    about: "what the rows of SPACE were made from, the same rows: says which clusters are there",
    placeholder: "FILE",
  }),
  originalMetric: {
    ...common.keptMetric,
    group: common.GROUPS.measure,
    about: "distance between originals",
  },
  nNeighbors: {
    ...common.nNeighbors,
    about: "nearest originals of each row that should be in its cluster; 3 or more",
    aliases: ["nNeighbours"],
    default: 10,
  },
  runs: integer({
    group: common.GROUPS.measure,
    about: "samples of half of the rows that are clustered again, for stability; 0 leaves it out, 2 or more",
    min: 0,
    max: 1000,
    default: 20,
  }),
  seed: common.seed,
  labels: text({
    group: common.GROUPS.data,
    about:
      "classes to compare with: a file with one value per row, or a column of --original, where there is one, else of SPACE",
    placeholder: "FILE|COLUMN",
  }),
  rows: common.rows,
  id: common.id,
  ids: AUDIT_OPTIONS.ids,
  vector: common.vector,
  out: {
    ...common.points,
    about:
      "write a table with a line per row: cluster (-1: none), how far it belongs, share of nearest originals in its cluster; its ending chooses the format: .parquet, .csv, .tsv, .jsonl, .arrow, .npy",
  },
  force: { ...common.force, about: "overwrite the file of --out when it exists" },
  threads: common.threads,
  provider: common.provider,
};

type ClusterValues = Values<typeof OPTIONS>;

/** Clusters, how stable they are, and whether they are there in the original. */
export const cluster = defineJob({
  name: "cluster",
  about: "clusters of a space, and which are there in the original",
  details: [
    "Finds clusters in SPACE, a picture or a latent, and says how stable each is when half of the rows are clustered again.",
    "With --original each cluster gets a verdict: t-SNE and UMAP tear even clouds into islands, so a cluster counts as there only when its rows keep more of their nearest originals than a piece cut out of an " +
      "even cloud would, and when its border parts fewer of them than a cut through its middle.",
  ],
  inputs: { space: { about: "the rows that are clustered: any file that audit reads" } },
  options: OPTIONS,
  examples: [
    {
      command: "isometer cluster umap.npy --original vectors.npy --html clusters.html",
      about: "which islands of a picture are real?",
    },
    {
      command: "isometer cluster codes.npy --method kmeans --k 10 --labels digits.npy --out members.csv",
      about: "ten parts, how far they agree with known classes, and the part of each row",
    },
  ],
  run: (ctx, { space }, options): Promise<ClusterResult> => run(ctx, space, options),
  report: clusterReport,
  documents: {
    html: {
      about: "the same with maps as one HTML file that needs no network",
      write: writeClusterPage,
    },
  },
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.1 },
  { stage: "checking", says: "checking rows", share: 0.05 },
  { stage: "clustering", says: "clustering", share: 0.15 },
  { stage: "clustering again", says: "clustering samples", share: 0.4 },
  { stage: "looking at the original", says: "looking at the original", share: 0.3 },
];

async function run(ctx: JobContext, path: string, options: ClusterValues): Promise<ClusterResult> {
  const started = ctx.clock();
  checkOptions(options);
  await checkOut(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const { metric, originalMetric, original, rows, id, ids, vector, labels } = options;
  const values = { ...AUDIT_DEFAULTS, latentMetric: metric, rows, id, ids, vector, labels };
  const read = await readInputs(
    watch,
    original === undefined ? { original: path, latent: [] } : { original, latent: [path] },
    { ...values, metric: original === undefined ? metric : originalMetric },
  );
  try {
    const space = read.latents[0] ?? read.original;
    const { findEngine } = await import("../engine/index.ts");
    const engine = await findEngine(defined({ threads: options.threads, provider: options.provider }));
    const found = await measured(read, space, options, watch);
    const result: ClusterResult = deepFreeze({
      schema: "isometer/cluster/1" as const,
      job: "cluster" as const,
      isometer: ctx.version,
      engine,
      inputs: [...(original === undefined ? [] : [read.original.record]), { ...space.record, role: "space" }],
      rows: space.points.rows,
      options: resolved(found.clustering, options),
      ...(await described(read, space, found, options)),
      members: await writeMembers(options.out, found.clustering, found.inOriginal, read, watch),
      warnings: [
        ...[...new Set([read.original, space])].flatMap((side) => side.warnings.flat()),
        ...engineWarnings(engine),
        ...unsettled(found.clustering),
      ],
      next: nextCommands(path, found.clustering, options),
      seconds: secondsSince(ctx.clock, started),
    });
    if (wantsPage(ctx)) await leavePage(ctx, space, found, engine, options, watch);
    return result;
  } catch (error) {
    throw asFlag(error, OPTIONS);
  } finally {
    await read.close();
  }
}

/** Which options are for one method alone. */
const OWN = { hdbscan: ["minClusterSize", "minSamples", "selection"], kmeans: ["k"] } as const;

/** Refuses what would not be obeyed. @throws bad-option */
function checkOptions(options: ClusterValues): void {
  const other = options.method === "hdbscan" ? "kmeans" : "hdbscan";
  for (const name of OWN[other]) {
    if (options[name] === undefined) continue;
    throw new IsometerError("bad-option", `--${kebab(name)} is for --method ${other}`, {
      got: String(options[name]),
      hint: `Leave it out, or add --method ${other}.`,
    });
  }
  if (options.method === "kmeans" && options.k === undefined) {
    throw new IsometerError("bad-option", "--method kmeans needs --k, the number of clusters", {
      hint: "Add --k 10, or leave --method out: hdbscan finds how many there are.",
    });
  }
  if (options.runs === 1) {
    throw new IsometerError("bad-option", "--runs needs 2 or more, or 0 for none", { got: "1" });
  }
}

/** What was found. */
interface Found {
  readonly clustering: Clustering;
  readonly stability: Stability | null;
  readonly inOriginal: InOriginal | null;
}

async function measured(
  read: InputsRead,
  space: InputRead,
  options: ClusterValues,
  watch: Watch,
): Promise<Found> {
  const { clusterStability, clustersInOriginal } = await import("../spaces/cluster/index.ts");
  const { originalMetric, nNeighbors, runs, seed, threads, provider } = options;
  const means = { ...watch, ...defined({ threads, provider }), seed };
  watch.onProgress?.({ stage: "clustering", done: 0, total: 1 });
  const clustering = await clustered(space, options, watch);
  const isNothing = clustering.clusters.length === 0;
  const stability =
    runs === 0 || isNothing ? null : await clusterStability(space.points, clustering, { ...means, runs });
  const inOriginal =
    options.original === undefined
      ? null
      : await clustersInOriginal(read.original.points, space.points, clustering, {
          ...means,
          metric: originalMetric,
          nNeighbors,
        });
  return { clustering, stability, inOriginal };
}

async function clustered({ points }: InputRead, options: ClusterValues, watch: Watch): Promise<Clustering> {
  const { hdbscan, kMeans } = await import("../spaces/cluster/index.ts");
  const { metric, minClusterSize, minSamples, selection, k, seed, threads, provider } = options;
  const means = { ...defined({ threads, provider, signal: watch.signal }), metric };
  return options.method === "kmeans"
    ? kMeans(points, { ...means, k: k!, seed })
    : hdbscan(points, { ...means, ...defined({ minClusterSize, minSamples, selection }) });
}

/** The clusters as the result has them. */
async function described(
  read: InputsRead,
  space: InputRead,
  { clustering, stability, inOriginal }: Found,
  { seed }: ClusterValues,
): Promise<Pick<ClusterResult, "clusters" | "noise" | "inertia" | "converged" | "original" | "agreement">> {
  const { clusterAgreement } = await import("../spaces/cluster/index.ts");
  const { marginsIn } = await import("../spaces/cluster/margins.ts");
  const isDense = clustering.method === "hdbscan";
  const { labels, clusters } = clustering;
  const margins = isDense
    ? null
    : marginsIn(space.points, labels, clusters.length, clustering.options.metric);
  const examples = examplesOf(clustering, margins, read);
  const numbers = new Map([...new Set(read.labels)].map((name, number) => [name, number]));
  return {
    clusters: clusters.map(({ id, size }) => ({
      id,
      size,
      persistence: isDense ? clustering.clusters[id]!.persistence : null,
      stability: stability?.clusters[id] ?? null,
      inOriginal: inOriginal && namedInOriginal(inOriginal, id, verdictWords, read),
      examples: examples[id]!,
    })),
    noise: isDense ? clustering.noise : 0,
    inertia: isDense ? null : clustering.inertia,
    converged: isDense ? null : clustering.converged,
    original: inOriginal && { ...inOriginal.original, limits: inOriginal.limits },
    agreement:
      read.labels &&
      clusterAgreement(
        labels,
        read.labels.map((name) => numbers.get(name)!),
        { seed },
      ),
  };
}

function unsettled(clustering: Clustering): Warning[] {
  if (clustering.method === "hdbscan" || clustering.converged) return [];
  const message = `rows still moved between clusters after ${clustering.iterations} steps of k-means`;
  return [{ code: "no-convergence", message }];
}

function leavePage(
  ctx: JobContext,
  { points }: InputRead,
  { clustering, inOriginal }: Found,
  engine: EngineInfo,
  { metric, seed }: ClusterValues,
  watch: Watch,
): Promise<void> {
  const shares = inOriginal?.shares ?? null;
  const options = {
    ...(watch.signal && { signal: watch.signal }),
    engine,
    seed,
    unitRows: metric === "cosine",
  };
  return leaveClusterPage(ctx, points, { labels: clustering.labels, shares }, options);
}

function resolved(clustering: Clustering, options: ClusterValues): ClusterResult["options"] {
  const { method, metric, original = null, runs, seed, labels = null } = options;
  const { rows = null, id = null, ids, vector = null } = options;
  const isDense = clustering.method === "hdbscan";
  return {
    method,
    minClusterSize: isDense ? clustering.options.minClusterSize : null,
    minSamples: isDense ? clustering.options.minSamples : null,
    selection: isDense ? clustering.options.selection : null,
    k: isDense ? null : clustering.options.k,
    metric,
    original,
    originalMetric: original === null ? null : options.originalMetric,
    nNeighbors: original === null ? null : options.nNeighbors,
    runs,
    seed,
    labels,
    rows,
    id,
    ids,
    vector,
  };
}

/** What to type next. */
function nextCommands(path: string, clustering: Clustering, options: ClusterValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "cluster", options: OPTIONS }, [path], {
      ...options,
      out: undefined,
      force: false,
      ...more,
    });
  if (clustering.method === "hdbscan" && clustering.clusters.length === 0) {
    const minClusterSize = Math.max(2, Math.round(clustering.options.minClusterSize / 3));
    return [{ command: again({ minClusterSize, minSamples: undefined }), why: "smaller clusters" }];
  }
  const next: NextCommand[] = [];
  if (options.original === undefined) {
    next.push({
      command: again({ original: "ORIGINAL.npy" }),
      why: "which clusters are there in the original",
    });
  }
  if (options.out === undefined) {
    next.push({ command: again({ out: "members.csv" }), why: "the cluster of each row, as a table" });
  }
  return next;
}
