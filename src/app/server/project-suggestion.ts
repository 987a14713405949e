import { IsometerError } from "../../base/index.ts";
import { isOutside, openProject, type Project, resolveInside } from "../../data/index.ts";
import { type AuditPlan, plansOf } from "../../jobs/project-state.ts";
import { STRAIGHT_METRICS, type StraightMetric } from "../../spaces/explore/index.ts";
import { MOST_LATENTS, type ViewRequest } from "../views-contract.ts";

/** What to show of a project. */
export interface ProjectSuggestion {
  /** Null: it has no latent that could be shown. */
  readonly request: ViewRequest | null;
  /** What is not shown and why, for a person: `umap (lies outside of the folder)`. */
  readonly leftOut: readonly string[];
}

/** An entry of the manifest that has files. */
interface Entry {
  readonly name: string;
  readonly file: string | readonly string[];
}

/**
 * The first original of a project that has a latent to show, up to three of its latents that are meant alike (metric, ids, column of the vectors), and its labels. Files that lie outside
 * of the folder, or are lost, are left out. Null: the folder is no project.
 *
 * @throws what `openProject` throws of a manifest that is broken
 */
export async function projectSuggestion(folder: string): Promise<ProjectSuggestion | null> {
  const project = await projectIn(folder);
  if (project === null) return null;
  const leftOut: string[] = [];
  const isShown = async (entry: Entry) => {
    const why = await whyNot(project, entry);
    if (why !== null) leftOut.push(`${entry.name} (${why})`);
    return why === null;
  };
  const there = new Map<Entry, boolean>();
  for (const original of project.manifest.originals) there.set(original, await isShown(original));
  const plans: AuditPlan[] = [];
  for (const plan of plansOf(project)) {
    if ((await isShown(plan.latent)) && there.get(plan.original)) plans.push(plan);
  }
  const [first] = plans;
  if (first === undefined) return { request: null, leftOut };
  const alike = plans.filter((plan) => {
    const why = otherwise(plan, first);
    if (why !== null) leftOut.push(`${plan.latent.name} (${why})`);
    return why === null;
  });
  for (const { latent } of alike.slice(MOST_LATENTS)) leftOut.push(`${latent.name} (three at a time)`);
  const { metric, latentMetric } = first.settings;
  if ([metric, latentMetric].includes("geodesic")) leftOut.push("geodesic distance (straight instead)");
  const hasLabels = first.labels !== undefined && (await isShown(first.labels));
  return { request: requestOf(first, alike.slice(0, MOST_LATENTS), hasLabels), leftOut };
}

async function projectIn(folder: string): Promise<Project | null> {
  try {
    return await openProject(folder);
  } catch (error) {
    if (error instanceof IsometerError && error.code === "missing-file") return null;
    throw error;
  }
}

async function whyNot(project: Project, { file }: Entry): Promise<string | null> {
  if (isOutside(file)) return "lies outside of the folder";
  try {
    for (const path of [file].flat()) await resolveInside(project, path);
    return null;
  } catch (error) {
    if (!(error instanceof IsometerError)) throw error;
    return error.code === "missing-file" ? "is not there any more" : error.message;
  }
}

/** Why a latent cannot stand beside the first one. */
function otherwise({ original, settings }: AuditPlan, first: AuditPlan): string | null {
  if (original !== first.original) return `of another original, ${original.name}`;
  if (straight(settings.latentMetric) !== straight(first.settings.latentMetric)) return "of another metric";
  if (settings.id !== first.settings.id) return "with other ids";
  return settings.latentVector === first.settings.latentVector ? null : "with another column of vectors";
}

function requestOf(
  { original, labels, settings }: AuditPlan,
  plans: readonly AuditPlan[],
  hasLabels: boolean,
): ViewRequest {
  const { id, vector, latentVector, metric, latentMetric } = settings;
  const texts = {
    labels: hasLabels ? labelsOf(labels!) : null,
    ...{ id, vector, latentVector },
    ...{ metric: straight(metric), latentMetric: straight(latentMetric) },
  };
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== null));
  return { original: pathOf(original), latent: plans.map(({ latent }) => pathOf(latent)), ...given };
}

/** A view has no geodesics: such spaces are shown by straight distance. */
function straight(metric: AuditPlan["settings"][string] | undefined): StraightMetric | null {
  return STRAIGHT_METRICS.find((known) => known === metric) ?? null;
}

/** The files of an entry as a request has them. */
export const pathOf = ({ file }: Entry): string => [file].flat().join(",");

/** Labels as a request has them: "labels.csv:class". */
export function labelsOf(labels: Entry & { readonly column?: string | undefined }): string {
  return labels.column === undefined ? pathOf(labels) : `${pathOf(labels)}:${labels.column}`;
}
