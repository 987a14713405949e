import { type Client, openClient } from "../server/client.ts";
import type { Failure } from "../server/messages.ts";
import type {
  KeptAudit,
  KeptLimits,
  NeighborLists,
  PairColumns,
  SelectionAnswer,
  View,
  ViewColumn,
  ViewRequest,
} from "../views-contract.ts";

/** A refusal of the server: what was wrong, and the next step. */
export class Refusal extends Error {
  readonly hint: string | undefined;
  constructor({ message, hint }: Pick<Failure, "message" | "hint">) {
    super(message);
    this.hint = hint;
  }
}

/** Jobs, as any client runs them. */
export const jobs: Client = openClient({ url: location.origin });

let answer: typeof fetch = (path, init) => fetch(path, init);

/** Has all questions answered by another than the server: in a page that was saved, by what was saved with it. */
export function answerBy(other: typeof fetch): void {
  answer = other;
}

export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await answer(path, init).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new Refusal({ message: "the server does not answer", hint: "Is isometer explore still running?" });
  });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as { error?: Failure } | null;
  throw new Refusal(body?.error ?? { message: `the server answered ${response.status}` });
}

export async function askJson<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await ask(path, init)).json()) as T;
}

const posted = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
  ...(signal && { signal }),
});

async function floats(path: string): Promise<Float32Array> {
  return new Float32Array(await (await ask(path)).arrayBuffer());
}

const at = ({ id }: View, rest: string) => `/api/views/${id}/${rest}`;

export const openView = (request: ViewRequest, signal: AbortSignal) =>
  askJson<View>("/api/views", posted(request, signal));
export const viewNow = ({ id }: View) => askJson<View>(`/api/views/${id}`);
export const positionsOf = (view: View, latent: number) => floats(at(view, `positions?latent=${latent}`));
export const distancesTo = (view: View, row: number) => floats(at(view, `distances?row=${row}`));
export const ellipsesOf = (view: View, latent: number) => floats(at(view, `ellipses?latent=${latent}`));
export const pictureUrl = (view: View, row: number) => at(view, `picture?row=${row}`);

/** One value per row: numbers, or the codes of categories. */
export async function columnOf(view: View, { name, kind }: ViewColumn): Promise<Float32Array | Uint16Array> {
  const bytes = await (await ask(at(view, `columns/${encodeURIComponent(name)}`))).arrayBuffer();
  return kind === "number" ? new Float32Array(bytes) : new Uint16Array(bytes);
}

export async function namesOf(view: View, rows: readonly number[]): Promise<readonly string[]> {
  if (rows.length === 0) return [];
  return (await askJson<{ names: string[] }>(at(view, `names?rows=${rows.join(",")}`))).names;
}

export async function findRows(view: View, text: string, signal: AbortSignal): Promise<readonly number[]> {
  const path = at(view, `find?text=${encodeURIComponent(text)}&limit=20`);
  return (await askJson<{ rows: number[] }>(path, { signal })).rows;
}

export function neighborsOf(
  view: View,
  latent: number,
  row: number,
  k: number,
  signal: AbortSignal,
): Promise<NeighborLists> {
  return askJson(at(view, `neighbors?latent=${latent}&row=${row}&k=${k}`), { signal });
}

export async function pairsOf(view: View, latent: number, count: number): Promise<PairColumns> {
  const { tableFromIPC } = await import("apache-arrow");
  const table = await tableFromIPC(ask(at(view, `pairs?latent=${latent}&count=${count}&seed=0`)));
  const column = (name: string) => table.getChild(name)!.toArray();
  return { a: column("a"), b: column("b"), original: column("original"), latent: column("latent") };
}

export function selectionOf(
  view: View,
  latent: number,
  rows: Int32Array,
  signal: AbortSignal,
): Promise<SelectionAnswer> {
  const chosen = rows.length > MOST_LISTED ? { mask: maskOf(rows, view.rows) } : { rows: [...rows] };
  return askJson(at(view, "selection"), posted({ latent, ...chosen }, signal));
}

/** More rows than these are sent as one bit each. */
const MOST_LISTED = 10_000;

/** One bit for each row of the view, base64. */
function maskOf(rows: Int32Array, count: number): string {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (const row of rows) bits[row >> 3]! |= 1 << (row & 7);
  let text = "";
  for (let at = 0; at < bits.length; at += 8192) text += String.fromCharCode(...bits.subarray(at, at + 8192));
  return btoa(text);
}

export function measureDistortion(view: View, latent: number): Promise<View> {
  return askJson(at(view, `distortion?latent=${latent}`), posted({}));
}

export function stopDistortion(view: View, latent: number): Promise<View> {
  return askJson(at(view, `distortion?latent=${latent}`), { method: "DELETE" });
}

export function keptAuditsOf(view: View, signal: AbortSignal): Promise<{ audits: readonly KeptAudit[] }> {
  return askJson(at(view, "audits"), { signal });
}

/** What the folder holds of the limits of the original of a view. */
export function keptLimitsOf(view: View, signal: AbortSignal): Promise<{ limits: KeptLimits | null }> {
  return askJson(at(view, "limits"), { signal });
}
