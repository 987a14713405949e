import { randomUUID } from "node:crypto";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import {
  type CancelledNotification,
  CancelledNotificationSchema,
  isInitializeRequest,
  isJSONRPCRequest,
  type RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import type { Hono } from "hono";
import { type McpOptions, mcpServers } from "./mcp.ts";

const SESSION = "mcp-session-id";

/**
 * `/mcp`: the Model Context Protocol over HTTP. Each request has a server of its own, whose work ends when the client leaves. A cancel is a request too: in
 * the session of a client it finds the one that it means. A client that names no session is served without.
 */
export function mcpRoutes(app: Hono, options: McpOptions): void {
  const make = mcpServers(options);
  const sessions = openSessions();
  app.all("/mcp", async (c) => {
    const request = c.req.raw;
    const asked = request.headers.get(SESSION);
    const known = asked === null ? undefined : sessions.get(asked);
    if (asked !== null && !known) return c.json(UNKNOWN, 404);
    if (known && request.method === "DELETE") {
      sessions.end(known.id);
      return c.body(null, 200);
    }
    const messages = await messagesOf(request);
    if (known) cancelIn(known, messages);
    const transport = new WebStandardStreamableHTTPServerTransport({});
    const server = make();
    await server.connect(transport);
    const exchange: Exchange = {
      ids: messages.filter((message) => isJSONRPCRequest(message)).map(({ id }) => id),
      cancel: (notification) => transport.onmessage?.({ jsonrpc: "2.0", ...notification }),
      close: () => void server.close(),
    };
    known?.open.add(exchange);
    const response = whenOver(await transport.handleRequest(request), () => {
      exchange.close();
      if (known) sessions.left(known, exchange);
    });
    const begun = asked === null && response.ok && messages.some(isInitializeRequest) && sessions.begin();
    if (begun) response.headers.set(SESSION, begun.id);
    return response;
  });
}

/** As the protocol has it: a client then begins anew. */
const UNKNOWN = { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null };

/** The messages of a request, which can still be read; what is no JSON is for the transport to say. */
async function messagesOf(request: Request): Promise<readonly unknown[]> {
  if (request.method !== "POST") return [];
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => []);
  return Array.isArray(body) ? body : [body];
}

/** A request that is being answered. */
export interface Exchange {
  /** Of the calls in it. */
  readonly ids: readonly RequestId[];
  readonly cancel: (notification: CancelledNotification) => void;
  /** Ends the answer, and what works for it. */
  readonly close: () => void;
}

/** A client over several requests: what it waits for. */
export interface Session {
  readonly id: string;
  readonly open: Set<Exchange>;
  /** Milliseconds. */
  used: number;
}

/** Nobody answers a call that is cancelled: where it was alone, its request ends. */
function cancelIn({ open }: Session, messages: readonly unknown[]): void {
  for (const message of messages) {
    const { data } = CancelledNotificationSchema.safeParse(message);
    const id = data?.params.requestId;
    const exchange = id === undefined ? undefined : [...open].find(({ ids }) => ids.includes(id));
    if (exchange?.ids.length === 1) exchange.close();
    else if (data) exchange?.cancel(data);
  }
}

export interface SessionLimits {
  /** Sessions that are kept. Default 64. */
  readonly most?: number;
  /** Milliseconds after which one ends that has nothing open. Default an hour. */
  readonly idle?: number;
  readonly now?: () => number;
}

export interface Sessions {
  /** In place of the one that is idle for longest, where there are too many. Null where all are in use: a client can do without. */
  begin(): Session | null;
  /** One that is used by that. */
  get(id: string): Session | undefined;
  /** An exchange of it is over. */
  left(session: Session, exchange: Exchange): void;
  /** Ends it with all that is open in it. */
  end(id: string): void;
}

export function openSessions({ most = 64, idle = 3_600_000, now = Date.now }: SessionLimits = {}): Sessions {
  /** Those used last at the end. */
  const sessions = new Map<string, Session>();
  const use = (session: Session) => {
    session.used = now();
    sessions.delete(session.id);
    sessions.set(session.id, session);
  };
  const isIdle = ({ open }: Session) => open.size === 0;
  const forget = () => {
    for (const session of sessions.values()) {
      if (isIdle(session) && now() - session.used > idle) sessions.delete(session.id);
    }
  };
  return {
    begin() {
      forget();
      const oldest = [...sessions.values()].find(isIdle);
      if (sessions.size >= most) {
        if (!oldest) return null;
        sessions.delete(oldest.id);
      }
      const session = { id: randomUUID(), open: new Set<Exchange>(), used: now() };
      sessions.set(session.id, session);
      return session;
    },
    get(id) {
      forget();
      const session = sessions.get(id);
      if (session) use(session);
      return session;
    },
    left(session, exchange) {
      session.open.delete(exchange);
      if (sessions.has(session.id)) use(session);
    },
    end(id) {
      const session = sessions.get(id);
      sessions.delete(id);
      for (const exchange of session?.open ?? []) exchange.close();
    },
  };
}

/** The same response; hears once when its body has been sent, or the client has left. */
function whenOver(response: Response, over: () => void): Response {
  const { body, status, headers } = response;
  if (body === null) {
    over();
    return response;
  }
  const reader = body.getReader();
  const told = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      over();
      controller.close();
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  });
  return new Response(told, { status, headers });
}
