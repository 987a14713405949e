import { StringDecoder } from "node:string_decoder";
import { IsometerError } from "../../base/index.ts";
import type { Lines } from "../../jobs/define.ts";
import type { Host, Input, Output } from "./host.ts";

/** Longer lines are refused: a stream without line ends must not fill memory. */
const MOST_CHARACTERS = 2 ** 24;

/** Lines of the host's streams, and whether any were read: then standard output is theirs. */
export interface HostLines extends Lines {
  readonly isOpen: () => boolean;
}

/** Standard input and output as lines. */
export function linesOf({ stdin, stdout, signal }: Host): HostLines | undefined {
  if (!stdin) return undefined;
  let open = false;
  return {
    isOpen: () => open,
    read() {
      open = true;
      return linesFrom(stdin(), signal);
    },
    write: (text) => written(stdout, text),
  };
}

async function* linesFrom(input: Input, signal: AbortSignal): AsyncGenerator<readonly string[]> {
  const stop = () => input.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const decoder = new StringDecoder("utf8");
  let rest = "";
  try {
    for await (const chunk of input) {
      const parts = (rest + decoder.write(chunk)).split("\n");
      rest = parts.pop()!;
      if (rest.length > MOST_CHARACTERS) {
        throw new IsometerError("too-large", `a line has more than ${MOST_CHARACTERS} characters`, {
          hint: "One row is one line.",
        });
      }
      if (parts.length > 0) yield parts;
    }
    rest += decoder.end();
    if (rest !== "") yield [rest];
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) throw new IsometerError("aborted", "stopped between two lines");
}

/** Waits where the reader of a pipe is slower than we are. */
async function written(output: Output, text: string): Promise<void> {
  if (output.write(text) !== false || !output.once) return;
  await new Promise<void>((resolve) => {
    output.once!("drain", resolve);
  });
}
