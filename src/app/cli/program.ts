import { Command, Option } from "commander";
import { IsometerError, nearestName } from "../../base/index.ts";
import { fromText } from "../../jobs/arguments.ts";
import { documentOptions, GROUPS } from "../../jobs/common.ts";
import type { Job, OptionSpec, OptionSpecs } from "../../jobs/define.ts";
import { type Line, plain, wrap } from "../../report/text.ts";
import { flagsOf, inputNames, normalizeArguments } from "./arguments.ts";
import type { Door } from "./doors.ts";

/** What a command line asks for: a text to show, or a job to run with values that are not yet checked. */
export type Request =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "schema"; readonly job: Job }
  | {
      readonly kind: "open";
      readonly door: Door;
      readonly inputs: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: "run";
      readonly job: Job;
      readonly inputs: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
      /** Where the texts that were asked for go, by name (`json` and the job's documents): a file, or "-" for stdout. */
      readonly targets: Readonly<Record<string, string>>;
    };

/** Where help is read, and as what. */
export interface ProgramView {
  readonly version: string;
  readonly width: number;
}

/** Reads a command line against the table of jobs. @throws unknown-option or bad-option, with the nearest name */
export function parseCommandLine(
  argv: readonly string[],
  jobs: readonly Job[],
  view: ProgramView,
  doors: readonly Door[] = [],
): Request {
  const [first, ...rest] = argv;
  if (first === "--version" || first === "-V") return { kind: "text", text: `${view.version}\n` };
  if (
    first === undefined ||
    first === "--help" ||
    first === "-h" ||
    (first === "help" && rest.length === 0)
  ) {
    return { kind: "text", text: overview(jobs, view, doors) };
  }
  const commands = [...jobs, ...doors];
  if (first === "help") return { kind: "text", text: jobHelp(commandNamed(rest[0]!, commands), view) };
  const command = commandNamed(first, commands);
  if (asks(rest, "--help", "-h")) return { kind: "text", text: jobHelp(command, view) };
  return "open" in command ? parseDoor(command, rest, view) : parseJob(command, rest, view);
}

function parseDoor(door: Door, rest: readonly string[], view: ProgramView): Request {
  const command = jobCommand(door, view);
  const { operands } = command.parseOptions(normalizeArguments(door.options, rest));
  return { kind: "open", door, inputs: operands, options: withoutNegation(door.options, command.opts()) };
}

/** commander takes `--no-browser` for `browser` that is off; the table has an option `noBrowser`. */
function withoutNegation(specs: OptionSpecs, given: Readonly<Record<string, unknown>>) {
  const values = { ...given };
  for (const name of Object.keys(specs).filter((known) => /^no[A-Z]/.test(known))) {
    const positive = `${name.charAt(2).toLowerCase()}${name.slice(3)}`;
    values[name] = values[positive] === false;
    delete values[positive];
  }
  return values;
}

function parseJob(job: Job, rest: readonly string[], view: ProgramView): Request {
  const documents = documentOptions(job);
  const options = { ...job.options, ...documents };
  if (asks(rest, "--json-schema")) return { kind: "schema", job };
  const command = jobCommand(job, view);
  const { operands } = command.parseOptions(normalizeArguments(options, rest));
  const given = Object.entries(command.opts<Record<string, unknown>>());
  const [targets, own] = [
    given.filter(([name]) => name in documents),
    given.filter(([name]) => !(name in documents)),
  ];
  return {
    kind: "run",
    job,
    inputs: operands,
    options: Object.fromEntries(own),
    targets: Object.fromEntries(targets) as Record<string, string>,
  };
}

function asks(args: readonly string[], ...flags: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => flags.includes(arg));
}

function commandNamed<C extends Job | Door>(name: string, commands: readonly C[]): C {
  const command = commands.find((known) => known.name === name);
  if (command) return command;
  if (name.startsWith("-")) {
    throw new IsometerError("unknown-option", `${name} stands before the name of a job`, {
      got: name,
      hint: "Options come after the job: isometer audit ORIGINAL LATENT --seed 1.",
    });
  }
  const nearest = nearestName(
    name,
    commands.map((known) => known.name),
  );
  throw new IsometerError("unknown-option", `there is no job ${JSON.stringify(name)}`, {
    got: name,
    hint: nearest ? `Did you mean isometer ${nearest}?` : "isometer --help lists all jobs.",
  });
}

function jobCommand(job: Job | Door, view: ProgramView): Command {
  const documents = "open" in job ? {} : documentOptions(job);
  const command = new Command(`isometer ${job.name}`)
    .usage([...inputNames(job), "[options]"].join(" "))
    .description(text([sentence(job.about), ...job.details].flatMap((part, i) => paragraph(part, i, view))))
    .configureHelp({ helpWidth: view.width, sortOptions: false, sortSubcommands: false })
    .helpOption("-h, --help", "this text");
  for (const [i, name] of inputNames(job).entries()) {
    const { about, choices } = Object.values(job.inputs)[i]!;
    command.argument(`<${name}>`, choices ? `${about}: ${choices.join(", ")}` : about);
  }
  for (const [name, spec] of inGroups({ ...job.options, ...documents })) {
    command.addOption(optionOf(name, spec));
  }
  if ("open" in job) return command;
  const schema = new Option("--json-schema", "print the JSON Schema of what --json writes");
  return command.addOption(schema.helpGroup(`${GROUPS.output}:`));
}

/** Options in the order of `GROUPS`, so that a door's own stand with their like. */
function inGroups(options: OptionSpecs): [string, OptionSpec][] {
  const order: string[] = Object.values(GROUPS);
  return Object.entries(options).sort(([, a], [, b]) => order.indexOf(a.group) - order.indexOf(b.group));
}

function optionOf(name: string, spec: OptionSpec): Option {
  const option = new Option(flagsOf(name, spec), describe(spec)).helpGroup(`${spec.group}:`);
  if (spec.kind === "list") return option.argParser(collect);
  return spec.kind === "flag" ? option : option.argParser((value) => fromText(spec, value));
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

function describe(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.choices) notes.push(spec.choices.join(" | "));
  if (spec.kind === "list") notes.push("may be repeated");
  const isShown = spec.default !== undefined && spec.kind !== "flag" && spec.kind !== "list";
  if (isShown) notes.push(`default ${String(spec.default)}`);
  else if (spec.otherwise) notes.push(`default: ${spec.otherwise}`);
  return notes.length === 0 ? spec.about : `${spec.about} (${notes.join("; ")})`;
}

/** The help of one job. */
export function jobHelp(job: Job | Door, view: ProgramView): string {
  return `${jobCommand(job, view).helpInformation()}\n${examples(job.examples, view)}`;
}

/** The help of everything: one line per job, and examples. */
export function overview(jobs: readonly Job[], view: ProgramView, doors: readonly Door[] = []): string {
  const program = new Command("isometer")
    .usage("JOB [inputs] [options]")
    .description("How far is a latent space from an isometry of your data? Measure it, with an error bar.")
    .configureHelp({ helpWidth: view.width, sortSubcommands: false, subcommandTerm: (job) => job.name() })
    .helpCommand(false)
    .helpOption("-h, --help", "this text; after a job's name, the help of that job")
    .version(view.version, "-V, --version", "the version")
    .commandsGroup("Jobs:");
  for (const job of jobs) program.command(job.name).description(job.about);
  program.commandsGroup("Servers:");
  for (const door of doors) program.command(door.name).description(door.about);
  const shown = jobs.flatMap((job) => job.examples.slice(0, 1));
  return `${program.helpInformation()}\n${examples(shown, view)}`;
}

function examples(shown: Job["examples"], view: ProgramView): string {
  const lines = shown.flatMap(({ command, about }) => [
    ...wrap(`# ${about}`, view.width, "  ").map(plain),
    `  ${command}`,
  ]);
  return `Examples:\n${lines.join("\n")}\n`;
}

function paragraph(content: string, index: number, view: ProgramView): Line[] {
  const lines = wrap(content, view.width);
  return index === 0 ? lines : [[], ...lines];
}

function text(lines: readonly Line[]): string {
  return lines.map(plain).join("\n");
}

function sentence(about: string): string {
  return `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;
}
