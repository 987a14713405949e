import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Job } from "../../jobs/define.ts";
import { resultJsonSchema } from "../../jobs/schema.ts";
import { optionsSchema } from "../../jobs/validate.ts";
import { inputShapes, type JobRequest, requestOptions } from "./request.ts";

type ObjectSchema = { type: "object" };

/** A job as an agent sees it: inputs and options in one flat object. Nobody can ask a tool for documents. */
export function toolOf(job: Job): Tool {
  const options = requestOptions(job.options, { documents: false });
  return {
    name: job.name,
    description: [`${job.about}.`, ...job.details].join("\n\n"),
    inputSchema: z.toJSONSchema(optionsSchema(options).extend(inputShapes(job)), {
      io: "input",
    }) as ObjectSchema,
    // Of the draft that clients made with the SDK of the protocol check answers by. The type has to be said, where a result is one of several too.
    outputSchema: { ...resultJsonSchema(job.name, "draft-07"), type: "object" },
  };
}

/** The request that a call is. */
export function requestOf(job: Job, args: Readonly<Record<string, unknown>>): JobRequest {
  const inputs: Record<string, unknown> = {};
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    if (Object.hasOwn(job.inputs, name)) inputs[name] = value;
    else options[name] = value;
  }
  return { inputs, options, documents: [] };
}
