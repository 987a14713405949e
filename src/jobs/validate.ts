import { z } from "zod";
import { IsometerError, nearestName } from "../base/index.ts";
import { unknownOption } from "./arguments.ts";
import { canonicalName, kebab, type OptionSpec, type OptionSpecs } from "./define.ts";

/** The zod schema of one option's value. */
export function schemaOf(spec: OptionSpec): z.ZodType {
  const schema = bareSchema(spec).describe(spec.about);
  return spec.default === undefined ? schema.optional() : schema.default(spec.default);
}

function bareSchema(spec: OptionSpec): z.ZodType {
  switch (spec.kind) {
    case "integer":
      return bounded(z.int(), spec);
    case "number":
      return bounded(z.number(), spec);
    case "flag":
      return z.boolean();
    case "choice":
      return z.enum((spec.choices ?? []) as [string, ...string[]]);
    case "text":
      return z.string().min(1);
    case "list":
      return z.array(z.string().min(1));
  }
}

function bounded(schema: z.ZodNumber, { min, max }: OptionSpec): z.ZodNumber {
  const above = min === undefined ? schema : schema.min(min);
  return max === undefined ? above : above.max(max);
}

/** The schema of a job's options: what HTTP validates and OpenAPI, MCP and forms are made from. */
export function optionsSchema(options: OptionSpecs): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, schemaOf(spec)])),
  );
}

/**
 * Checks options against the table and fills in defaults. Names may be spelled in any of the accepted ways.
 *
 * @throws unknown-option (with the nearest name) or bad-option (with what was needed and what came)
 */
export function checkOptions(options: OptionSpecs, given: Readonly<Record<string, unknown>>) {
  const values: Record<string, unknown> = {};
  for (const [spelling, value] of Object.entries(given)) {
    const name = canonicalName(options, spelling);
    if (name === undefined) throw unknownOption(options, spelling);
    if (name in values) {
      throw new IsometerError("bad-option", `--${kebab(name)} is given twice`, {
        hint: `Give it once; --${kebab(spelling)} and --${kebab(name)} are the same option.`,
      });
    }
    if (value !== undefined) values[name] = value;
  }
  const checked: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(options)) {
    const parsed = schemaOf(spec).safeParse(values[name]);
    if (!parsed.success) throw badOption(name, spec, values[name]);
    checked[name] = parsed.data;
  }
  return checked;
}

function badOption(name: string, spec: OptionSpec, value: unknown): IsometerError {
  const needed = needs(spec);
  const nearest = spec.choices && typeof value === "string" ? nearestName(value, spec.choices) : undefined;
  return new IsometerError(
    "bad-option",
    `--${kebab(name)} needs ${needed}, got ${JSON.stringify(value) ?? "nothing"}`,
    { needed, got: String(value), hint: nearest ? `Did you mean ${nearest}?` : sentence(spec.about) },
  );
}

function needs(spec: OptionSpec): string {
  switch (spec.kind) {
    case "integer":
      return `a whole number${range(spec)}`;
    case "number":
      return `a number${range(spec)}`;
    case "flag":
      return "no value (true or false in JSON)";
    case "choice":
      return `one of ${(spec.choices ?? []).join(", ")}`;
    case "text":
      return spec.placeholder;
    case "list":
      return `a list of ${spec.placeholder}`;
  }
}

function range({ min, max }: OptionSpec): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of ${min} or more`;
  return max === undefined ? "" : ` of ${max} or less`;
}

/** "text of a table" -> "Text of a table." */
function sentence(about: string): string {
  return `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;
}
