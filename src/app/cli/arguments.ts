import { IsometerError } from "../../base/index.ts";
import { inputName, unknownOption } from "../../jobs/arguments.ts";
import { canonicalName, type Job, kebab, type OptionSpec, type OptionSpecs } from "../../jobs/define.ts";

/**
 * Puts the arguments of a job into the one spelling that the parser knows, strictly.
 *
 * Aliases and snake_case become the flag's own name. An unknown flag, a flag without its value (so that
 * `--json --seed 1` does not write a file called "--seed"), a value for a switch and a flag given twice are errors.
 *
 * @throws unknown-option or bad-option
 */
export function normalizeArguments(options: OptionSpecs, args: readonly string[]): string[] {
  const normal: string[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const token = args[i]!;
    if (token === "--") return [...normal, ...args.slice(i)];
    if (token === "--help" || token === "-h" || !/^-[^\d.]/.test(token)) {
      normal.push(token);
      continue;
    }
    const { name, spec, value } = readFlag(options, token);
    if (seen.has(name) && spec.kind !== "list") {
      throw new IsometerError("bad-option", `--${kebab(name)} is given twice`, { hint: "Give it once." });
    }
    seen.add(name);
    normal.push(`--${kebab(name)}`);
    if (spec.kind === "flag") continue;
    const given = value ?? args[++i];
    checkValue(name, spec, given, value !== undefined);
    normal.push(given!);
  }
  return normal;
}

function readFlag(options: OptionSpecs, token: string) {
  const [, dashes, spelling, value] = /^(-+)([^=]*)(?:=([\s\S]*))?$/.exec(token)!;
  const name = canonicalName(options, spelling!);
  if (dashes !== "--" || spelling === "" || name === undefined) throw unknownOption(options, spelling!);
  const spec = options[name]!;
  if (spec.kind === "flag" && value !== undefined) {
    throw new IsometerError("bad-option", `--${kebab(name)} takes no value, got ${JSON.stringify(value)}`, {
      hint: `Write --${kebab(name)} or leave it out.`,
    });
  }
  return { name, spec, value };
}

function checkValue(name: string, spec: OptionSpec, given: string | undefined, joined: boolean): void {
  const missing = given === undefined || given === "" || (!joined && given.startsWith("--"));
  if (!missing) return;
  const hint =
    spec.default === undefined ? `${spec.about}.` : `${spec.about}; default ${String(spec.default)}.`;
  throw new IsometerError("bad-option", `--${kebab(name)} needs a value: ${spec.placeholder}`, {
    hint: hint.charAt(0).toUpperCase() + hint.slice(1),
  });
}

/** The flags of a job, as commander wants them: "--n-neighbors <K>". */
export function flagsOf(name: string, spec: OptionSpec): string {
  return spec.kind === "flag" ? `--${kebab(name)}` : `--${kebab(name)} <${spec.placeholder}>`;
}

/** The names of a job's inputs as help writes them: "ORIGINAL", "LATENT...". */
export function inputNames(job: Pick<Job, "inputs">): string[] {
  return Object.entries(job.inputs).map(([name, spec]) => inputName(name, spec));
}
