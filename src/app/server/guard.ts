import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Failure } from "./messages.ts";

export interface GuardOptions {
  /** Names that the server answers to, with their port: "127.0.0.1:5055". */
  readonly hosts: () => ReadonlySet<string>;
  /** What a client has to know. Null: nothing. */
  readonly token: string | null;
}

/** Nothing is loaded from elsewhere, no script stands in a page, nobody frames it. Styles may stand in attributes: charts have them. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Sets what browsers have to keep to, on every answer. */
export const headers: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set("content-security-policy", POLICY);
  c.res.headers.set("x-content-type-options", "nosniff");
  c.res.headers.set("referrer-policy", "no-referrer");
  c.res.headers.set("cross-origin-opener-policy", "same-origin");
  c.res.headers.set("cross-origin-resource-policy", "same-origin");
};

/**
 * Refuses what another site sends: a Host that is not ours (a name that was bound to this address, DNS rebinding), an Origin that is not ours, and whoever lacks the token.
 */
export function guard({ hosts, token }: GuardOptions): MiddlewareHandler {
  return async (c, next) => {
    const known = hosts();
    const host = c.req.header("host") ?? "";
    if (!known.has(host.toLowerCase())) return refuse(c, 421, `this server is not ${JSON.stringify(host)}`);
    const origin = c.req.header("origin");
    if (origin !== undefined && !isOwn(origin, known)) {
      return refuse(c, 403, `pages of ${JSON.stringify(origin)} may not ask this server`);
    }
    if (c.req.header("sec-fetch-site") === "cross-site" && c.req.path.startsWith("/api")) {
      return refuse(c, 403, "pages of other sites may not ask this server");
    }
    if (token !== null && !knowsToken(c, token)) {
      return refuse(
        c,
        401,
        "this server wants its token",
        "Open the address that the terminal shows, or send Authorization: Bearer TOKEN.",
      );
    }
    return next();
  };
}

function isOwn(origin: string, hosts: ReadonlySet<string>): boolean {
  return [...hosts].some((host) => origin.toLowerCase() === `http://${host}`);
}

const COOKIE = "isometer-token";

function knowsToken(c: Context, token: string): boolean {
  const asked = c.req.query("token");
  if (asked !== undefined && same(asked, token)) {
    setCookie(c, COOKIE, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    return true;
  }
  const sent = c.req.header("authorization")?.replace(/^Bearer /i, "") ?? getCookie(c, COOKIE);
  return sent !== undefined && same(sent, token);
}

/** In the same time, wherever two texts differ. */
function same(a: string, b: string): boolean {
  const sum = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(sum(a), sum(b));
}

function refuse(c: Context, status: 401 | 403 | 421, message: string, hint?: string): Response {
  const error: Failure = { code: "bad-value", message, hint };
  return c.json({ error }, status);
}
