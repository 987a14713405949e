import { z } from "zod";
import type { Job } from "../../jobs/define.ts";
import { optionsSchema } from "../../jobs/validate.ts";
import { inputShapes, type JobRequest } from "./request.ts";

/** A tool as an agent sees it: inputs and options of a job in one flat object. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: "object" };
  /** The request that a call is. */
  readonly request: (args: Readonly<Record<string, unknown>>) => JobRequest;
}

/** A tool for every job of the table. */
export function toolsOf(jobs: readonly Job[]): readonly Tool[] {
  return jobs.map((job) => ({
    name: job.name,
    description: [`${job.about}.`, ...job.details].join("\n\n"),
    inputSchema: z.toJSONSchema(optionsSchema(job.options).extend(inputShapes(job)), { io: "input" }) as {
      type: "object";
    },
    request: (args) => requestOf(job, args),
  }));
}

function requestOf(job: Job, args: Readonly<Record<string, unknown>>): JobRequest {
  const named = Object.entries(args);
  return {
    inputs: Object.fromEntries(named.filter(([name]) => name in job.inputs)) as JobRequest["inputs"],
    options: Object.fromEntries(named.filter(([name]) => !(name in job.inputs))),
    documents: [],
  };
}
