import { z } from "zod";
import { IsometerError } from "../../base/index.ts";
import { checkInputs } from "../../jobs/arguments.ts";
import {
  canonicalName,
  type InputSpec,
  type Job,
  type OptionSpec,
  type OptionSpecs,
} from "../../jobs/define.ts";
import { checkOptions, optionsSchema } from "../../jobs/validate.ts";
import { confine, confineProject } from "./confine.ts";
import type { RunRequest } from "./runs.ts";

/** What a client sends to start a job. */
export const jobRequest = z.strictObject({
  /** Looked at by `checkRequest`, which names the one that is wrong. */
  inputs: z.record(z.string(), z.unknown()).default({}),
  options: z.record(z.string(), z.unknown()).default({}),
  /** Texts that are wanted of the result, such as "html". */
  documents: z.array(z.string()).default([]),
});

export type JobRequest = z.infer<typeof jobRequest>;

/** The options that a request can give: it brings no lines, and lets nothing ask other machines. */
export function requestOptions(
  options: OptionSpecs,
  has: { readonly documents: boolean } = { documents: true },
): OptionSpecs {
  const offered = ([, { network, needs }]: [string, OptionSpec]) =>
    !network && needs !== "lines" && (has.documents || needs !== "documents");
  return Object.fromEntries(Object.entries(options).filter(offered));
}

/** The schemas of a job's inputs, by name. One that an option stands for may be left out, where that option is offered. */
export function inputShapes(job: Job): Record<string, z.ZodType> {
  const offered = requestOptions(job.options);
  return Object.fromEntries(
    Object.entries(job.inputs).map(([name, { about, choices, several, unless }]) => {
      const one = choices ? z.enum(choices as [string, ...string[]]) : z.string().min(1);
      const value = (several ? z.array(one).min(1) : one).describe(about);
      return [name, unless?.some((option) => option in offered) ? value.optional() : value] as const;
    }),
  );
}

/** The schema of a request of one job: what OpenAPI and forms show. */
export function requestSchema(job: Job): z.ZodObject {
  const documents = Object.keys(job.documents ?? {});
  return z.strictObject({
    inputs: z.strictObject(inputShapes(job)),
    options: optionsSchema(requestOptions(job.options)).default({}),
    ...(documents.length > 0 && {
      documents: z.array(z.enum(documents as [string, ...string[]])).default([]),
    }),
  });
}

/** Checks a request as the command line checks its arguments, and that it stays in the folder. @throws unknown-option, bad-option, bad-value */
export async function checkRequest(job: Job, request: JobRequest, folder: string): Promise<RunRequest> {
  const documents = Object.keys(job.documents ?? {});
  const unknown = request.documents.find((name) => !documents.includes(name));
  if (unknown !== undefined) throw noSuch(job, "document", unknown, documents);
  const checked = checkOptions(job.options, request.options);
  for (const [spelling, value] of Object.entries(request.options)) {
    const spec = job.options[canonicalName(job.options, spelling)!]!;
    if (value) refuseUnoffered(spelling, spec);
    if (!spec.prose) await confine(folder, value);
  }
  await confine(folder, request.inputs);
  const named = inputsOf(job, request.inputs, checked);
  const inputs = Object.values(named).flat();
  checkInputs(job, inputs, checked);
  if (typeof named.dir === "string") await confineProject(folder, named.dir);
  return { job: job.name, inputs, options: request.options, documents: request.documents };
}

/**
 * The inputs by name, in the order of the table. A run takes them by position: without a look at their names another would stand in the place of one that is missing.
 *
 * @param options the checked options: some stand for an input
 * @throws bad-option
 */
function inputsOf(
  job: Job,
  given: JobRequest["inputs"],
  options: Readonly<Record<string, unknown>>,
): Record<string, string | string[]> {
  const known = Object.keys(job.inputs);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw noSuch(job, "input", unknown, known);
  const inputs: Record<string, string | string[]> = {};
  for (const [name, spec] of Object.entries(job.inputs)) {
    const value = given[name];
    const instead = spec.unless?.find((option) => options[option] !== undefined && options[option] !== false);
    if (value !== undefined && instead !== undefined) {
      throw new IsometerError("bad-option", `${name} is left out where ${instead} is given`);
    }
    if (value !== undefined) inputs[name] = placesOf(name, spec, value);
    else if (instead === undefined) {
      throw new IsometerError("bad-option", `${job.name} needs ${name} (${spec.about})`);
    }
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

function noSuch(job: Job, what: "input" | "document", name: string, known: readonly string[]): IsometerError {
  return new IsometerError("bad-option", `${job.name} has no ${what} ${JSON.stringify(name)}`, {
    needed: known.join(", "),
  });
}

/** @throws bad-option for what no request can give */
function refuseUnoffered(option: string, { network, needs }: OptionSpec): void {
  if (network) {
    throw new IsometerError("bad-option", `no request leaves this machine: ${option} cannot be given here`, {
      got: option,
      hint: "Fetch it first, on the command line.",
    });
  }
  if (needs === "lines") {
    throw new IsometerError("bad-option", `${option} is about standard input, and a request has none`, {
      got: option,
      hint: "Name a file of the folder instead, or use the command line.",
    });
  }
}
