import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { z } from "zod";
import { row } from "../../../src/base/index.ts";
import { readMatrix } from "../../../src/data/node-read.ts";
import { textFolder } from "../../data/encoder-kit.ts";

/** One call of a tool that has to succeed. */
export interface ToolCall {
  readonly args: Readonly<Record<string, unknown>>;
  /** What the report has to say. */
  readonly says: RegExp;
  /** Throws where the answer, or what was written below the folder, is not true. */
  readonly check: (data: unknown, folder: string) => void | Promise<void>;
  /** Files that it writes, by their path below the folder. */
  readonly writes: readonly string[];
  /** The argument that names a place: it must not lead out of the folder. Null: there is none. */
  readonly place: string | null;
}

/** A call whose structured content has a schema; the check sees it typed. */
export function call<S extends z.ZodType>(
  schema: S,
  {
    writes = [],
    place,
    ...own
  }: Omit<ToolCall, "check" | "writes"> & { readonly writes?: readonly string[] },
  check: (data: z.infer<S>, folder: string) => void | Promise<void>,
): ToolCall {
  return { ...own, writes, place, check: (data, folder) => check(schema.parse(data), folder) };
}

/** Rows of what the calls look at. */
export const ROWS = 200;
const names = (letter: string) => Array.from({ length: ROWS }, (_, i) => `${letter}${i}`);

/** What no tool makes: judgements (the answer to query i is document i), ratings of two crowds that share no item, an encoder of words. */
export function prepare(folder: string): void {
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(folder, name), `${lines.join("\n")}\n`);
  write("docs.txt", names("d"));
  write("queries.txt", names("q"));
  write(
    "qrels.trec",
    names("q").map((query, i) => `${query} 0 d${i} 1`),
  );
  const ratings = Array.from({ length: 24 }, (_, user) =>
    Array.from({ length: 8 }, (_, i) => `u${user},${"ab"[user % 2]}${(user + i) % 12},4`),
  );
  write("ratings.csv", ["user,item,rating", ...ratings.flat()]);
  write("words.txt", ["red apple", "the sky"]);
  cpSync(textFolder(), join(folder, "words"), { recursive: true });
}

export const first200 = { rows: `:${ROWS}`, threads: 2 };
export const linesOf = (folder: string, name: string) =>
  readFileSync(join(folder, name), "utf8").trim().split("\n");

export async function expectSameRows(got: string, wanted: string, rows: number): Promise<void> {
  const [a, b] = [await readMatrix(got), await readMatrix(wanted)];
  for (let i = 0; i < rows; i++) {
    for (const [j, value] of row(a, i).entries()) expect(value).toBeCloseTo(row(b, i)[j]!, 3);
  }
}
