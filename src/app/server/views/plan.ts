import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { imageShapeOf, openSource } from "../../../data/index.ts";
import { AUDIT_DEFAULTS, type AuditValues } from "../../../jobs/audit-options.ts";
import { openOptions, parseImageSize } from "../../../jobs/open.ts";
import type { AuditInputs } from "../../../jobs/read-inputs.ts";
import { STRAIGHT_METRICS } from "../../../spaces/explore/index.ts";
import { MOST_LATENTS } from "../../views-contract.ts";
import { confine } from "../confine.ts";

const name = z.string().min(1).max(1000);
const metric = z.enum(STRAIGHT_METRICS);

/** What a page asks to see. */
export const viewRequest = z.strictObject({
  original: name,
  latent: z.array(name).min(1).max(MOST_LATENTS),
  labels: name.optional(),
  id: name.optional(),
  vector: name.optional(),
  latentVector: name.optional(),
  metric: metric.optional(),
  latentMetric: metric.optional(),
  imageSize: name.optional(),
  imageMode: z.enum(["grey", "colour"]).optional(),
});

/** A request that stays in the folder, with its files where they lie. */
export interface ViewPlan {
  readonly request: z.infer<typeof viewRequest>;
  readonly folder: string;
  readonly inputs: AuditInputs;
  /** Whole path of the labels, should they be no column. */
  readonly labels: string | undefined;
  /** Of the request, and of which files it is about. */
  readonly id: string;
}

/** @throws bad-value for what leads out of the folder */
export async function planView(folder: string, request: ViewPlan["request"]): Promise<ViewPlan> {
  await confine(folder, request);
  const original = await wholePath(folder, request.original);
  const latent = await Promise.all(request.latent.map((path) => wholePath(folder, path)));
  const labels = request.labels === undefined ? undefined : await wholePath(folder, request.labels);
  const versions: string[] = [];
  for (const path of [original, ...latent, ...(labels === undefined ? [] : [labels])]) {
    for (const part of new Set([path, ...path.split(","), path.replace(/:[^:]*$/, "")])) {
      const found = await stat(part).catch(() => null);
      if (found) versions.push(`${found.size} ${found.mtimeMs}`);
    }
  }
  const text = JSON.stringify([Object.entries(request).sort(), versions]);
  const id = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { request, folder, inputs: { original, latent }, labels, id };
}

/** Paths below the folder are never sought where the server happens to run. */
async function wholePath(folder: string, path: string): Promise<string> {
  const whole = join(folder, path);
  if (!path.includes(",") || (await stat(whole).catch(() => null))) return whole;
  return path
    .split(",")
    .map((part) => join(folder, part.trim()))
    .join(",");
}

/** The options of an audit that reads the same, told by what the original is: labels may be its column, and a size of pictures is that of rows where it holds none. */
export async function auditValues({ request, inputs, labels }: ViewPlan): Promise<AuditValues> {
  const { id, vector, latentVector, metric: own, latentMetric, imageSize, imageMode } = request;
  const values: AuditValues = {
    ...AUDIT_DEFAULTS,
    id,
    vector,
    latentVector,
    metric: own ?? AUDIT_DEFAULTS.metric,
    latentMetric: latentMetric ?? AUDIT_DEFAULTS.latentMetric,
    imageMode: imageMode ?? AUDIT_DEFAULTS.imageMode,
  };
  const noRange = () => ({ start: 0, end: 0 });
  const source = await openSource(inputs.original, openOptions({ ...values, imageSize }, noRange));
  try {
    const isColumn = request.labels !== undefined && source.columns.includes(request.labels);
    const isFolder = source.format === "images";
    const [height, width] = imageSize === undefined ? [0, 0] : parseImageSize(imageSize);
    const colour = source.cols === 3 * height * width ? "x3" : "";
    return {
      ...values,
      labels: isColumn ? request.labels : labels,
      imageSize: isFolder ? imageSize : undefined,
      imageShape:
        imageSize === undefined || isFolder || imageShapeOf(source)
          ? undefined
          : `${height}x${width}${colour}`,
    };
  } finally {
    await source.close();
  }
}
