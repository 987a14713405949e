import { IsometerError } from "../../base/index.ts";
import type { Inputs, Job, Values } from "../../jobs/define.ts";
import type { Failure } from "./messages.ts";
import type { Run } from "./runs.ts";

type Exported = typeof import("../../jobs/index.ts");

/** The names of the jobs. */
export type JobName = {
  [K in keyof Exported]: Exported[K] extends Job<infer _I, infer _O, infer _R> ? K : never;
}[keyof Exported];

type PartsOf<N extends JobName> =
  Exported[N] extends Job<infer I, infer O, infer R> ? { i: Inputs<I>; o: Values<O>; r: R } : never;

export interface ClientOptions {
  /** Where the server is. Default "http://127.0.0.1:5055". */
  readonly url?: string;
  readonly token?: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** Hears of every change. */
  readonly onRun?: (run: Run) => void;
}

/** What starts a job. */
export interface StartRequest {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Texts that are wanted of the result, such as "html". */
  readonly documents?: readonly string[];
}

export interface Client {
  /** Starts a job and waits for its result. @throws IsometerError as the job does, aborted */
  run<N extends JobName>(
    job: N,
    inputs: PartsOf<N>["i"],
    options?: Partial<PartsOf<N>["o"]>,
    call?: CallOptions,
  ): Promise<PartsOf<N>["r"]>;
  /** The same for a job whose name is not known before. */
  start(job: string, request: StartRequest, call?: CallOptions): Promise<unknown>;
  /** Waits for the result of a run that was started before, by whomever. @throws as `run` */
  follow(id: string, call?: CallOptions): Promise<unknown>;
  /** The numbers of a file. */
  array(path: string): Promise<{ readonly data: Float32Array; readonly rows: number; readonly cols: number }>;
}

/**
 * A client of `isometer serve`, for browsers and for Node.
 *
 * ```ts
 * const client = openClient({ url: "http://127.0.0.1:5055" });
 * const { scores } = await client.run("audit", { original: "digits.npy", latent: ["digits-umap.npy"] });
 * ```
 */
export function openClient({
  url = "http://127.0.0.1:5055",
  token,
  fetch: given,
}: ClientOptions = {}): Client {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await (given ?? fetch)(new URL(path, url), {
      ...init,
      headers: { ...authorization, ...(init.headers as Record<string, string> | undefined) },
    });
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  const follow = async (id: string, { signal, onRun }: CallOptions = {}): Promise<unknown> => {
    const cancel = () => void ask(`/api/runs/${id}`, { method: "DELETE" }).catch(() => {});
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted) cancel();
    try {
      const run = await last(await ask(`/api/runs/${id}/events`), onRun);
      if (run.error) throw errorOf(run.error);
      if (run.state === "cancelled") throw new IsometerError("aborted", "the run was cancelled");
      return (await ask(`/api/runs/${id}/result`)).json();
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  };
  const start = async (job: string, request: StartRequest, call: CallOptions = {}) => {
    const started = await ask(`/api/jobs/${job}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return follow(((await started.json()) as Run).id, call);
  };
  return {
    start,
    follow,
    run: (job, inputs, options = {}, call = {}) => start(job, { inputs, options }, call) as never,
    async array(path) {
      const response = await ask(`/api/arrays?path=${encodeURIComponent(path)}`);
      const [rows, cols] = response.headers.get("x-isometer-shape")!.split(",").map(Number);
      return { data: new Float32Array(await response.arrayBuffer()), rows: rows!, cols: cols! };
    },
  };
}

/** Reads events to the last, which is that of the ended run. */
async function last(response: Response, onRun: CallOptions["onRun"]): Promise<Run> {
  let run: Run | undefined;
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      const data = part.split("\n").find((line) => line.startsWith("data:"));
      if (data === undefined) continue;
      run = JSON.parse(data.slice(5)) as Run;
      onRun?.(run);
    }
  }
  if (run) return run;
  throw new IsometerError("bad-value", "the server ended without a word about the run", {
    hint: "It may have been stopped.",
  });
}

async function refusalOf(response: Response): Promise<IsometerError> {
  const body = (await response.json().catch(() => null)) as { error?: Failure } | null;
  return errorOf(body?.error ?? { code: "bad-value", message: `the server answered ${response.status}` });
}

function errorOf({ code, message, hint, needed, got }: Failure): IsometerError {
  return new IsometerError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(needed !== undefined && { needed }),
    ...(got !== undefined && { got }),
  });
}
