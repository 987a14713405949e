/** Endings that hold vectors or labels. */
const READ = /\.(npy|npz|csv|tsv|parquet|jsonl|arrow|feather|safetensors|[fbi]vecs|idx\d?-ubyte|gz)$/i;

/** Endings of files in which columns, arrays or tensors have names. */
export const NAMED = /\.(npz|csv|tsv|parquet|jsonl|arrow|feather|safetensors)(\.gz)?$/i;

/** What labels are called: they are vectors of one dimension, hardly ever a latent. */
const LABELS = /^(labels?|classes|class|targets?|ids?|names?|index)$/;

/** What latents are called. */
const LATENT = /^(latents?|codes?|embeddings?|umap\d*|pca\d*|tsne|mds|ae|vae)$/;

/** What says how values are stored, and nothing about what belongs together. */
const STORED = /^(idx\d?|u?byte|images?|vectors?|data|original)$/;

export const readable = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => READ.test(path));

/** Files in the order in which they are likely a latent of the data: by the words of their paths that its path has too, and those that it has not; labels and the data themselves come last. */
export function likelyLatents(paths: readonly string[], data: string): readonly string[] {
  const words = new Set(wordsOf(data));
  const rank = (path: string): number => {
    if (path === data) return -200;
    const own = wordsOf(path);
    if (own.some((word) => LABELS.test(word))) return -100;
    const shared = own.filter((word) => words.has(word)).length;
    return shared - 0.1 * (own.length - shared) + (own.some((word) => LATENT.test(word)) ? 1 : 0);
  };
  return paths
    .map((path) => ({ path, rank: rank(path) }))
    .sort((a, b) => b.rank - a.rank)
    .map(({ path }) => path);
}

/** Files in the order in which they are likely the labels of the data: what is called so first, by the words that its path shares with the data. */
export function likelyLabels(paths: readonly string[], data: string): readonly string[] {
  const inOrder = likelyLatents(paths, data);
  const isCalledSo = (path: string) => wordsOf(path).some((word) => LABELS.test(word));
  const shared = (path: string) => wordsOf(path).filter((word) => wordsOf(data).includes(word)).length;
  const labels = inOrder.filter(isCalledSo).sort((a, b) => shared(b) - shared(a));
  return [...labels, ...inOrder.filter((path) => !isCalledSo(path))];
}

function wordsOf(path: string): string[] {
  const words = path
    .replace(/(\.[a-z0-9-]+){1,2}$/i, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && !STORED.test(word));
  return [...new Set(words)];
}
