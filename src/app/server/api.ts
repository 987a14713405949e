import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { IsometerError, nearestName } from "../../base/index.ts";
import type { Job } from "../../jobs/define.ts";
import type { ViewRequest } from "../views-contract.ts";
import { arrayRoutes } from "./arrays.ts";
import { BODY_BYTES, bodyOf, limited } from "./bodies.ts";
import { columnsExportRoutes } from "./columns-export.ts";
import { events } from "./events.ts";
import { belowFolder, failureOf, statusOf } from "./failure.ts";
import { listFiles } from "./files.ts";
import { type GuardOptions, guard, headers } from "./guard.ts";
import { keptAuditsRoutes } from "./kept-audits.ts";
import { keptLimitsRoutes } from "./kept-limits.ts";
import { mcpRoutes } from "./mcp-http.ts";
import { morphRoutes } from "./morph.ts";
import { openApi } from "./openapi.ts";
import { positions } from "./positions.ts";
import { referencePage } from "./reference.ts";
import { checkRequest, jobRequest } from "./request.ts";
import type { Run, Runs } from "./runs.ts";
import { jobTable } from "./table.ts";
import { viewRoutes } from "./views/routes.ts";
import type { Views } from "./views/views.ts";
import { webRoutes } from "./web.ts";

export interface ApiOptions extends GuardOptions {
  readonly folder: string;
  readonly version: string;
  readonly jobs: readonly Job[];
  readonly runs: Runs;
  readonly views: Views;
  /** What the page shows when nobody asks for anything. */
  readonly suggestion?: ViewRequest;
  /** A word for the person at the terminal: faults of ours. */
  readonly tell: (text: string) => void;
}

/** Everything that is answered over HTTP. */
export function api(options: ApiOptions): Hono {
  const { folder, version, jobs, tell, suggestion } = options;
  const app = new Hono();
  app.use(headers, guard(options), limited);
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    const failure = failureOf(belowFolder(error, folder));
    if (failure.code === "internal") tell(error.stack ?? error.message);
    return c.json({ error: failure }, statusOf(failure) as 400);
  });
  app.notFound((c) =>
    c.json(
      { error: { code: "bad-value", message: `there is no ${c.req.path}`, hint: "See /reference." } },
      404,
    ),
  );
  app.get("/api", (c) =>
    c.json({ isometer: version, jobs: jobs.map(({ name }) => name), bodyBytes: BODY_BYTES }),
  );
  app.get("/api/jobs", (c) => c.json(jobTable(jobs)));
  app.get("/api/openapi.json", (c) => c.json(openApi(jobs, version)));
  app.get("/reference", (c) => c.html(referencePage(jobs, version)));
  app.get("/api/files", async (c) => c.json(await listFiles(folder)));
  runRoutes(app, options);
  arrayRoutes(app, folder);
  morphRoutes(app, folder);
  viewRoutes(app, options.views);
  columnsExportRoutes(app, options.views);
  keptAuditsRoutes(app, options.views, folder);
  keptLimitsRoutes(app, options.views, folder);
  mcpRoutes(app, options);
  app.get("/api/suggestion", (c) => c.json({ request: suggestion ?? null }));
  webRoutes(app);
  return app;
}

function runRoutes(app: Hono, { folder, jobs, runs }: ApiOptions): void {
  const found = (id: string): Run => {
    const run = runs.get(id);
    if (run) return run;
    throw new IsometerError("missing-file", `there is no run ${JSON.stringify(id)}`, {
      hint: "Runs are kept until the server stops, the latest of them.",
    });
  };
  app.post("/api/jobs/:name", async (c) => {
    const job = jobNamed(jobs, c.req.param("name"));
    const request = await checkRequest(job, await bodyOf(c, jobRequest), folder);
    const run = runs.submit(request);
    c.header("location", `/api/runs/${run.id}`);
    return c.json(run, 202);
  });
  app.get("/api/runs", (c) => c.json(runs.list()));
  app.get("/api/runs/:id", (c) => c.json(found(c.req.param("id"))));
  app.delete("/api/runs/:id", (c) => {
    found(c.req.param("id"));
    return c.json(runs.cancel(c.req.param("id")));
  });
  app.get("/api/runs/:id/events", (c) => events(c, runs, found(c.req.param("id"))));
  app.get("/api/runs/:id/positions", (c) => positions(c, runs, found(c.req.param("id"))));
  app.get("/api/runs/:id/result", (c) => {
    const outcome = outcomeOf(runs, found(c.req.param("id")));
    return c.body(outcome.json, 200, { "content-type": "application/json; charset=utf-8" });
  });
  app.get("/api/runs/:id/report", (c) => c.text(outcomeOf(runs, found(c.req.param("id"))).report));
  app.get("/api/runs/:id/documents/:name", (c) => {
    const { documents } = outcomeOf(runs, found(c.req.param("id")));
    const name = c.req.param("name");
    const text = documents[name];
    if (text === undefined) {
      throw new IsometerError("missing-file", `this run was not asked for ${JSON.stringify(name)}`, {
        hint: "Name it in documents when the job is started.",
      });
    }
    // As a file: a page of its own that holds its script, which no page of the server may.
    const disposition = `attachment; filename="${name}"`;
    return c.body(text, 200, {
      "content-type": "application/octet-stream",
      "content-disposition": disposition,
    });
  });
}

/** @throws missing-file, with the nearest name */
export function jobNamed(jobs: readonly Job[], name: string): Job {
  const job = jobs.find((known) => known.name === name);
  if (job) return job;
  const nearest = nearestName(
    name,
    jobs.map((known) => known.name),
  );
  throw new IsometerError("missing-file", `there is no job ${JSON.stringify(name)}`, {
    hint: nearest ? `Did you mean ${nearest}?` : "/api/jobs lists all.",
  });
}

function outcomeOf(runs: Runs, run: Run) {
  const outcome = runs.outcome(run.id);
  if (outcome) return outcome;
  const { code, message, hint, needed, got } = run.error ?? {
    code: "missing-file" as const,
    message: `run ${run.id} is ${run.state}: it has no result`,
    hint: `Follow /api/runs/${run.id}/events until it is done.`,
    needed: undefined,
    got: undefined,
  };
  throw new IsometerError(code, message, {
    ...(hint && { hint }),
    ...(needed && { needed }),
    ...(got && { got }),
  });
}
