import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { serve } from "@hono/node-server";
import { IsometerError } from "../../base/index.ts";
import type { Job } from "../../jobs/define.ts";
import type { ViewRequest } from "../views-contract.ts";
import { api } from "./api.ts";
import { openRuns, type Runs, type RunsOptions } from "./runs.ts";
import { openViews } from "./views/views.ts";

export interface ServerOptions extends Omit<RunsOptions, "folder"> {
  /** The one folder that is read and written. */
  readonly folder: string;
  readonly jobs: readonly Job[];
  readonly version: string;
  /** Default 5055; 0 for any that is free. */
  readonly port?: number;
  /** Take the next free port where this one is taken. */
  readonly autoPort?: boolean;
  /** Address to bind to. Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /** What clients have to know. Needed where others than this machine can reach the server. */
  readonly token?: string;
  /** What the page shows when nobody asks for anything. */
  readonly suggestion?: ViewRequest;
  /** Milliseconds that the headers of a request may take, and the whole of it. Default 10,000 and 30,000. */
  readonly timeouts?: { readonly headers: number; readonly request: number };
  readonly tell: (text: string) => void;
}

export interface RunningServer {
  /** "http://127.0.0.1:5055/", with the token where there is one. */
  readonly url: string;
  readonly port: number;
  readonly runs: Runs;
  close(): Promise<void>;
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1"]);
/** Addresses that stand for all of the machine's. */
const ANY = new Set(["0.0.0.0", "::"]);
/** Ports that are tried where one is taken. */
const TRIES = 20;
const TIMEOUTS = { headers: 10_000, request: 30_000 };

/** Starts the server. @throws bad-option for an address of others without a token; bad-value where the port is taken */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const {
    folder,
    jobs,
    version,
    port = 5055,
    autoPort = false,
    host = "127.0.0.1",
    token = null,
    tell,
  } = options;
  if (!LOOPBACK.has(host) && token === null) {
    throw new IsometerError("bad-option", `${host} can be reached from other machines: that needs a token`, {
      hint: "Give --token SECRET, or leave --host away.",
    });
  }
  const runs = openRuns(options);
  const views = openViews({ folder });
  const hosts = new Set<string>();
  const { suggestion } = options;
  const app = api({
    folder,
    version,
    jobs,
    runs,
    views,
    tell,
    token,
    hosts: () => hosts,
    ...(suggestion && { suggestion }),
  });
  const last = autoPort && port !== 0 ? Math.min(65_535, port + TRIES) : port;
  const server = await listenOn(
    { fetch: app.fetch, host, timeouts: options.timeouts ?? TIMEOUTS },
    port,
    last,
  );
  const bound = (server.address() as AddressInfo).port;
  for (const name of [...LOOPBACK, host, ...(ANY.has(host) ? ownNames() : [])]) {
    const written = name.includes(":") ? `[${name}]` : name;
    hosts.add(`${written}:${bound}`.toLowerCase());
    if (bound === 80) hosts.add(written.toLowerCase());
  }
  const shown = LOOPBACK.has(host) ? host : "127.0.0.1";
  return {
    url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${bound}/${token === null ? "" : `?token=${encodeURIComponent(token)}`}`,
    port: bound,
    runs,
    async close() {
      await runs.close();
      await views.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What other machines may call this one. */
function ownNames(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
  return [hostname(), ...addresses.map(({ address }) => address)];
}

interface Listening {
  readonly fetch: Parameters<typeof serve>[0]["fetch"];
  readonly host: string;
  readonly timeouts: { readonly headers: number; readonly request: number };
}

async function listenOn(how: Listening, port: number, last: number): Promise<Server> {
  for (let at = port; ; at++) {
    try {
      return await listenAt(how, at);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && at < last) continue;
      const why = code === "EADDRINUSE" ? "is taken" : `cannot be used: ${message}`;
      throw new IsometerError("bad-value", `port ${at} of ${how.host} ${why}`, {
        cause,
        hint: "Give another --port, or --auto-port to take the next that is free.",
      });
    }
  }
}

function listenAt({ fetch, host, timeouts }: Listening, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({
      fetch,
      hostname: host,
      port,
      createServer,
      serverOptions: {
        headersTimeout: timeouts.headers,
        requestTimeout: timeouts.request,
        connectionsCheckingInterval: Math.min(1000, timeouts.headers),
        maxHeaderSize: 16_384,
      },
      autoCleanupIncoming: true,
    }) as Server;
    server.once("error", reject);
    server.once("listening", () => resolve(server));
  });
}
