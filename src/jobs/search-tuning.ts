import { IsometerError } from "../base/index.ts";

/** What queries are told of an index: `--tune NAME=VALUE`, any number of times. @throws bad-option */
export function parseTunings(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text): [string, number] => {
      const match = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(text);
      const value = Number(match?.[2]);
      if (match && Number.isFinite(value)) return [match[1]!, value];
      throw new IsometerError("bad-option", `--tune needs NAME=VALUE, got ${JSON.stringify(text)}`, {
        got: text,
        hint: "For instance --tune nprobes=20.",
      });
    }),
  );
}

/** What an exact query cannot be told. @throws bad-option */
export function checkTunings(tune: readonly string[], exact: boolean): void {
  if (!exact || tune.length === 0) return;
  throw new IsometerError("bad-option", "--tune is for the index, which --exact leaves aside", {
    got: tune[0]!,
    hint: "Leave one of them out.",
  });
}
