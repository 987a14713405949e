import type { Host, Output } from "../../src/app/cli/host.ts";

/** A host that keeps what was written. */
export interface TestHost extends Host {
  readonly written: { out: string; err: string };
}

/** A host without a terminal; `change` overrides parts of it. */
export function testHost(
  change: { env?: Host["env"]; signal?: AbortSignal; stdout?: Partial<Output> } = {},
): TestHost {
  const written = { out: "", err: "" };
  return {
    written,
    stdout: {
      write(text: string) {
        written.out += text;
      },
      ...change.stdout,
    },
    stderr: {
      write(text: string) {
        written.err += text;
      },
    },
    env: change.env ?? {},
    signal: change.signal ?? new AbortController().signal,
  };
}
