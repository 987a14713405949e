import type { Warning, Watch } from "../base/index.ts";
import type { GateRecord } from "../report/result.ts";
import type { Line, View } from "../report/text.ts";

/** What a value is, for every door: a flag with text, a JSON property, a form field. */
export type OptionKind = "integer" | "number" | "flag" | "choice" | "text" | "list";

/**
 * One option, as plain data: `validate.ts` makes the schema from it and the command line its flag.
 *
 * The name is its key in the job's table, in camelCase; the flag is the same in kebab-case.
 */
export interface OptionSpec<T = unknown> {
  readonly kind: OptionKind;
  /** What it does, with unit and range; lower case, no full stop. */
  readonly about: string;
  /** What stands for the value in help texts: "N", "FILE". */
  readonly placeholder: string;
  /** Heading under which help lists it. */
  readonly group: string;
  /** Other names, camelCase: `randomState` for `seed`. */
  readonly aliases?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** The value when nothing is given. Absent: the run sees `undefined`. */
  readonly default?: T;
  /** It names a file that the run writes: doors that have files look at the place first. */
  readonly writes?: boolean;
  /** Words of a person, which name no file. */
  readonly prose?: boolean;
  /** It lets the run ask other machines: a door that promises silence refuses it. */
  readonly network?: boolean;
  /** What a door has to have for it: lines in and out, or documents that are written of the result. One that has none does not offer it. */
  readonly needs?: "lines" | "documents";
  /** What happens when nothing is given and `default` cannot say it: "all cores". */
  readonly otherwise?: string;
}

/** The options of a job by camelCase name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A positional argument of a job. All are required, unless they say otherwise. */
export interface InputSpec {
  readonly about: string;
  readonly choices?: readonly string[];
  /** One or more. Only the last input can be. */
  readonly several?: true;
  /** Left out where one of these options is given. */
  readonly unless?: readonly string[];
}

/** The inputs of a job by name, in order. */
export type InputSpecs = Readonly<Record<string, InputSpec>>;

/** What `run` gets for an input: a list where there may be several, nothing where it may be left out. */
export type InputOf<S> = S extends { readonly several: true }
  ? readonly string[]
  : S extends { readonly unless: readonly string[] }
    ? string | undefined
    : "several" extends keyof S
      ? string | readonly string[] | undefined
      : string;

/** What `run` gets for a table of inputs. */
export type Inputs<I> = { readonly [K in keyof I]: InputOf<I[K]> };

/** The value that `run` sees for an option. */
export type ValueOf<S> = S extends OptionSpec<infer T> ? T : never;

/** What `run` gets for a table of options: every name, defaults filled in. */
export type Values<O> = { readonly [K in keyof O]: ValueOf<O[K]> };

/** What every result carries. It is frozen plain data. */
export interface JobResult {
  /** `isometer/<job>/<version>`: the version changes when a reader of the JSON could break. */
  readonly schema: string;
  readonly job: string;
  /** Version of this package. */
  readonly isometer: string;
  readonly warnings: readonly Warning[];
  /** How each gate ended, where the job has gates. */
  readonly gates?: readonly GateRecord[];
  /** Wall time of the run. The one value that may differ between equal runs. */
  readonly seconds: number;
}

/** What a door hands to a run: the world outside the arguments. */
export interface JobContext {
  readonly watch: Watch;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
  /** Version of this package. */
  readonly version: string;
  /** Path of a file of the bundled example. */
  readonly example: (file: string) => string;
  /** A line for a person who waits, before long work. Absent: nobody listens. */
  readonly tell?: (text: string) => void;
  /** Whether something lies at a path: what may not be overwritten. */
  readonly exists: (path: string) => Promise<boolean>;
  /** The documents that will be written of the result. Absent: none. */
  readonly documents?: Documents;
  /**
   * Hears where the rows of a fit are in two dimensions, n x 2, at most ten times a second, and at its end. The iteration of a training is its epoch, which may be a part of one; `rows` are
   * the numbers of the rows, where they are not all. Absent: nobody looks.
   */
  readonly onPositions?: (positions: Float32Array, iteration: number, rows?: Int32Array) => void;
  /** Whether somebody waits for positions: those that take work of their own can be left out. Absent: yes. */
  readonly wantsPositions?: () => boolean;
  /** Lines in, as they come, and lines out. Absent: this door has none. */
  readonly lines?: Lines;
}

/** Standard input and output, line by line: for a run that answers while it is asked. */
export interface Lines {
  /** The lines that have come since the last look, without their ends. @throws aborted when asked to stop; too-large for a line without end */
  read(): AsyncIterable<readonly string[]>;
  /** Done when more may be written. */
  write(text: string): Promise<void>;
}

/** Documents that were asked for, and what they need beyond the result: a run gathers it for those alone. */
export interface Documents {
  readonly wanted: ReadonlySet<string>;
  /** By name of the document, left by the run; its `write` is given it. */
  readonly evidence: Map<string, unknown>;
  /** The day of writing, "2026-01-31". */
  readonly date: string;
}

/** One thing that Isometer does. Every door (command line, HTTP, MCP, web form) is made from this. */
export interface Job<
  I extends InputSpecs = InputSpecs,
  O extends OptionSpecs = OptionSpecs,
  R extends JobResult = JobResult,
> {
  readonly name: string;
  /** One line for the list of jobs; lower case, no full stop. */
  readonly about: string;
  /** Paragraphs for the job's own help. */
  readonly details: readonly string[];
  readonly inputs: I;
  readonly options: O;
  readonly examples: readonly { readonly command: string; readonly about: string }[];
  run(ctx: JobContext, inputs: Inputs<I>, options: Values<O>): Promise<R>;
  /** The result as a person reads it. */
  report(result: R, view: View): Line[];
  /** Other texts that the result can be written as, by the name of the option that asks for one. */
  readonly documents?: Readonly<Record<string, DocumentSpec<R>>>;
}

/** A text that a result can be written as. */
export interface DocumentSpec<R extends JobResult> {
  /** What it is, for the help: "the result as Markdown, for a pull request". */
  readonly about: string;
  /** @param evidence what the run left for this document in `JobContext.documents` */
  write(result: R, evidence: unknown): string | Promise<string>;
}

/** Declares a job; only there for its types. */
export function defineJob<I extends InputSpecs, O extends OptionSpecs, R extends JobResult>(
  job: Job<I, O, R>,
): Job<I, O, R> {
  return Object.freeze(job);
}

type Common = Pick<
  OptionSpec,
  "about" | "group" | "otherwise" | "aliases" | "writes" | "prose" | "network" | "needs"
>;
type Ranged = Common & { readonly min?: number; readonly max?: number; readonly placeholder?: string };
type Worded = Common & { readonly placeholder: string };

/** A whole number, from `min` to `max`. */
export function integer(spec: Ranged & { default: number }): OptionSpec<number>;
export function integer(spec: Ranged): OptionSpec<number | undefined>;
export function integer(spec: Ranged & { default?: number }): OptionSpec<number | undefined> {
  return { placeholder: "N", ...spec, kind: "integer" };
}

/** A finite number, from `min` to `max`. */
export function number(spec: Ranged & { default: number }): OptionSpec<number>;
export function number(spec: Ranged): OptionSpec<number | undefined>;
export function number(spec: Ranged & { default?: number }): OptionSpec<number | undefined> {
  return { placeholder: "X", ...spec, kind: "number" };
}

/** On when given. */
export function flag(spec: Common): OptionSpec<boolean> {
  return { ...spec, kind: "flag", placeholder: "", default: false };
}

/** One of a closed list of words. */
export function choice<T extends string>(
  spec: Worded & { choices: readonly T[]; default: NoInfer<T> },
): OptionSpec<T>;
export function choice<T extends string>(spec: Worded & { choices: readonly T[] }): OptionSpec<T | undefined>;
export function choice<T extends string>(
  spec: Worded & { choices: readonly T[]; default?: T },
): OptionSpec<T | undefined> {
  return { ...spec, kind: "choice" };
}

/** Any text that is not empty. */
export function text(spec: Worded): OptionSpec<string | undefined> {
  return { ...spec, kind: "text" };
}

/** Texts; on the command line the flag may be repeated. */
export function list(spec: Worded): OptionSpec<readonly string[]> {
  return { ...spec, kind: "list", default: [] };
}

/** `nNeighbors` -> `n-neighbors`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The option that `spelling` means (camelCase, kebab-case, snake_case or an alias), or undefined. */
export function canonicalName(options: OptionSpecs, spelling: string): string | undefined {
  const wanted = kebab(spelling).replaceAll("_", "-");
  for (const [name, spec] of Object.entries(options)) {
    if (kebab(name) === wanted || spec.aliases?.some((alias) => kebab(alias) === wanted)) return name;
  }
  return undefined;
}

/** Every spelling that `canonicalName` knows, in kebab-case. */
export function spellings(options: OptionSpecs): string[] {
  return Object.entries(options).flatMap(([name, spec]) => [name, ...(spec.aliases ?? [])].map(kebab));
}
