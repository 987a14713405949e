import { realpath } from "node:fs/promises";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { IsometerError } from "../../base/index.ts";
import { JOBS } from "../../jobs/index.ts";
import { startServer } from "../server/listen.ts";
import { mcpServer } from "../server/mcp.ts";
import { openRuns } from "../server/runs.ts";
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
  const { port, autoPort, host: address, token } = options;
  const server = await startServer({
    folder: await folderAt(folder),
    jobs: JOBS,
    version: packageVersion(),
    port,
    autoPort,
    ...(address !== undefined && { host: address }),
    ...(token !== undefined && { token }),
    tell: (text) => host.stderr.write(`isometer: ${text}\n`),
  });
  host.stdout.write(box(server.url));
  await stopped(host.signal);
  await server.close();
}

/** Answers an agent on standard input and output until it leaves, or Ctrl-C. */
export async function mcp(host: Host, { folder }: { folder: string }): Promise<void> {
  const path = await folderAt(folder);
  const runs = openRuns({ folder: path });
  const server = mcpServer({ folder: path, jobs: JOBS, version: packageVersion(), runs });
  const left = new Promise<void>((resolve) => {
    process.stdin.once("close", resolve);
    process.stdin.once("end", resolve);
  });
  await server.connect(new StdioServerTransport());
  await Promise.race([left, stopped(host.signal)]);
  await runs.close();
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
