import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";
import { collectRows, IsometerError, type Matrix } from "../../src/base/index.ts";
import type { OpenOptions, Source } from "../../src/data/index.ts";
import { openSource } from "../../src/data/index.ts";

/** A table that another tool wrote (test/fixtures/make-tables.py). */
export function table(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tables/${name}`, import.meta.url));
}

/** A folder of its own, removed at the end; `put` writes a file into it and gives its path. */
export function folder(): { path: string; put: (name: string, content: string | Uint8Array) => string } {
  const path = mkdtempSync(join(tmpdir(), "isometer-tables-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    put(name, content) {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
  };
}

/** Opens, uses and closes an input. */
export async function withSource<T>(
  input: string,
  options: OpenOptions,
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const source = await openSource(input, options);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/** All rows of an input as plain lists. */
export async function rowsOfInput(input: string, options: OpenOptions = {}): Promise<number[][]> {
  return withSource(input, options, async (source) => lists(await collectRows(source)));
}

export function lists(m: Matrix): number[][] {
  return Array.from({ length: m.rows }, (_, i) => [...m.data.subarray(i * m.cols, (i + 1) * m.cols)]);
}

/** Expects an IsometerError of one line with a next step, and gives it back. */
export async function fails(
  work: Promise<unknown>,
  code: string,
  ...parts: (string | RegExp)[]
): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, "an error").toBeInstanceOf(IsometerError);
  const { message, hint, code: got } = error as IsometerError;
  expect(`${got}: ${message}`).toContain(`${code}: `);
  expect(message).not.toContain("\n");
  expect(message).not.toMatch(/DuckDB|ignore_errors|null_padding|Possible fixes|undefined/);
  expect(hint, `a next step after "${message}"`).toBeTruthy();
  for (const part of parts) {
    if (typeof part === "string") expect(`${message} | ${hint}`).toContain(part);
    else expect(`${message} | ${hint}`).toMatch(part);
  }
}
