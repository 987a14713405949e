import { realpath } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { IsometerError } from "../../base/index.ts";
import { kebab } from "../../jobs/define.ts";
import { JOBS } from "../../jobs/index.ts";
import { defined } from "../../jobs/result.ts";
import { startServer } from "../server/listen.ts";
import { mcpServers } from "../server/mcp.ts";
import { projectSuggestion } from "../server/project-suggestion.ts";
import { openRuns } from "../server/runs.ts";
import { openViews } from "../server/views/views.ts";
import { MOST_LATENTS, type ViewRequest } from "../views-contract.ts";
import { packageVersion } from "./context.ts";
import type { Host } from "./host.ts";

interface ServeOptions {
  readonly port: number;
  readonly autoPort: boolean;
  readonly host: string | undefined;
  readonly token: string | undefined;
}

/** Answers over HTTP until Ctrl-C. */
export async function serve(
  host: Host,
  { folder }: { folder: string },
  options: ServeOptions,
): Promise<void> {
  await answer(host, await folderAt(folder), options);
}

/** How files are read and measured, as options of `explore` have it. */
type Reading = Omit<ViewRequest, "original" | "latent">;

interface ExploreOptions extends ServeOptions, Reading {
  readonly noBrowser: boolean;
}

/** Shows a folder, a project, or files, in a browser until Ctrl-C. */
export async function explore(
  host: Host,
  { paths }: { paths: readonly string[] },
  { noBrowser, port, autoPort, host: address, token, ...reading }: ExploreOptions,
): Promise<void> {
  const { folder, suggestion } = await (paths.length === 1
    ? shownFolder(host, paths[0]!, reading)
    : shownFiles(paths, reading));
  const opened = async (url: string) => {
    if (noBrowser) return;
    const { default: open } = await import("open");
    await open(url).catch(() => host.stderr.write("isometer: no browser opened; the address is above\n"));
  };
  await answer(host, folder, { port, autoPort, host: address, token }, suggestion, opened);
}

interface Shown {
  /** Holds all that is named. */
  readonly folder: string;
  /** What to show of it; absent: the page asks. */
  readonly suggestion?: ViewRequest;
}

/** What is left out is told, of so many. */
const MOST_WORDS = 8;

/** A folder, and of a project what it is about. @throws bad-option for options without anything to show */
async function shownFolder(host: Host, path: string, reading: Reading): Promise<Shown> {
  const folder = await folderAt(path);
  const project = await projectSuggestion(path);
  if (project && project.leftOut.length > 0) {
    const more = project.leftOut.length - MOST_WORDS;
    const words = [...project.leftOut.slice(0, MOST_WORDS), ...(more > 0 ? [`${more} more`] : [])];
    host.stderr.write(`isometer: not shown: ${words.join(", ")}\n`);
  }
  const given = defined(reading);
  if (project?.request) {
    const own = given.labels === undefined ? {} : { labels: await labelsBelow(folder, given.labels) };
    return { folder, suggestion: { ...project.request, ...given, ...own } };
  }
  const [name] = Object.keys(given);
  if (name === undefined) return { folder };
  throw new IsometerError("bad-option", `--${kebab(name)} is about files, and none is named`, {
    hint: `Name them: isometer explore DATA LATENT --${kebab(name)} ... Of a folder, the page asks.`,
  });
}

/** Labels of a project that were given: a file of its folder, or a column. @throws bad-value for a file elsewhere */
async function labelsBelow(folder: string, labels: string): Promise<string> {
  const found = await labelsFile(labels);
  if (found === null) return labels;
  if (isBelow(folder, found.file)) return relative(folder, found.file) + found.column;
  throw new IsometerError("bad-value", `${JSON.stringify(labels)} lies outside of the project`, {
    got: labels,
    hint: "Nothing outside of the folder is read: isometer init DIR --labels FILE --copy takes it in.",
  });
}

/** The file that holds labels, and the column of it where one is named: "labels.csv:class". Null: they are a column of the data. */
async function labelsFile(labels: string): Promise<{ file: string; column: string } | null> {
  for (const column of ["", /:[^:]*$/.exec(labels)?.[0] ?? ""]) {
    const file = await realpath(labels.slice(0, labels.length - column.length)).catch(() => null);
    if (file !== null) return { file, column };
  }
  return null;
}

/** Data and latents, in the folder that holds all of them. */
async function shownFiles(paths: readonly string[], { labels, ...reading }: Reading): Promise<Shown> {
  const files = await Promise.all(paths.map(fileAt));
  const found = labels === undefined ? null : await labelsFile(labels);
  const folder = commonFolder(found ? [...files, found.file] : files);
  const [original, ...latent] = files.map((file) => relative(folder, file));
  const named = found ? relative(folder, found.file) + found.column : labels;
  if (latent.length > MOST_LATENTS) {
    throw new IsometerError("bad-option", `${latent.length} latents are too many for one page`, {
      needed: `1 to ${MOST_LATENTS}`,
      got: String(latent.length),
      hint: "The first file is the data; name up to three others.",
    });
  }
  return { folder, suggestion: { original: original!, latent, ...defined({ labels: named, ...reading }) } };
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (!files.every((file) => isBelow(folder, file))) folder = dirname(folder);
  return folder;
}

const isBelow = (folder: string, file: string) =>
  file.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

async function answer(
  host: Host,
  folder: string,
  { port, autoPort, host: address, token }: ServeOptions,
  suggestion?: ViewRequest,
  opened?: (url: string) => Promise<void>,
): Promise<void> {
  const server = await startServer({
    folder,
    jobs: JOBS,
    version: packageVersion(),
    port,
    autoPort,
    ...(address !== undefined && { host: address }),
    ...(token !== undefined && { token }),
    ...(suggestion && { suggestion }),
    tell: (text) => host.stderr.write(`isometer: ${text}\n`),
  });
  host.stdout.write(box(server.url));
  await opened?.(server.url);
  await stopped(host.signal);
  await server.close();
}

/** Answers an agent on standard input and output until it leaves, or Ctrl-C. */
export async function mcp(host: Host, { folder }: { folder: string }): Promise<void> {
  const path = await folderAt(folder);
  const runs = openRuns({ folder: path });
  const views = openViews({ folder: path });
  const server = mcpServers({ folder: path, jobs: JOBS, version: packageVersion(), runs, views })();
  const left = new Promise<void>((resolve) => {
    process.stdin.once("close", resolve);
    process.stdin.once("end", resolve);
  });
  await server.connect(new StdioServerTransport());
  await Promise.race([left, stopped(host.signal)]);
  await Promise.all([runs.close(), views.close()]);
  await server.close();
}

async function folderAt(path: string): Promise<string> {
  try {
    return await realpath(`${path}/`);
  } catch (cause) {
    throw new IsometerError("missing-file", `${JSON.stringify(path)} is no folder`, {
      got: path,
      cause,
      hint: "Name the folder that holds the files.",
    });
  }
}

async function fileAt(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new IsometerError("missing-file", `${JSON.stringify(path)} does not exist`, { got: path, cause });
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The address, so that it is found among other lines. */
function box(url: string): string {
  const line = `  ${url}  `;
  const edge = "─".repeat(line.length);
  return `╭${edge}╮\n│${line}│\n╰${edge}╯\n`;
}
