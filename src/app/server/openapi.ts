import { z } from "zod";
import type { Job } from "../../jobs/define.ts";
import { resultJsonSchema } from "../../jobs/schema.ts";
import { VIEW_PATHS } from "./openapi-views.ts";
import { requestSchema } from "./request.ts";

const json = (schema: object) => ({ "application/json": { schema } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const answer = (description: string, schema: object) => ({ description, content: json(schema) });
const refused = { "4XX": answer("What was wrong, and the next step", ref("Error")) };
const idParameter = [{ name: "id", in: "path", required: true, schema: { type: "string" } }];

/** The OpenAPI 3.1 document of everything that the server answers. */
export function openApi(jobs: readonly Job[], version: string): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "Isometer",
      version,
      description:
        "How far is a latent space from an isometry of your data? The jobs of the command line, over HTTP on this machine.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths: {
      ...Object.fromEntries(jobs.map((job) => [`/api/jobs/${job.name}`, jobPath(job)])),
      ...RUN_PATHS,
      ...VIEW_PATHS,
    },
    components: {
      schemas: {
        Run: RUN,
        Error: ERROR,
        ...Object.fromEntries(
          jobs.flatMap((job) => [
            [`${job.name}-request`, bare(z.toJSONSchema(requestSchema(job), { io: "input" }))],
            ...components(`${job.name}-result`, resultJsonSchema(job.name) ?? {}),
          ]),
        ),
      },
    },
  };
}

/** Without the word of which draft it is: the document says so for all. */
function bare(schema: object): object {
  const { $schema, ...rest } = schema as { $schema?: string };
  return rest;
}

/** A schema as components of the document: its `$defs` beside it, where references find them. */
function components(name: string, schema: object): [string, object][] {
  const prefix = "#/$defs/";
  const moved = (own: string) => `${name}-${own.replace(/^_+/, "")}`;
  const { $defs = {}, ...rest } = JSON.parse(JSON.stringify(bare(schema)), (key, value) =>
    key === "$ref" ? ref(moved(value.slice(prefix.length))).$ref : value,
  );
  return [
    [name, rest],
    ...Object.entries<object>($defs).map(([own, part]) => [moved(own), part] as [string, object]),
  ];
}

function jobPath(job: Job) {
  return {
    post: {
      operationId: job.name,
      tags: ["jobs"],
      summary: job.about,
      description: job.details.join("\n\n"),
      requestBody: { required: true, content: json(ref(`${job.name}-request`)) },
      responses: {
        "202": {
          ...answer(`The run; its result is a ${job.name}-result`, ref("Run")),
          headers: { location: { schema: { type: "string" }, description: "where the run is" } },
        },
        ...refused,
      },
    },
  };
}

const ERROR = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string" },
        message: { type: "string" },
        needed: { type: "string" },
        got: { type: "string" },
        hint: { type: "string", description: "the next step" },
      },
    },
  },
};

const RUN = {
  type: "object",
  required: ["id", "job", "inputs", "options", "state", "progress", "notes", "documents", "error"],
  properties: {
    id: { type: "string" },
    job: { type: "string" },
    inputs: { type: "array", items: { type: "string" } },
    options: { type: "object" },
    state: { enum: ["queued", "running", "done", "failed", "cancelled"] },
    progress: {
      type: ["object", "null"],
      properties: {
        stage: { type: "string" },
        done: { type: "number" },
        total: { type: "number" },
        objective: { type: "number" },
        detail: { type: "string" },
      },
    },
    notes: { type: "array", items: { type: "string" } },
    documents: { type: "array", items: { type: "string" } },
    error: { oneOf: [ERROR.properties.error, { type: "null" }] },
  },
};

const get = (operationId: string, summary: string, ok: object, parameters: readonly object[] = []) => ({
  operationId,
  tags: ["runs"],
  summary,
  parameters,
  responses: { "200": ok, ...refused },
});

const RUN_PATHS = {
  "/api/runs": {
    get: get("runs", "all runs, the oldest first", answer("Runs", { type: "array", items: ref("Run") })),
  },
  "/api/runs/{id}": {
    get: get("run", "where a run stands", answer("The run", ref("Run")), idParameter),
    delete: get(
      "cancel",
      "stops a run; what is done stays done; again: does not wait for what it writes of it",
      answer("The run", ref("Run")),
      idParameter,
    ),
  },
  "/api/runs/{id}/events": {
    get: get(
      "events",
      "every change of a run as server-sent events, until it has ended",
      {
        description: "Events named run, each a Run",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      idParameter,
    ),
  },
  "/api/runs/{id}/positions": {
    get: get(
      "positions",
      "where the rows of a fit were last, also while it runs; nothing (204) where there is nothing new",
      {
        description:
          "float32, little-endian, rows x 2; the iteration (of a training the epoch, also a part of one) in x-isometer-iteration; whether they are all rows or some in x-isometer-rows",
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
      },
      [
        ...idParameter,
        {
          name: "after",
          in: "query",
          schema: { type: "number" },
          description: "an iteration that is known",
        },
        {
          name: "of",
          in: "query",
          schema: { enum: ["rows"] },
          description: "the numbers of the rows instead, int32, where they are not all; else 204",
        },
      ],
    ),
  },
  "/api/runs/{id}/result": {
    get: get(
      "result",
      "the result, as --json writes it",
      answer("The result", { type: "object" }),
      idParameter,
    ),
  },
  "/api/runs/{id}/report": {
    get: get(
      "report",
      "the report, as the terminal shows it",
      { description: "Text", content: { "text/plain": { schema: { type: "string" } } } },
      idParameter,
    ),
  },
};
