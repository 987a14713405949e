import type { Signal } from "@preact/signals";
import { kebab, type OptionSpec } from "../../../jobs/define.ts";
import type { TableJob } from "../../server/table.ts";
import * as store from "../state/store.ts";

/** What was filled in so far, by name; texts as they were typed. */
export interface Filled {
  readonly inputs: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string | boolean>>;
  readonly documents: readonly string[];
}

interface FormProps {
  readonly job: TableJob;
  readonly filled: Signal<Filled>;
  readonly onSubmit: () => void;
  readonly isBusy: boolean;
}

/** The form of a job, from the table: inputs first, options by group, closed until they are wanted. */
export function JobForm({ job, filled, onSubmit, isBusy }: FormProps) {
  const groups = Object.groupBy(Object.entries(job.options), ([, { group }]) => group);
  const toggle = (name: string) => {
    const { documents } = filled.value;
    const next = documents.includes(name)
      ? documents.filter((other) => other !== name)
      : [...documents, name];
    filled.value = { ...filled.value, documents: next };
  };
  return (
    <form
      class="job"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <datalist id="files">
        {store.files.value.map(({ path }) => (
          <option key={path} value={path} />
        ))}
      </datalist>
      {Object.entries(job.inputs).map(([name, spec]) => (
        <label key={name} htmlFor={`input-${name}`}>
          {kebab(name).toUpperCase()}
          {spec.several ? " (several: one a line)" : ""}
          <InputField name={name} several={spec.several === true} choices={spec.choices} filled={filled} />
          <span class="note">{spec.about}</span>
        </label>
      ))}
      {Object.entries(groups).map(([group, options]) => (
        <details key={group}>
          <summary>{group}</summary>
          {options!.map(([name, spec]) => (
            <OptionField key={name} name={name} spec={spec} filled={filled} />
          ))}
        </details>
      ))}
      {Object.keys(job.documents).length > 0 && (
        <details>
          <summary>Files of the result</summary>
          {Object.entries(job.documents).map(([name, about]) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={filled.value.documents.includes(name)}
                onChange={() => toggle(name)}
              />{" "}
              {name}
              <span class="note">{about}</span>
            </label>
          ))}
        </details>
      )}
      <button type="submit" aria-disabled={isBusy}>
        Run {job.name}
      </button>
    </form>
  );
}

interface InputFieldProps {
  readonly name: string;
  readonly several: boolean;
  readonly choices: readonly string[] | undefined;
  readonly filled: Signal<Filled>;
}

function InputField({ name, several, choices, filled }: InputFieldProps) {
  const id = `input-${name}`;
  const value = filled.value.inputs[name] ?? "";
  const set = (text: string) => {
    filled.value = { ...filled.value, inputs: { ...filled.value.inputs, [name]: text } };
  };
  if (choices) {
    return (
      <select id={id} value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">choose</option>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  if (several)
    return <textarea id={id} rows={3} value={value} onInput={(event) => set(event.currentTarget.value)} />;
  return (
    <input
      id={id}
      type="text"
      list="files"
      value={value}
      onInput={(event) => set(event.currentTarget.value)}
    />
  );
}

interface OptionFieldProps {
  readonly name: string;
  readonly spec: OptionSpec;
  readonly filled: Signal<Filled>;
}

function OptionField({ name, spec, filled }: OptionFieldProps) {
  const value = filled.value.options[name];
  const set = (next: string | boolean) => {
    filled.value = { ...filled.value, options: { ...filled.value.options, [name]: next } };
  };
  const preset =
    spec.kind === "list" || spec.default === undefined ? (spec.otherwise ?? "") : String(spec.default);
  const about = <span class="note">{spec.about}</span>;
  if (spec.kind === "flag") {
    return (
      <label>
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />{" "}
        {kebab(name)}
        {about}
      </label>
    );
  }
  const text = typeof value === "string" ? value : "";
  const id = `option-${name}`;
  return (
    <label htmlFor={id}>
      {kebab(name)}
      {spec.choices ? (
        <select id={id} value={text} onChange={(event) => set(event.currentTarget.value)}>
          <option value="">{preset ? `default: ${preset}` : "not given"}</option>
          {spec.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type={spec.kind === "integer" || spec.kind === "number" ? "number" : "text"}
          {...(spec.min !== undefined && { min: spec.min })}
          {...(spec.max !== undefined && { max: spec.max })}
          step={spec.kind === "integer" ? 1 : "any"}
          list={/FILE|DIR/.test(spec.placeholder) ? "files" : ""}
          placeholder={preset || spec.placeholder}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
      {about}
    </label>
  );
}

/** What the form means: numbers as numbers, lists by comma or line, what is empty left away. */
export function requestOf(job: TableJob, { inputs, options, documents }: Filled) {
  const lines = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  const given = Object.entries(inputs).filter(([name, text]) => name in job.inputs && text.trim() !== "");
  return {
    inputs: Object.fromEntries(
      given.map(([name, text]) => [name, job.inputs[name]!.several ? lines(text) : text.trim()]),
    ),
    options: Object.fromEntries(
      Object.entries(options).flatMap(([name, value]) => {
        const spec = job.options[name];
        if (!spec || value === "" || value === false) return [];
        return [[name, valueOfField(spec, value)]];
      }),
    ),
    documents,
  };
}

function valueOfField(spec: OptionSpec, value: string | boolean): unknown {
  if (typeof value === "boolean") return value;
  if (spec.kind === "integer" || spec.kind === "number") return Number(value);
  return spec.kind === "list"
    ? value
        .split(/[\n]/)
        .map((part) => part.trim())
        .filter(Boolean)
    : value;
}
