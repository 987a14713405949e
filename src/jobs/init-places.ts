import { IsometerError, type Watch } from "../base/index.ts";
import type { ContentKind, ProjectManifest, ProjectWriter } from "../data/index.ts";
import type { InitEntry } from "../report/index.ts";
import { shellQuote } from "./command-line.ts";
import { distinctNames } from "./latent-names.ts";

/** A file that is to belong to a project, as it was asked for. */
export interface Asked {
  /** Told with it, as in NAME=FILE. */
  readonly name: string | undefined;
  /** Of files that are appended to each other, all. */
  readonly paths: readonly string[];
  /** As it was given, for messages. */
  readonly given: string;
}

/** A file with its place in the manifest. */
export interface Placed {
  readonly name: string;
  readonly file: string | [string, string, ...string[]];
  readonly fingerprint: string;
  readonly version: number;
  /** Where it can be opened now. */
  readonly path: string;
  /** What has to be copied for `file` to be there. */
  readonly copies: readonly Copy[];
  readonly state: InitEntry["state"];
}

export interface Copy {
  readonly from: string;
  /** Path below the folder. */
  readonly to: string;
}

type Entry = ProjectManifest[ContentKind][number];

/** NAME=FILE, a file, or the name of an entry that is there. What lies at a path that holds "=", or is called as an entry is, is that. @throws missing-file */
export async function readAsked(
  given: string,
  exists: (path: string) => Promise<boolean>,
  writer: ProjectWriter,
  entries: readonly Entry[],
): Promise<Asked> {
  const { placesOf, splitInputs } = await import("../data/index.ts");
  if (await exists(given)) return { name: undefined, paths: [given], given };
  const named = entries.find(({ name }) => name === given);
  if (named) {
    const paths = await placesOf(writer, named);
    return { name: named.name, paths, given: paths.join(",") };
  }
  const match = /^([^=/\\]+)=(.+)$/s.exec(given);
  const file = match ? match[2]! : given;
  return { name: match?.[1], paths: await splitInputs(file), given: file };
}

/** What is asked of a kind of entry. */
export interface PlaceOptions extends Pick<Watch, "signal"> {
  readonly kind: ContentKind;
  readonly copy: boolean;
}

/**
 * Finds the places of files in a manifest: entries that are there already keep theirs as long as it holds the same, unless it is outside of the folder and need not be.
 *
 * @throws file-exists where a name is that of other content, bad-option for a name that cannot be one
 */
export async function placeAll(
  writer: ProjectWriter,
  manifest: ProjectManifest,
  asked: readonly Asked[],
  options: PlaceOptions,
): Promise<Placed[]> {
  const stems = asked.length > 0 ? distinctNames(asked.map(({ paths }) => paths[0]!)) : [];
  const placed: Placed[] = [];
  for (const [i, each] of asked.entries()) {
    const one = await place(writer, manifest[options.kind], each, stems[i]!, options);
    if (placed.some(({ name }) => name === one.name)) {
      throw new IsometerError("bad-option", `two files are to be called ${one.name}`, {
        got: one.name,
        hint: "Name them apart: NAME=FILE.",
      });
    }
    placed.push(one);
  }
  return placed;
}

async function place(
  writer: ProjectWriter,
  entries: readonly Entry[],
  { name: told, paths, given }: Asked,
  stem: string,
  { kind, copy, signal }: PlaceOptions,
): Promise<Placed> {
  const { copyPath, fingerprintOfFiles, isOutside, placesOf } = await import("../data/index.ts");
  const fingerprint = await fingerprintOfFiles(paths, signal);
  const file = asFile(await storedPaths(writer, paths));
  const sameFile = entries.find((entry) => String(entry.file) === String(file));
  const name = await checkName(told ?? sameFile?.name ?? plainName(stem), given);
  const partName = (i: number) => (paths.length === 1 ? name : `${name}-${i + 1}`);
  const there = entries.find((entry) => entry.name.toLowerCase() === name.toLowerCase());
  if (there && there.fingerprint !== fingerprint) throw taken(there, sameFile === there, writer, kind, given);
  const about = { name: there?.name ?? name, fingerprint, version: there?.version ?? 1, path: given };
  // What lies in the folder is better than what does not.
  const isBetter = there && isOutside(there.file) && (copy || !isOutside(file));
  if (there && !isBetter && (sameFile === there || (await holds(writer, there, fingerprint)))) {
    return { ...about, file: tupled(there.file), copies: [], state: "unchanged" };
  }
  const copies =
    copy && isOutside(file) ? paths.map((from, i) => ({ from, to: copyPath(from, kind, partName(i)) })) : [];
  const own = copies.length > 0 ? asFile(copies.map(({ to }) => to)) : file;
  // Refused now rather than when it is read.
  if (copies.length === 0) await placesOf(writer, { file });
  return { ...about, file: own, copies, state: there ? "moved" : "added" };
}

async function storedPaths(writer: ProjectWriter, paths: readonly string[]): Promise<string[]> {
  const { storedPath } = await import("../data/index.ts");
  return Promise.all(paths.map((path) => storedPath(writer, path)));
}

const asFile = (paths: readonly string[]): Placed["file"] =>
  paths.length === 1 ? paths[0]! : (paths as [string, string, ...string[]]);

const tupled = (file: Entry["file"]): Placed["file"] => (typeof file === "string" ? file : asFile(file));

/** Whether an entry's own files are where it says, and hold this. */
async function holds(writer: ProjectWriter, entry: Entry, fingerprint: string): Promise<boolean> {
  const { fingerprintOfFiles, placesOf } = await import("../data/index.ts");
  try {
    return (await fingerprintOfFiles(await placesOf(writer, entry))) === fingerprint;
  } catch (error) {
    if (error instanceof IsometerError) return false;
    throw error;
  }
}

/** A name made of that of a file. */
function plainName(stem: string): string {
  const plain = stem
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")
    .replace(/^[^\p{L}\p{N}]+/u, "");
  return plain.slice(0, 64).replace(/[-.]+$/, "");
}

async function checkName(name: string, given: string): Promise<string> {
  const { isName, NAME_RULE } = await import("../data/index.ts");
  if (isName(name)) return name;
  throw new IsometerError("bad-option", `${JSON.stringify(name)} cannot be the name of ${given}`, {
    got: name,
    needed: NAME_RULE,
    hint: `Name it: NAME=${given}`,
  });
}

function taken(
  { name, version }: Entry,
  sameFile: boolean,
  { path }: ProjectWriter,
  kind: ContentKind,
  given: string,
): IsometerError {
  const flag = { originals: "original", latents: "latent", labels: "labels", maps: "map" }[kind];
  return new IsometerError(
    "file-exists",
    sameFile
      ? `${given} has changed since it was recorded as ${name}, version ${version}`
      : `${given} is not what is recorded as ${name}`,
    {
      got: name,
      hint: sameFile
        ? `Take it as a new version: isometer refresh ${shellQuote(path)}; or name it apart: --${flag} NAME=${given}`
        : `Name it apart: --${flag} NAME=${given}`,
    },
  );
}
