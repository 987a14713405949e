import { IsometerError, nearestName } from "../base/index.ts";
import { canonicalName, type Job, kebab, type OptionSpec, type OptionSpecs, spellings } from "./define.ts";

/** The value that `text`, from a command line, means. What is no number stays text, for the schema to refuse. */
export function fromText(spec: OptionSpec, text: string): unknown {
  const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const numeric = spec.kind === "integer" || spec.kind === "number";
  return numeric && decimal.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Checks the positional arguments of a job. @throws bad-option */
export function checkInputs(job: Job, given: readonly string[]): Record<string, string> {
  const names = Object.keys(job.inputs);
  const usage = ["isometer", job.name, ...names.map(kebab).map((name) => name.toUpperCase())].join(" ");
  const hint = `Usage: ${usage} [options]; isometer ${job.name} --help shows all.`;
  if (given.length > names.length) {
    const extra = JSON.stringify(given[names.length]);
    throw new IsometerError("bad-option", `${job.name} takes ${names.length} inputs, ${extra} is one more`, {
      hint,
    });
  }
  const values: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    const value = given[i];
    if (value === undefined || value === "") {
      throw new IsometerError(
        "bad-option",
        `${job.name} needs ${kebab(name).toUpperCase()} (${job.inputs[name]!.about})`,
        { hint },
      );
    }
    const choices = job.inputs[name]!.choices;
    if (choices && !choices.includes(value)) {
      const nearest = nearestName(value, choices);
      throw new IsometerError("bad-option", `there is no ${name} ${JSON.stringify(value)}`, {
        hint: nearest ? `Did you mean ${nearest}?` : `There are ${choices.join(", ")}.`,
      });
    }
    values[name] = value;
  }
  return values;
}

/** The error for an option that no table knows. */
export function unknownOption(options: OptionSpecs, spelling: string): IsometerError {
  const wanted = kebab(spelling).replaceAll("_", "-");
  const short = wanted.length === 1;
  const nearest = short ? onlyWithInitial(options, wanted) : nearestName(wanted, spellings(options));
  return new IsometerError("unknown-option", `there is no option ${short ? "-" : "--"}${wanted}`, {
    got: spelling,
    hint: nearest ? `Did you mean --${nearest}?` : "Add --help to see all options.",
  });
}

/** What a single letter may stand for: the option of that name, else the only one that begins with it. */
function onlyWithInitial(options: OptionSpecs, letter: string): string | undefined {
  const exact = canonicalName(options, letter);
  const found = Object.keys(options).filter((name) => name.startsWith(letter));
  if (exact !== undefined) return letter;
  return found.length === 1 ? kebab(found[0]!) : undefined;
}

/** A library's complaint about one of its options ("sample must be ...") as one about the flag of that name. */
export function asFlag(error: unknown, options: OptionSpecs): unknown {
  if (!(error instanceof IsometerError) || error.code !== "bad-option") return error;
  const name = /^(\w+) must /.exec(error.message)?.[1];
  if (name === undefined || !Object.hasOwn(options, name)) return error;
  const { needed, got, cause } = error;
  const about = options[name]!.about;
  return new IsometerError("bad-option", `--${kebab(name)}${error.message.slice(name.length)}`, {
    ...(needed === undefined ? {} : { needed }),
    ...(got === undefined ? {} : { got }),
    hint: error.hint ?? `${about.charAt(0).toUpperCase()}${about.slice(1)}.`,
    cause,
  });
}
