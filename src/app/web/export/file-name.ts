/** A name of a file from that of a latent: "latents/umap.npy" -> "umap-map.html". */
export function fileName(latent: string, what: string): string {
  const base = latent
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.[a-z0-9]{1,11}$/i, "");
  const safe = base.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "");
  return `${safe.slice(0, 60) || "latent"}-${what}`;
}

/** "1.9 MB" */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
