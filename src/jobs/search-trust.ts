import type { Warning, Watch } from "../base/index.ts";
import type { SearchMetric, Trust, TrustModel } from "../spaces/search/index.ts";
import { asFlag } from "./arguments.ts";
import { defined } from "./result.ts";
import type { Found, Joined } from "./search-inputs.ts";
import { SEARCH_OPTIONS, type SearchValues } from "./search-options.ts";

/** Learns how far hits can be trusted. */
export async function learnTrust(
  { original, latent }: Joined,
  latentMetric: SearchMetric,
  options: SearchValues,
  watch: Watch,
): Promise<TrustModel> {
  watch.onProgress?.({ stage: "trust", done: 0, total: 1 });
  const { fitTrust } = await import("../spaces/search/index.ts");
  const { nNeighbors, originalMetric, seed, threads, provider } = options;
  try {
    return await fitTrust(original, latent, {
      ...defined({ threads, provider, signal: watch.signal }),
      nNeighbors,
      metric: originalMetric,
      latentMetric,
      seed,
    });
  } catch (error) {
    throw asFlag(error, SEARCH_OPTIONS);
  }
}

/** The trust of the first of these candidates, as many as the model speaks of. */
export async function trustOfFound(
  trust: TrustModel,
  { original, latent }: Joined,
  found: readonly Found[],
): Promise<Trust[]> {
  const { trustOf } = await import("../spaces/search/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const rows = found.map(({ at }) => at);
  const { latentMetric } = trust;
  return trustOf(trust, {
    distances: found.map(({ distance }) => (latentMetric === "cosine" ? Math.sqrt(2 * distance) : distance)),
    original: gatherPoints(original, rows),
    latent: gatherPoints(latent, rows),
  });
}

/** What a careful user wants to know of how trust was learnt. */
export function trustWarnings(trust: TrustModel | null): readonly Warning[] {
  if (!trust || trust.regression.converged) return [];
  return [
    {
      code: "no-convergence",
      message:
        "chances were still changing when learning stopped, as where nearly all hits are true: see how they turned out",
    },
  ];
}
