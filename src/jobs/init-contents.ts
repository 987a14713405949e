import { IsometerError } from "../base/index.ts";
import type {
  ProjectLabels,
  ProjectLatent,
  ProjectManifest,
  ProjectMap,
  ProjectOriginal,
  ProjectStore,
  ProjectWriter,
} from "../data/index.ts";
import type { Placed } from "./init-places.ts";
import { obeyed } from "./open.ts";
import { defined } from "./result.ts";

/** An original and where it can be opened. */
export interface Parent {
  readonly entry: ProjectOriginal;
  readonly path: string;
}

/** What was said about spaces; what was not keeps its value. */
export interface SpaceSettings {
  readonly metric: ProjectOriginal["metric"] | undefined;
  readonly vector: string | undefined;
  readonly id: string | undefined;
}

/**
 * The entry of a space. Its file is opened unless it is there already and nothing was said about it.
 *
 * @throws what opening throws
 */
export async function spaceEntry(
  { path, state, name, file, fingerprint, version }: Placed,
  there: ProjectOriginal | undefined,
  settings: SpaceSettings,
): Promise<ProjectOriginal> {
  const isSaid = Object.values(settings).some((value) => value !== undefined);
  if (there && state !== "added" && !isSaid) return { ...there, file };
  const { openSource } = await import("../data/index.ts");
  const vector = settings.vector ?? there?.vector;
  const id = settings.id ?? there?.id;
  const source = await openSource(path, defined({ vector, id }));
  try {
    const own = obeyed({ vector }, source.format) as { readonly vector?: string };
    return {
      ...{ name, file, fingerprint, version },
      ...defined({ vector: own.vector, id: source.ids && id }),
      metric: settings.metric ?? there?.metric ?? "euclidean",
      rows: source.rows,
      cols: source.cols,
    } as ProjectOriginal;
  } finally {
    await source.close();
  }
}

/** The original that latents and labels belong to where none was given: the only one. @throws bad-option */
export function onlyOriginal({ originals }: ProjectManifest, dir: string): ProjectOriginal {
  if (originals.length === 1) return originals[0]!;
  const names = originals.map(({ name }) => name).join(", ");
  throw new IsometerError(
    "bad-option",
    originals.length === 0 ? `${dir} has no original yet` : `${dir} has several originals: ${names}`,
    { hint: originals.length === 0 ? "Give it too: --original FILE" : "Say of which: --original NAME" },
  );
}

/** @throws row-count-mismatch where rows can be told apart by nothing but their order, and are not as many */
export function checkRows(latent: ProjectLatent, original: ProjectOriginal): void {
  if (latent.rows === original.rows || (latent.id !== undefined && original.id !== undefined)) return;
  throw new IsometerError(
    "row-count-mismatch",
    `${latent.name} has ${latent.rows} rows, its original ${original.name} has ${original.rows}`,
    {
      got: `${latent.rows} rows`,
      needed: `${original.rows} rows`,
      hint: "Row i of both is one item: check that both files belong together, or join them by a column of ids: --id COLUMN",
    },
  );
}

/** The entry of labels, one per row of their original. @throws row-count-mismatch, and what reading them throws */
export async function labelsEntry(
  { name, file, fingerprint, version, path }: Placed,
  column: string | undefined,
  { entry: original, path: originalPath }: Parent,
): Promise<ProjectLabels> {
  const { openSource, readLabels } = await import("../data/index.ts");
  const { vector, id } = original;
  const source = await openSource(originalPath, defined({ vector, id }));
  try {
    await readLabels(column === undefined ? path : `${path}:${column}`, source);
  } finally {
    await source.close();
  }
  return { name, file, fingerprint, version, of: original.name, ...defined({ column }) } as ProjectLabels;
}

/** The entry of a map: an ONNX model, or a map by neighbours that reduce wrote. @throws what reading it throws */
export async function mapEntry({ name, file, fingerprint, version, path }: Placed): Promise<ProjectMap> {
  return { name, file, fingerprint, version, method: await methodOf(path) };
}

/** How a map was fitted, where Isometer made it. */
async function methodOf(path: string): Promise<string | null> {
  const { openModel, readMapFile } = await import("../data/index.ts");
  const { metadataOf } = await import("../graph/index.ts");
  const METHOD = "isometer.method";
  const neighbours = await readMapFile(path);
  if (neighbours) return neighbours.metadata[METHOD] ?? null;
  const { bytes } = await openModel(path);
  try {
    return metadataOf(bytes)[METHOD] ?? null;
  } catch (cause) {
    if (!(cause instanceof IsometerError)) throw cause;
    throw new IsometerError(cause.code, `${path}: ${cause.message}`, {
      hint: cause.hint ?? "A map is a file that isometer reduce, train or align wrote, or any ONNX model.",
      cause,
    });
  }
}

/** NAME=ADDRESS, or an address: a folder, flat:DIR, lance:DIR#TABLE, or that of a server. A folder is named as files are. @throws bad-option for a secret */
export async function storeEntry(writer: ProjectWriter, given: string): Promise<ProjectStore> {
  const { isName, isWithoutSecret, projectName, storedPath } = await import("../data/index.ts");
  const [, told, text] = /^(?:([^=:/\\?]+)=)?(.*)$/s.exec(given)!;
  if (!isWithoutSecret(text!)) {
    throw new IsometerError("bad-option", "--store holds a password or a key, and a project keeps none", {
      hint: "Leave it out of the address and give it by the environment, as PGPASSWORD and QDRANT_API_KEY.",
    });
  }
  const [, scheme = "", path, table = ""] = /^(flat:|lance:)?([^#]*)(#.*)?$/s.exec(text!) ?? [];
  const isServer = scheme === "" && /^[a-z]+:\/\//.test(text!);
  const address = isServer || !path ? text! : `${scheme}${await storedPath(writer, path)}${table}`;
  const derived = isServer ? "store" : projectName(path || ".");
  const name = told ?? (isName(derived) ? derived : "store");
  return { name, address };
}
