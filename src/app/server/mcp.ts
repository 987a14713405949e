import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  type CallToolRequest,
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type ServerNotification,
  type ServerRequest,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { IsometerError } from "../../base/index.ts";
import type { Job } from "../../jobs/define.ts";
import { belowFolder, failureOf } from "./failure.ts";
import type { Failure } from "./messages.ts";
import { QUESTIONS, type Question } from "./questions.ts";
import { checkRequest } from "./request.ts";
import { hasEnded, type Outcome, type Run, type Runs } from "./runs.ts";
import { requestOf, toolOf } from "./tools.ts";
import type { Views } from "./views/views.ts";

export interface McpOptions {
  readonly folder: string;
  readonly version: string;
  readonly jobs: readonly Job[];
  readonly runs: Runs;
  readonly views: Views;
}

const INSTRUCTIONS =
  "Isometer measures how far a latent space (embeddings, UMAP or t-SNE pictures, codes of an encoder) is from an isometry of the data that it was made from. Files are named by " +
  "their path below the folder that is served. Descriptions name options as the command line does: --n-neighbors is the argument nNeighbors; where they say Ctrl-C, a call that is cancelled does the same. Begin with audit ORIGINAL LATENT: scores with intervals, what chance and the best linear map would give, the worst rows, and what to do next.";

/** Makes servers of the Model Context Protocol whose tools are the jobs of the table; not yet connected. All of them list the same. */
export function mcpServers(options: McpOptions): () => Server {
  let tools: Tool[] | undefined;
  return () => {
    const server = new Server(
      { name: "isometer", version: options.version },
      { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => {
      tools ??= [...options.jobs.map(toolOf), ...QUESTIONS.map(questionTool)];
      return { tools };
    });
    server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => answer(options, params, extra));
    return server;
  };
}

function questionTool({ name, description, schema, data }: Question): Tool {
  return {
    name,
    description,
    inputSchema: z.toJSONSchema(schema, { io: "input" }) as { type: "object" },
    outputSchema: z.toJSONSchema(data, { target: "draft-07" }) as { type: "object" },
  };
}

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Args = Readonly<Record<string, unknown>>;

async function answer(
  { folder, jobs, runs, views }: McpOptions,
  { name, arguments: args = {}, _meta }: CallToolRequest["params"],
  { signal, sendNotification }: Extra,
): Promise<CallToolResult> {
  const token = _meta?.progressToken;
  const tell = token === undefined ? () => {} : progressTo(token, sendNotification);
  const run = async (job: Job, given: Args) => {
    const request = await checkRequest(job, requestOf(job, given), folder);
    return outcomeOf(await ended(runs, runs.submit(request), signal, tell), runs);
  };
  const runJob = async (name: string, given: Args): Promise<unknown> =>
    JSON.parse((await run(jobs.find((known) => known.name === name)!, given)).json);
  try {
    const question = QUESTIONS.find((known) => known.name === name);
    if (question) {
      const { text, data } = await question.answer(args, { folder, views, signal, runJob });
      return { content: [{ type: "text", text }], structuredContent: data as Record<string, unknown> };
    }
    const job = jobs.find((known) => known.name === name);
    if (!job) throw new IsometerError("unknown-option", `there is no tool ${JSON.stringify(name)}`);
    const { report, json } = await run(job, args);
    return { content: [{ type: "text", text: report }], structuredContent: JSON.parse(json) };
  } catch (error) {
    return failed(failureOf(belowFolder(error, folder)));
  }
}

/** The run once it has ended; a client that leaves cancels it. */
function ended(runs: Runs, { id }: Run, signal: AbortSignal, tell: (run: Run) => void): Promise<Run> {
  return new Promise((resolve) => {
    const cancel = () => void runs.cancel(id);
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    runs.follow(id, (run) => {
      if (!hasEnded(run)) return tell(run);
      signal.removeEventListener("abort", cancel);
      resolve(run);
    });
  });
}

/** How far a run creeps where it comes no further: a share of what is left. */
const CREEP = 1e-6;

/** Tells of progress. It rises with each word, as the protocol asks: where a run stands, or counts anew, it creeps, so that a client which waits hears that work goes on. */
function progressTo(progressToken: string | number, send: (told: ServerNotification) => Promise<void>) {
  let last = -1;
  return ({ progress: given, job }: Run) => {
    const { stage, done, total } = given ?? { stage: job, done: 0, total: 0 };
    if (done <= last && total <= last) return;
    last = done > last ? done : last + CREEP * (total - last);
    const params = { progressToken, progress: last, ...(total > 0 && { total }), message: stage };
    // A client that left hears nothing.
    send({ method: "notifications/progress", params }).catch(() => {});
  };
}

/** @throws as the job did; aborted */
function outcomeOf({ id, error }: Run, runs: Runs): Outcome {
  const outcome = runs.outcome(id);
  if (outcome) return outcome;
  const { code, message, hint } = error ?? {
    code: "aborted" as const,
    message: `run ${id} was cancelled`,
    hint: undefined,
  };
  throw new IsometerError(code, message, hint === undefined ? {} : { hint });
}

function failed({ code, message, hint }: Failure): CallToolResult {
  return {
    isError: true,
    content: [{ type: "text", text: [`${code}: ${message}`, hint].filter(Boolean).join("\n") }],
  };
}
