import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";

/** The file that makes a folder a project. */
export const MANIFEST = "isometer.json";

/** Folder of the results that a project keeps. */
export const RESULTS = "results";

export const PROJECT_SCHEMA = "isometer/project/1";

/** No manifest is larger: it names files, it does not hold them. */
const MOST_BYTES = 2 ** 22;

/** Entries of one kind, and files of one entry. */
const MOST_ENTRIES = 10_000;

/** "audit-" before the name of a latent. */
const RESULT_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u;

/** Starts with a letter or digit, goes on with these, `.`, `_` and `-`; it becomes the name of a file. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

/** What names may be, for messages. */
export const NAME_RULE = "letters, digits, '.', '_' and '-', at most 64, the first a letter or digit";

/** Whether a text can be the name of an entry. */
export const isName = (text: string): boolean => NAME.test(text);

const name = z.string().regex(NAME, { error: `a name is ${NAME_RULE}` });

const path = z.string().min(1).max(4096).refine(isPlainPath, {
  error: "no way out of the folder (..): name a file outside by its whole path",
});

const version = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

const content = z.strictObject({
  name,
  file: z.union([path, z.array(path).min(2).max(MOST_ENTRIES)], { error: "a path, or a list of paths" }),
  fingerprint: z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: "sha256: and 64 hexadecimal digits" }),
  version,
});

const space = content.extend({
  vector: z.string().min(1).max(1000).optional(),
  id: z.string().min(1).max(1000).optional(),
  metric: z.enum(["euclidean", "cosine", "manhattan", "geodesic"]),
  rows: z.int().min(1),
  cols: z.int().min(1),
});

const original = space;
const latent = space.extend({ of: name, map: name.optional() });
const labels = content.extend({ of: name, column: z.string().min(1).max(1000).optional() });
const map = content.extend({ method: z.string().max(100).nullable() });

const store = z.strictObject({
  name,
  address: z.string().min(1).max(2000).refine(isWithoutSecret, {
    error: "an address is kept without password and keys: give those by the environment",
  }),
});

const result = z.strictObject({
  name: z.string().regex(RESULT_NAME, { error: `a name is ${NAME_RULE}` }),
  job: z.string().regex(/^[a-z]{1,30}$/),
});

const listed = <T extends z.ZodType>(item: T) => z.array(item).max(MOST_ENTRIES).default([]);

const manifestSchema = z.strictObject({
  schema: z.literal(PROJECT_SCHEMA),
  name: z.string().min(1).max(200),
  isometer: z.string().min(1).max(100),
  audit: z
    .strictObject({
      nNeighbors: z.int().min(1).default(15),
      sample: z.union([z.int().min(2), z.literal("exact")]).optional(),
      seed: z.int().min(0).default(0),
    })
    .default({ nNeighbors: 15, seed: 0 }),
  originals: listed(original),
  latents: listed(latent),
  labels: listed(labels),
  maps: listed(map),
  stores: listed(store),
  results: listed(result),
});

/**
 * What `isometer.json` says: the spaces of a project and what belongs to them. A file has a path below the folder ("/" between its parts), or a whole one where it lies
 * elsewhere. `version` counts the contents that a name has had; `isometer` is the version that made the project.
 */
export type ProjectManifest = z.infer<typeof manifestSchema>;
export type ProjectOriginal = z.infer<typeof original>;
export type ProjectLatent = z.infer<typeof latent>;
export type ProjectLabels = z.infer<typeof labels>;
export type ProjectMap = z.infer<typeof map>;
export type ProjectStore = z.infer<typeof store>;

/** The lists of a manifest whose entries have files. */
export const CONTENT_KINDS = ["originals", "latents", "labels", "maps"] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** The manifest of a project that holds nothing. */
export function emptyManifest(name: string, isometer: string): ProjectManifest {
  return manifestSchema.parse({ schema: PROJECT_SCHEMA, name, isometer });
}

/** Neither empty nor upwards, in no system's spelling. */
function isPlainPath(text: string): boolean {
  return !text.includes("\0") && !text.split(/[\\/]/).includes("..");
}

/** Whether an address may be kept where others read it. */
export function isWithoutSecret(address: string): boolean {
  const secret = /pass|secret|token|key|credential/i;
  try {
    const { password, searchParams } = new URL(address);
    return password === "" && ![...searchParams.keys()].some((key) => secret.test(key));
  } catch {
    return !/:[^:/@]+@/.test(address);
  }
}

/**
 * Reads the manifest of a project.
 *
 * @throws missing-file where the folder is no project, too-large, bad-format and bad-value with the name of the field
 */
export async function readManifest(folder: string): Promise<ProjectManifest> {
  const where = join(folder, MANIFEST);
  const text = await readSmall(where, MOST_BYTES);
  if (text === null) {
    throw new IsometerError("missing-file", `${shown(folder)} is no project: it holds no ${MANIFEST}`, {
      got: folder,
      hint: `Make it one: isometer init ${folder}`,
    });
  }
  return checkManifest(parseJson(text, where), where);
}

/** The text of a regular file, null where there is none. Links are not followed. @throws not-a-file, too-large, bad-value */
export async function readSmall(path: string, most: number): Promise<string | null> {
  try {
    const found = await lstat(path);
    if (!found.isFile())
      throw new IsometerError("not-a-file", `${shown(path)} is no regular file`, { got: path });
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > most) {
        throw new IsometerError("too-large", `${shown(path)} has ${size} bytes, it is read up to ${most}`, {
          got: `${size} bytes`,
          needed: `at most ${most} bytes`,
        });
      }
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof IsometerError) throw cause;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new IsometerError("bad-value", `${shown(path)} cannot be read: ${code}`, { cause });
  }
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replaceAll(/\s+/g, " ").slice(0, 120) : "";
    throw new IsometerError("bad-format", `${shown(where)} is no JSON: ${shown(why)}`, {
      got: where,
      hint: "Mend it by hand, or take it back from a copy.",
      cause,
    });
  }
}

/** A manifest that holds together. @throws bad-format, bad-value */
export function checkManifest(value: unknown, where: string): ProjectManifest {
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== PROJECT_SCHEMA) {
    const got = typeof schema === "string" ? shown(schema) : "none";
    throw new IsometerError("bad-format", `${shown(where)} is of schema ${got}, not ${PROJECT_SCHEMA}`, {
      got,
      needed: PROJECT_SCHEMA,
      hint: "A later version of Isometer may have made it: npm install isometer@latest.",
    });
  }
  const checked = manifestSchema.safeParse(value);
  if (!checked.success) throw fieldError(checked.error, where);
  checkReferences(checked.data, where);
  return checked.data;
}

/** The first complaint of a schema, with the field that it is about. */
export function fieldError({ issues }: z.ZodError, where: string): IsometerError {
  const { path, message } = issues[0]!;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return badField(where, fieldName(path), `${message}${more}`);
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

function badField(where: string, field: string, message: string): IsometerError {
  const named = field === "" ? "" : `${shown(field)}: `;
  return new IsometerError("bad-value", `${shown(where)}: ${named}${shown(message)}`, {
    got: field,
    hint: "Mend it by hand, or take it back from a copy.",
  });
}

/** Names are there once, upper and lower case alike as some file systems have it, and what is named is there. */
function checkReferences(manifest: ProjectManifest, where: string): void {
  for (const kind of [...CONTENT_KINDS, "stores", "results"] as const) {
    const seen = new Set<string>();
    for (const [i, entry] of manifest[kind].entries()) {
      const key = entry.name.normalize("NFC").toLowerCase();
      if (seen.has(key)) throw badField(where, `${kind}[${i}].name`, `"${entry.name}" is there twice`);
      seen.add(key);
    }
  }
  const known = (kind: ContentKind, wanted: string) => manifest[kind].some((entry) => entry.name === wanted);
  for (const kind of ["latents", "labels"] as const) {
    for (const [i, { of }] of manifest[kind].entries()) {
      if (!known("originals", of)) throw badField(where, `${kind}[${i}].of`, `there is no original "${of}"`);
    }
  }
  for (const [i, { map }] of manifest.latents.entries()) {
    if (map !== undefined && !known("maps", map))
      throw badField(where, `latents[${i}].map`, `there is no map "${map}"`);
  }
}
