import { realpath } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { IsometerError } from "../../base/index.ts";
import { JOBS } from "../../jobs/index.ts";
import { startServer } from "../server/listen.ts";
import { mcpServer } from "../server/mcp.ts";
import { openRuns } from "../server/runs.ts";
import { openViews } from "../server/views/views.ts";
import type { ViewRequest } from "../views-contract.ts";
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

interface ExploreOptions extends ServeOptions, Omit<ViewRequest, "original" | "latent"> {
  readonly noBrowser: boolean;
}

/** Shows a folder, or files, in a browser until Ctrl-C. */
export async function explore(
  host: Host,
  { paths }: { paths: readonly string[] },
  { noBrowser, ...options }: ExploreOptions,
): Promise<void> {
  const { folder, suggestion } = await shown(paths, options);
  const opened = async (url: string) => {
    if (noBrowser) return;
    const { default: open } = await import("open");
    await open(url).catch(() => host.stderr.write("isometer: no browser opened; the address is above\n"));
  };
  await answer(host, folder, options, suggestion, opened);
}

/** The folder that holds all that is named, and what to show of it. */
async function shown(
  paths: readonly string[],
  { labels, id, metric, latentMetric, imageSize }: Omit<ViewRequest, "original" | "latent">,
): Promise<{ folder: string; suggestion?: ViewRequest }> {
  if (paths.length === 1) return { folder: await folderAt(paths[0]!) };
  const isFile = labels !== undefined && (await fileAt(labels).catch(() => null)) !== null;
  const files = await Promise.all([...paths, ...(isFile ? [labels] : [])].map(fileAt));
  const folder = commonFolder(files);
  const [original, ...latent] = files.map((file) => relative(folder, file));
  const named = isFile ? latent.pop() : labels;
  const texts = { labels: named, id, metric, latentMetric, imageSize };
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
  return { folder, suggestion: { original: original!, latent, ...given } };
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`))) {
    folder = dirname(folder);
  }
  return folder;
}

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
  const server = mcpServer({ folder: path, jobs: JOBS, version: packageVersion(), runs, views });
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
