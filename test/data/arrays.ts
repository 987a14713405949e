import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, expect } from "vitest";
import {
  collectRows,
  type ErrorCode,
  IsometerError,
  type Matrix,
  matrix,
  type RowRange,
} from "../../src/base/index.ts";
import type { Source } from "../../src/data/source.ts";

/** A folder that is removed after the tests of this file; `files` lists what is in it. */
export function scratch(): {
  path: (name: string) => string;
  put: (name: string, bytes: Uint8Array) => string;
  files: () => string[];
} {
  const folder = mkdtempSync(join(tmpdir(), "isometer-data-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    put(name, bytes) {
      writeFileSync(path(name), bytes);
      return path(name);
    },
    files: () => readdirSync(folder),
  };
}

/** A file that NumPy wrote (test/fixtures/make-npy.py). */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/npy/${name}`, import.meta.url));

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string | null)[];
  readonly text?: readonly string[];
  readonly columns?: readonly string[];
  readonly y?: readonly string[];
  readonly ids?: readonly string[];
}

/** What NumPy says its files hold. */
export const expectedFiles: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(fixture("expected.json"), "utf8"),
).files;

export const expectedValues = (name: string): number[] =>
  expectedFiles[name]!.values.map((value) => (value === null ? Number.NaN : Number(value)));

/** Opens, reads and closes. */
export async function readAll(
  opening: Promise<Source>,
  range?: RowRange,
): Promise<{ source: Source; matrix: Matrix }> {
  const source = await opening;
  try {
    return { source, matrix: await collectRows(source, range) };
  } finally {
    await source.close();
  }
}

/** The error must be ours, with this code, one line long, and with a next step. Returns it. */
export async function refused(work: Promise<unknown>, code: ErrorCode): Promise<IsometerError> {
  const error: unknown = await work.then(
    () => "no error",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(IsometerError);
  const ours = error as IsometerError;
  expect({ code: ours.code, message: ours.message }).toMatchObject({ code });
  expect(ours.message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  expect(ours.hint).toMatch(/^[^\n]+[.?]$/);
  return ours;
}

/** Opening, reading all and closing must be refused so. */
export function refusedToRead(opening: Promise<Source>, code: ErrorCode): Promise<IsometerError> {
  return refused(readAll(opening), code);
}

/** Matrices of awkward sizes with awkward float32 values. */
export const anyMatrix: fc.Arbitrary<Matrix> = fc
  .tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 1, max: 17 }))
  .chain(([rows, cols]) =>
    fc
      .array(fc.float(), { minLength: rows * cols, maxLength: rows * cols })
      .map((values) => matrix(values, rows, cols)),
  );

/** Matrices whose values are integers of [min, max]. */
export const integerMatrix = (min: number, max: number): fc.Arbitrary<Matrix> =>
  fc
    .tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 1, max: 17 }))
    .chain(([rows, cols]) =>
      fc
        .array(fc.integer({ min, max }), { minLength: rows * cols, maxLength: rows * cols })
        .map((values) => matrix(values, rows, cols)),
    );

/** Joins bytes and ASCII text. */
export function bytesOf(...parts: (string | Uint8Array | readonly number[])[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Uint8Array.from(part))),
  );
}

/** Equal with NaN = NaN and 0 != -0. */
export function expectSame(got: Float32Array, wanted: ArrayLike<number>): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) {
    if (!Object.is(got[i], Math.fround(wanted[i]!))) expect(`${i}: ${got[i]}`).toBe(`${i}: ${wanted[i]}`);
  }
}
