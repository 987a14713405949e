import { IsometerError, nearestName } from "../base/index.ts";
import {
  canonicalName,
  type InputSpec,
  type Job,
  kebab,
  type OptionSpec,
  type OptionSpecs,
  spellings,
} from "./define.ts";

/** The value that `text`, from a command line, means. What is no number stays text, for the schema to refuse. */
export function fromText(spec: OptionSpec, text: string): unknown {
  const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const numeric = spec.kind === "integer" || spec.kind === "number";
  return numeric && decimal.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * Checks the positional arguments of a job. An input that may be several takes all that are left.
 *
 * @param options the checked options: some inputs are left out where one of theirs is given
 * @throws bad-option
 */
export function checkInputs(
  job: Pick<Job, "name" | "inputs">,
  given: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Record<string, string | readonly string[]> {
  const names = Object.keys(job.inputs).filter((name) => !leftOut(job.inputs[name]!, options));
  const usage = ["isometer", job.name, ...names.map((name) => inputName(name, job.inputs[name]!))].join(" ");
  const hint = `Usage: ${usage} [options]; isometer ${job.name} --help shows all.`;
  const open = names.length > 0 && job.inputs[names.at(-1)!]!.several === true;
  if (given.length > names.length && !open) {
    const extra = JSON.stringify(given[names.length]);
    throw new IsometerError(
      "bad-option",
      `${job.name} takes ${names.length} ${names.length === 1 ? "input" : "inputs"}, ${extra} is one more`,
      {
        hint,
      },
    );
  }
  const values: Record<string, string | readonly string[]> = {};
  for (const [i, name] of names.entries()) {
    const spec = job.inputs[name]!;
    const own = spec.several ? given.slice(i) : given.slice(i, i + 1);
    if (own.length === 0 || own.includes("")) {
      const needed = `${job.name} needs ${kebab(name).toUpperCase()} (${spec.about})`;
      throw new IsometerError("bad-option", needed, { hint });
    }
    for (const value of own) checkChoice(name, spec, value);
    values[name] = spec.several ? own : own[0]!;
  }
  return values;
}

/** An input as usage writes it: "ORIGINAL", "LATENT...". */
export function inputName(name: string, spec: InputSpec): string {
  return kebab(name).toUpperCase() + (spec.several ? "..." : "");
}

function leftOut({ unless = [] }: InputSpec, options: Readonly<Record<string, unknown>>): boolean {
  return unless.some((name) => options[name] !== undefined && options[name] !== false);
}

function checkChoice(name: string, { choices }: InputSpec, value: string): void {
  if (!choices || choices.includes(value)) return;
  const nearest = nearestName(value, choices);
  throw new IsometerError("bad-option", `there is no ${name} ${JSON.stringify(value)}`, {
    hint: nearest ? `Did you mean ${nearest}?` : `There are ${choices.join(", ")}.`,
  });
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
