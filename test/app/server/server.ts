import { cp, mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningServer, type ServerOptions, startServer } from "../../../src/app/server/listen.ts";
import { JOBS } from "../../../src/jobs/index.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));

export interface Served extends RunningServer {
  readonly folder: string;
  /** What the person at the terminal was told. */
  readonly told: string[];
}

/** A server over a copy of the bundled example, on a free port. */
export async function served(options: Partial<ServerOptions> = {}): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "isometer-served-"));
  for (const name of ["digits.npy", "digits-pca.npy", "digits-umap.npy", "digits-labels.npy"]) {
    await cp(join(examples, name), join(folder, name));
  }
  const told: string[] = [];
  const server = await startServer({
    folder,
    jobs: JOBS,
    version: "1.2.3",
    port: 0,
    tell: (text) => told.push(text),
    ...options,
  });
  return {
    ...server,
    folder,
    told,
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** One request as it is sent: fetch would set Host and Origin by itself. */
export function raw(
  { port }: RunningServer,
  path: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Starts a job. */
export async function post(server: RunningServer, job: string, body: unknown): Promise<Answer> {
  return raw(server, `/api/jobs/${job}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
