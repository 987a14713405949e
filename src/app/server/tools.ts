import { z } from "zod";
import { IsometerError } from "../../base/index.ts";
import type { InputSpec, Job } from "../../jobs/define.ts";
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
  const options = Object.entries(args).filter(([name]) => !(name in job.inputs));
  return { inputs: inputsOf(job, args), options: Object.fromEntries(options), documents: [] };
}

/**
 * The inputs among the arguments. A run takes them by position: without a look at their names another would stand in the place of one that is missing.
 *
 * @throws bad-option
 */
function inputsOf(job: Job, args: Readonly<Record<string, unknown>>): JobRequest["inputs"] {
  const inputs: JobRequest["inputs"] = {};
  for (const [name, spec] of Object.entries(job.inputs)) {
    const value = args[name];
    const instead = spec.unless?.find((option) => args[option] !== undefined && args[option] !== false);
    if ((value === undefined) !== (instead !== undefined)) {
      throw new IsometerError(
        "bad-option",
        instead === undefined
          ? `${job.name} needs ${name} (${spec.about})`
          : `${name} is left out where ${instead} is given`,
      );
    }
    if (value !== undefined) inputs[name] = placesOf(name, spec, value);
  }
  return inputs;
}

const place = z.string().min(1);

/** A single place is as good as a list of one. @throws bad-option */
function placesOf(name: string, { several, about }: InputSpec, value: unknown): string | string[] {
  const parsed = several ? z.union([place, z.array(place).min(1)]).safeParse(value) : place.safeParse(value);
  if (parsed.success) return parsed.data;
  const needed = several ? "a list of texts" : "a text";
  throw new IsometerError("bad-option", `${name} needs ${needed}, got ${JSON.stringify(value)}`, {
    needed,
    got: String(value),
    hint: `It is ${about}.`,
  });
}
