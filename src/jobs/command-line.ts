import { canonicalName, type Job, kebab, type OptionSpec } from "./define.ts";

/** The command that runs a job with these values: only what differs from the defaults, quoted for a shell. */
export function commandLine(
  job: Pick<Job, "name" | "options">,
  inputs: readonly string[],
  values: Readonly<Record<string, unknown>>,
): string {
  const flags = Object.entries(values).flatMap(([name, value]) => {
    const known = canonicalName(job.options, name);
    return known === undefined ? [] : flagText(known, job.options[known]!, value);
  });
  return ["isometer", job.name, ...inputs.map(shellQuote), ...flags].join(" ");
}

function flagText(name: string, spec: OptionSpec, value: unknown): string[] {
  if (value === undefined || value === null || value === spec.default || value === false) return [];
  const flag = `--${kebab(name)}`;
  if (value === true) return [flag];
  if (Array.isArray(value)) return value.map((item) => `${flag} ${shellQuote(String(item))}`);
  return [`${flag} ${shellQuote(String(value))}`];
}

/** `text` as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
