import { documentOptions } from "../../jobs/common.ts";
import type { Job } from "../../jobs/define.ts";

/** The table of jobs as data: what a page makes its forms from. */
export function jobTable(jobs: readonly Job[]) {
  return jobs.map((job) => ({
    name: job.name,
    about: job.about,
    details: job.details,
    inputs: job.inputs,
    options: job.options,
    documents: Object.fromEntries(
      Object.entries(documentOptions(job))
        .filter(([name]) => name !== "json")
        .map(([name, { about }]) => [name, about]),
    ),
    examples: job.examples,
  }));
}
