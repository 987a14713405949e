/** The part of a process that the command line touches. Tests pass their own. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input, opened when it is asked for. Absent: there is none. */
  readonly stdin?: () => Input;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A stream that can be written to; a terminal or not. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Tells when more may be written, after a `write` that was answered with false. */
  once?(event: "drain", listener: () => void): unknown;
}

/** A stream that is read to its end, or left. */
export interface Input extends AsyncIterable<Uint8Array> {
  destroy(): unknown;
}

/** Whether to colour what goes to `output`: FORCE_COLOR, then NO_COLOR (any value), then whether it is a terminal. */
export function usesColour(output: Output, env: Host["env"]): boolean {
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== "0" && force !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return output.isTTY === true && env.TERM !== "dumb";
}

/** Columns to write in: those of the terminal, from 60 to 120; 80 where there is none. */
export function widthOf(output: Output): number {
  const columns = output.isTTY && output.columns ? output.columns : 80;
  return Math.min(120, Math.max(60, columns));
}
