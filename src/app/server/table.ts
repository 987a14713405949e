import { documentOptions } from "../../jobs/common.ts";
import type { Job } from "../../jobs/define.ts";
import { requestOptions } from "./request.ts";

/** A job as a page makes its form from. */
export interface TableJob
  extends Pick<Job, "name" | "about" | "details" | "inputs" | "options" | "examples"> {
  /** Texts that the result can be had as, and what they are. */
  readonly documents: Readonly<Record<string, string>>;
}

/** The table of jobs as data. */
export function jobTable(jobs: readonly Job[]): readonly TableJob[] {
  return jobs.map((job) => ({
    name: job.name,
    about: job.about,
    details: job.details,
    inputs: job.inputs,
    options: requestOptions(job.options),
    documents: Object.fromEntries(
      Object.entries(documentOptions(job))
        .filter(([name]) => name !== "json")
        .map(([name, { about }]) => [name, about]),
    ),
    examples: job.examples,
  }));
}
