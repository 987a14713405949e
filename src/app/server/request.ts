import { z } from "zod";
import { IsometerError } from "../../base/index.ts";
import { checkInputs } from "../../jobs/arguments.ts";
import { canonicalName, type Job } from "../../jobs/define.ts";

import { checkOptions, optionsSchema } from "../../jobs/validate.ts";
import { confine, confineProject } from "./confine.ts";
import type { RunRequest } from "./runs.ts";

const inputValue = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** What a client sends to start a job. */
export const jobRequest = z.strictObject({
  inputs: z.record(z.string(), inputValue).default({}),
  options: z.record(z.string(), z.unknown()).default({}),
  /** Texts that are wanted of the result, such as "html". */
  documents: z.array(z.string()).default([]),
});

export type JobRequest = z.infer<typeof jobRequest>;

/** The schemas of a job's inputs, by name. */
export function inputShapes(job: Job): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(job.inputs).map(([name, { about, choices, several, unless }]) => {
      const one = choices ? z.enum(choices as [string, ...string[]]) : z.string().min(1);
      const value = (several ? z.array(one).min(1) : one).describe(about);
      return [name, unless ? value.optional() : value] as const;
    }),
  );
}

/** The schema of a request of one job: what OpenAPI and forms show. */
export function requestSchema(job: Job): z.ZodObject {
  const documents = Object.keys(job.documents ?? {});
  return z.strictObject({
    inputs: z.strictObject(inputShapes(job)),
    options: optionsSchema(job.options).default({}),
    ...(documents.length > 0 && {
      documents: z.array(z.enum(documents as [string, ...string[]])).default([]),
    }),
  });
}

/** Checks a request as the command line checks its arguments, and that it stays in the folder. @throws unknown-option, bad-option, bad-value */
export async function checkRequest(job: Job, request: JobRequest, folder: string): Promise<RunRequest> {
  for (const name of Object.keys(request.inputs)) {
    if (!(name in job.inputs)) {
      throw new IsometerError("bad-option", `${job.name} has no input ${JSON.stringify(name)}`, {
        needed: Object.keys(job.inputs).join(", "),
      });
    }
  }
  const documents = Object.keys(job.documents ?? {});
  const unknown = request.documents.find((name) => !documents.includes(name));
  if (unknown !== undefined) {
    throw new IsometerError("bad-option", `${job.name} has no document ${JSON.stringify(unknown)}`, {
      needed: documents.join(", "),
    });
  }
  const checked = checkOptions(job.options, request.options);
  const inputs = Object.keys(job.inputs).flatMap((name) => request.inputs[name] ?? []);
  checkInputs(job, inputs, checked);
  await confine(folder, inputs);
  if (typeof request.inputs.dir === "string") await confineProject(folder, request.inputs.dir);
  for (const [spelling, value] of Object.entries(request.options)) {
    const { prose, network } = job.options[canonicalName(job.options, spelling)!]!;
    if (network && value) throw silent(spelling);
    if (!prose) await confine(folder, value);
  }
  return { job: job.name, inputs, options: request.options, documents: request.documents };
}

function silent(option: string): IsometerError {
  return new IsometerError("bad-option", `no request leaves this machine: ${option} cannot be given here`, {
    got: option,
    hint: "Fetch it first, on the command line.",
  });
}
