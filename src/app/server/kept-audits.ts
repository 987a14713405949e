import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Hono } from "hono";
import { isOutside, openProject, type Project, readKept } from "../../data/index.ts";
import { RESULTS } from "../../data/node-project-manifest.ts";
import { type AuditPlan, plansOf, stateOf } from "../../jobs/project-state.ts";
import type { AuditResult } from "../../report/index.ts";
import type { KeptAudit, ViewRequest } from "../views-contract.ts";
import { labelsOf, pathOf } from "./project-suggestion.ts";
import { planView } from "./views/plan.ts";
import type { Views } from "./views/views.ts";

/** `GET /api/views/ID/audits`: the audits that the project of the folder keeps of the latents of a view, as far as they are up to date. */
export function keptAuditsRoutes(app: Hono, views: Views, folder: string): void {
  app.get("/api/views/:id/audits", (c) =>
    views.use(c.req.param("id"), async ({ id, request }) => {
      const asked = request as Parameters<typeof planView>[1];
      // Files that were written anew since are those of another view.
      const isNow = (await planView(folder, asked)).id === id;
      const audits = isNow ? await keptAudits(folder, request, c.req.raw.signal) : [];
      c.header("cache-control", "no-store");
      return c.json({ audits });
    }),
  );
}

/**
 * Reads the files of each latent that a project has an audit of, for their fingerprints: an audit counts if `isometer status` says that it is current, and if it asked what the view shows.
 * Nothing where the folder is no project, or where a manifest names files elsewhere.
 *
 * @throws aborted
 */
export async function keptAudits(
  folder: string,
  request: ViewRequest,
  signal: AbortSignal,
): Promise<readonly KeptAudit[]> {
  const project = await openProject(folder).catch(() => null);
  if (project === null || (await readsOtherwise(folder, request))) return [];
  const found: KeptAudit[] = [];
  const plans = plansOf(project).filter((plan) => isOf(plan, request) && isInside(plan));
  const { audits } = await stateOf(partOf(project, plans), { signal });
  for (const [i, { state, result }] of audits.entries()) {
    const latent = request.latent.indexOf(pathOf(plans[i]!.latent));
    if (state !== "current" || found.some((other) => other.latent === latent)) continue;
    const kept = await readKept(project, result);
    const file = `${RESULTS}/${result}.json`;
    const written = await stat(join(folder, file)).catch(() => null);
    if (!kept || !written) continue;
    found.push({
      latent,
      file,
      written: written.mtime.toISOString(),
      audit: kept.result as AuditResult,
    });
  }
  return found;
}

/** Pictures of a folder are audited as they are stored, in grey. */
async function readsOtherwise(folder: string, { original, imageSize, imageMode }: ViewRequest) {
  if (imageSize === undefined && imageMode !== "colour") return false;
  return (await stat(join(folder, original)).catch(() => null))?.isDirectory() ?? false;
}

/** Whether it is about the spaces of a view, read and measured alike, and about its labels where it has any. */
function isOf({ original, latent, labels, settings }: AuditPlan, request: ViewRequest): boolean {
  if (pathOf(original) !== request.original || !request.latent.includes(pathOf(latent))) return false;
  const { metric = "euclidean", latentMetric = "euclidean", id, vector, latentVector } = request;
  const asked = { metric, latentMetric, id, vector, latentVector };
  const isAlike = Object.entries(asked).every(([name, value]) => (value ?? null) === settings[name]);
  return isAlike && (request.labels === undefined || request.labels === (labels && labelsOf(labels)));
}

const isInside = ({ original, latent, labels }: AuditPlan) =>
  [original, latent, labels].every((entry) => entry === undefined || !isOutside(entry.file));

/** A project of nothing but some audits: no other file is read. */
function partOf({ path, manifest }: Project, plans: readonly AuditPlan[]): Project {
  return {
    path,
    manifest: {
      ...manifest,
      originals: manifest.originals.filter((entry) => plans.some(({ original }) => original === entry)),
      latents: plans.map(({ latent }) => latent),
      labels: manifest.labels.filter((entry) => plans.some(({ labels }) => labels === entry)),
      maps: [],
      results: manifest.results.filter(({ name }) => plans.some(({ result }) => result === name)),
    },
  };
}
