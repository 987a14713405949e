import type { Warning, Watch } from "../base/index.ts";
import type { SearchMetric, Trust, TrustModel } from "../spaces/search/index.ts";
import { asFlag } from "./arguments.ts";
import { defined } from "./result.ts";
import type { Found, Joined } from "./search-inputs.ts";
import { SEARCH_OPTIONS, type SearchValues } from "./search-options.ts";

/** Candidates of a query that say something of each other. */
const FEWEST = 3;

/** Learns how far hits can be trusted. */
export async function learnTrust(
  { original, latent }: Joined,
  latentMetric: SearchMetric,
  options: SearchValues,
  watch: Watch,
): Promise<TrustModel> {
  watch.onProgress?.({ stage: "trust", done: 0, total: 1 });
  const { fitTrust } = await import("../spaces/search/index.ts");
  const { nNeighbors, originalMetric, rerank, seed, threads, provider } = options;
  try {
    return await fitTrust(original, latent, {
      ...defined({ threads, provider, rerank, signal: watch.signal }),
      nNeighbors,
      metric: originalMetric,
      latentMetric,
      seed,
    });
  } catch (error) {
    throw asFlag(error, SEARCH_OPTIONS);
  }
}

/**
 * The trust of the first of these candidates, as many as the model speaks of. Of one that the original does not have nothing is known: null.
 *
 * @param lengths of the candidates, in the space whose order they have
 */
export async function trustOfFound(
  trust: TrustModel,
  { original, latent }: Joined,
  found: readonly Found[],
  lengths: readonly number[],
): Promise<(Trust | null)[]> {
  const { trustOf } = await import("../spaces/search/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const known = [...found.keys()].filter((p) => found[p]!.at >= 0).slice(0, trust.candidates);
  const out = found.map((): Trust | null => null);
  if (known.length < FEWEST) return out;
  const rows = known.map((p) => found[p]!.at);
  const sure = trustOf(trust, {
    distances: known.map((p) => lengths[p]!),
    original: gatherPoints(original, rows),
    latent: gatherPoints(latent, rows),
  });
  sure.forEach((own, i) => {
    out[known[i]!] = own;
  });
  return out;
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
