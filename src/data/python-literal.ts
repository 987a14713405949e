/** A value of the small part of Python's literal syntax that NumPy headers use. Dictionaries become maps. */
export type PythonLiteral =
  | string
  | number
  | boolean
  | null
  | readonly PythonLiteral[]
  | ReadonlyMap<string, PythonLiteral>;

/** Deeper nesting than any dtype needs is refused, so that no text can exhaust the stack. */
const MAX_DEPTH = 32;

interface Cursor {
  readonly text: string;
  at: number;
}

/**
 * Reads one Python literal: dict with string keys, tuple, list, string, integer, True, False, None.
 * Nothing is evaluated. Integers may carry Python 2's trailing L. White space may surround the literal.
 *
 * @returns the value, or undefined when `text` is anything else
 */
export function parsePythonLiteral(text: string): PythonLiteral | undefined {
  const cursor: Cursor = { text, at: 0 };
  const value = literal(cursor, 0);
  skipSpace(cursor);
  return cursor.at === text.length ? value : undefined;
}

function literal(cursor: Cursor, depth: number): PythonLiteral | undefined {
  if (depth > MAX_DEPTH) return undefined;
  skipSpace(cursor);
  const first = cursor.text[cursor.at];
  if (first === "{") return dictionary(cursor, depth);
  if (first === "(") return sequence(cursor, ")", depth);
  if (first === "[") return sequence(cursor, "]", depth);
  if (first === "'" || first === '"') return quoted(cursor);
  const word = match(cursor, /[A-Za-z]+|-?(?:0|[1-9][0-9]*)L?(?![0-9A-Za-z_.])/y);
  if (word === undefined) return undefined;
  if (/^-?[0-9]/.test(word)) return Number(word.replace("L", ""));
  return word === "None" ? null : word === "True" ? true : word === "False" ? false : undefined;
}

function dictionary(cursor: Cursor, depth: number): PythonLiteral | undefined {
  const entries = new Map<string, PythonLiteral>();
  cursor.at++;
  while (!take(cursor, "}")) {
    const key = literal(cursor, depth + 1);
    if (typeof key !== "string" || entries.has(key) || !take(cursor, ":")) return undefined;
    const value = literal(cursor, depth + 1);
    if (value === undefined) return undefined;
    entries.set(key, value);
    if (!take(cursor, ",") && !ahead(cursor, "}")) return undefined;
  }
  return entries;
}

/** A tuple or list; `(1)` is read as a tuple of one, which Python would read as 1: no header has either meaning. */
function sequence(cursor: Cursor, close: string, depth: number): PythonLiteral | undefined {
  const items: PythonLiteral[] = [];
  cursor.at++;
  while (!take(cursor, close)) {
    const item = literal(cursor, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
    if (!take(cursor, ",") && !ahead(cursor, close)) return undefined;
  }
  return items;
}

function quoted(cursor: Cursor): string | undefined {
  const token = match(cursor, /'(?:[^'\\\n]|\\[\\'"])*'|"(?:[^"\\\n]|\\[\\'"])*"/y);
  return token?.slice(1, -1).replace(/\\(.)/g, "$1");
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

function skipSpace(cursor: Cursor): void {
  match(cursor, /[ \t\r\n\f]*/y);
}

function ahead(cursor: Cursor, character: string): boolean {
  skipSpace(cursor);
  return cursor.text[cursor.at] === character;
}

function take(cursor: Cursor, character: string): boolean {
  if (!ahead(cursor, character)) return false;
  cursor.at++;
  return true;
}
