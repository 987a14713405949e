import { isUtf8 } from "node:buffer";
import { IsometerError } from "../base/index.ts";
import { type ByteInput, openBytes } from "./node-bytes.ts";

/** What one pass over a text file tells. */
export interface TextScan {
  /** The path as messages show it. */
  readonly where: string;
  readonly gzip: boolean;
  /** The start of the text. */
  readonly head: string;
  /** Is the head all of it? */
  readonly complete: boolean;
  /** Number (from 1) of the first empty line that has text after it, outside quotes; 0 where there is none. */
  readonly blankLine: number;
}

/** The head is this many bytes: enough lines to tell columns, names and kinds. */
const HEAD = 2 ** 21;
const LF = 10;
const CR = 13;
const QUOTE = 34;

/**
 * Reads a text file (gzip too) once: its start, whether it is whole (a cut gzip file is an error here, DuckDB
 * would read what is left of it) and whether rows are set apart by empty lines.
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format (not UTF-8 text)
 */
export async function scanText(path: string): Promise<TextScan> {
  const input = await openBytes(path, "content");
  try {
    const { where, seekable } = input;
    let head: Uint8Array = new Uint8Array(0);
    let blank = false;
    let total = 0;
    for await (const piece of textPieces(input)) {
      if (total === 0) head = Uint8Array.from(piece);
      total += piece.length;
      blank ||= hasBlankLine(piece);
    }
    if (total === 0) {
      throw new IsometerError("empty-input", `${where} is empty (0 bytes)`, {
        hint: "Check the program that wrote it.",
      });
    }
    checkText(where, head);
    return {
      where,
      gzip: !seekable,
      head: new TextDecoder().decode(head),
      complete: head.length === total,
      blankLine: blank ? await findBlankLine(input) : 0,
    };
  } finally {
    await input.close();
  }
}

/** The lines of a text file, gzip too, without their ends. */
export async function* textLines(path: string): AsyncGenerator<string> {
  const input = await openBytes(path, "content");
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const piece of textPieces(input)) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    rest += decoder.decode();
    if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
  } finally {
    await input.close();
  }
}

async function* textPieces(input: ByteInput): AsyncGenerator<Buffer> {
  const stream = await input.openAt(0);
  const piece = Buffer.alloc(HEAD);
  try {
    for (;;) {
      const got = await stream.read(piece);
      if (got > 0) yield piece.subarray(0, got);
      if (got < piece.length) return;
    }
  } finally {
    await stream.close();
  }
}

/** May the piece hold an empty line? One that starts a piece may end an empty line begun in the one before. */
function hasBlankLine(piece: Buffer): boolean {
  return (
    piece[0] === LF ||
    piece[0] === CR ||
    piece.includes("\n\n") ||
    piece.includes("\n\r") ||
    piece.includes("\r\r")
  );
}

/** The exact answer, byte by byte: asked only where a quick look found two line ends in a row. */
async function findBlankLine(input: ByteInput): Promise<number> {
  let quoted = false;
  let line = 1;
  let empty = true;
  let candidate = 0;
  let last = 0;
  for await (const piece of textPieces(input)) {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!;
      const ends = byte === LF || byte === CR;
      if (byte === QUOTE) quoted = !quoted;
      if (!ends) {
        if (candidate > 0) return candidate;
        empty = false;
      } else if (!quoted && !(byte === LF && last === CR)) {
        if (empty && candidate === 0) candidate = line;
        empty = true;
        line++;
      } else if (quoted && byte === LF) line++;
      last = byte;
    }
  }
  return 0;
}

/** @throws bad-format unless the bytes are UTF-8 text. */
function checkText(where: string, head: Uint8Array): void {
  const wide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (!wide && !head.includes(0) && isUtf8(trimPartial(head))) return;
  const got = wide ? "UTF-16 text" : head.includes(0) ? "binary data" : "text that is not UTF-8";
  throw new IsometerError("bad-format", `${where} is ${got}, not UTF-8 text`, {
    needed: "UTF-8 text",
    got,
    hint: head.includes(0) && !wide ? "Give the file its right extension." : "Save it as UTF-8.",
  });
}

/** Without a character that the end cuts in two. */
function trimPartial(head: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, head.length); back++) {
    const byte = head[head.length - back]!;
    if (byte < 0x80) return head;
    if (byte >= 0xc0) return head.subarray(0, head.length - back);
  }
  return head;
}
