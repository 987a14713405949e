import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type ServerNotification,
} from "@modelcontextprotocol/sdk/types.js";
import type { Job } from "../../jobs/define.ts";
import { failureOf } from "./failure.ts";
import type { Failure } from "./messages.ts";
import { checkRequest } from "./request.ts";
import { hasEnded, type Run, type Runs } from "./runs.ts";
import { toolsOf } from "./tools.ts";

export interface McpOptions {
  readonly folder: string;
  readonly version: string;
  readonly jobs: readonly Job[];
  readonly runs: Runs;
}

const INSTRUCTIONS =
  "Isometer measures how far a latent space (embeddings, UMAP or t-SNE pictures, codes of an encoder) is from an isometry of the data that it was made from. Files are named by " +
  "their path below the folder that is served. Begin with audit ORIGINAL LATENT: scores with intervals, what chance and the best linear map would give, the worst rows, and what to do next.";

/** A server of the Model Context Protocol whose tools are the jobs of the table; not yet connected. */
export function mcpServer({ folder, version, jobs, runs }: McpOptions): Server {
  const tools = toolsOf(jobs);
  const server = new Server(
    { name: "isometer", version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool)
      return failed({ code: "unknown-option", message: `there is no tool ${JSON.stringify(params.name)}` });
    try {
      const job = jobs.find(({ name }) => name === tool.name)!;
      const run = runs.submit(await checkRequest(job, tool.request(params.arguments ?? {}), folder));
      const token = params._meta?.progressToken;
      const tell =
        token === undefined ? () => {} : (now: Run) => void extra.sendNotification(progressOf(now, token));
      return answerOf(await ended(runs, run, extra.signal, tell), runs);
    } catch (error) {
      return failed(failureOf(error));
    }
  });
  return server;
}

/** The run once it has ended; a client that leaves cancels it. */
function ended(runs: Runs, { id }: Run, signal: AbortSignal, tell: (run: Run) => void): Promise<Run> {
  return new Promise((resolve) => {
    const cancel = () => void runs.cancel(id);
    signal.addEventListener("abort", cancel, { once: true });
    runs.follow(id, (run) => {
      if (!hasEnded(run)) return tell(run);
      signal.removeEventListener("abort", cancel);
      resolve(run);
    });
  });
}

function progressOf({ progress, job }: Run, progressToken: string | number): ServerNotification {
  const { stage, done, total } = progress ?? { stage: job, done: 0, total: 0 };
  return {
    method: "notifications/progress",
    params: { progressToken, progress: done, ...(total > 0 && { total }), message: stage },
  };
}

/** The report for reading, the result for reckoning. */
function answerOf(run: Run, runs: Runs): CallToolResult {
  const outcome = runs.outcome(run.id);
  if (!outcome) return failed(run.error ?? { code: "aborted", message: `run ${run.id} was cancelled` });
  return {
    content: [{ type: "text", text: outcome.report }],
    structuredContent: JSON.parse(outcome.json) as Record<string, unknown>,
  };
}

function failed({ code, message, hint }: Failure): CallToolResult {
  return {
    isError: true,
    content: [{ type: "text", text: [`${code}: ${message}`, hint].filter(Boolean).join("\n") }],
  };
}
